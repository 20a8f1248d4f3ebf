namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Asks for access control entries that match a filter; null matches anything.</summary>
/// <remarks>Versions: 1 pattern type (KIP-290); 2 flexible; 3 user resources.</remarks>
public sealed class DescribeAclsRequest : IRequest<DescribeAclsResponse>
{
    public static ApiKey ApiKey => ApiKey.DescribeAcls;
    public static short MinVersion => 0;
    public static short MaxVersion => 3;
    public static short FlexibleFrom => 2;

    public sbyte ResourceTypeFilter;
    public string? ResourceNameFilter = "";
    public sbyte PatternTypeFilter = 3;
    public string? PrincipalFilter = "";
    public string? HostFilter = "";
    public sbyte Operation;
    public sbyte PermissionType;

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Int8(ref ResourceTypeFilter);
        f.NullableString(ref ResourceNameFilter);
        if (version >= 1) f.Int8(ref PatternTypeFilter);
        f.NullableString(ref PrincipalFilter);
        f.NullableString(ref HostFilter);
        f.Int8(ref Operation);
        f.Int8(ref PermissionType);
        f.Tags();
    }
}

/// <summary>Matching entries, by resource.</summary>
public sealed class DescribeAclsResponse : IMessage
{
    public int ThrottleTimeMs;
    public ErrorCode ErrorCode;
    public string? ErrorMessage = "";
    public List<DescribeAclsResource> Resources = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Int32(ref ThrottleTimeMs);
        f.Error(ref ErrorCode);
        f.NullableString(ref ErrorMessage);
        f.Array(ref Resources);
        f.Tags();
    }

    /// <summary>One of <c>Resources</c>.</summary>
    public sealed class DescribeAclsResource : IMessage
    {
        public sbyte ResourceType;
        public string ResourceName = "";
        public sbyte PatternType = 3;
        public List<AclDescription> Acls = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int8(ref ResourceType);
            f.String(ref ResourceName);
            if (version >= 1) f.Int8(ref PatternType);
            f.Array(ref Acls);
            f.Tags();
        }
    }

    /// <summary>One of <c>Acls</c>.</summary>
    public sealed class AclDescription : IMessage
    {
        public string Principal = "";
        public string Host = "";
        public sbyte Operation;
        public sbyte PermissionType;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Principal);
            f.String(ref Host);
            f.Int8(ref Operation);
            f.Int8(ref PermissionType);
            f.Tags();
        }
    }
}
