namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Removes all access control entries that match any of the filters.</summary>
/// <remarks>Versions: 1 pattern type (KIP-290); 2 flexible; 3 user resources.</remarks>
public sealed class DeleteAclsRequest : IRequest<DeleteAclsResponse>
{
    public static ApiKey ApiKey => ApiKey.DeleteAcls;
    public static short MinVersion => 0;
    public static short MaxVersion => 3;
    public static short FlexibleFrom => 2;

    public List<DeleteAclsFilter> Filters = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Array(ref Filters);
        f.Tags();
    }

    /// <summary>One of <c>Filters</c>.</summary>
    public sealed class DeleteAclsFilter : IMessage
    {
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
}

/// <summary>Per filter the entries removed.</summary>
public sealed class DeleteAclsResponse : IMessage
{
    public int ThrottleTimeMs;
    public List<DeleteAclsFilterResult> FilterResults = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Int32(ref ThrottleTimeMs);
        f.Array(ref FilterResults);
        f.Tags();
    }

    /// <summary>One of <c>FilterResults</c>.</summary>
    public sealed class DeleteAclsFilterResult : IMessage
    {
        public ErrorCode ErrorCode;
        public string? ErrorMessage = "";
        public List<DeleteAclsMatchingAcl> MatchingAcls = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Error(ref ErrorCode);
            f.NullableString(ref ErrorMessage);
            f.Array(ref MatchingAcls);
            f.Tags();
        }
    }

    /// <summary>One of <c>MatchingAcls</c>.</summary>
    public sealed class DeleteAclsMatchingAcl : IMessage
    {
        public ErrorCode ErrorCode;
        public string? ErrorMessage = "";
        public sbyte ResourceType;
        public string ResourceName = "";
        public sbyte PatternType = 3;
        public string Principal = "";
        public string Host = "";
        public sbyte Operation;
        public sbyte PermissionType;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Error(ref ErrorCode);
            f.NullableString(ref ErrorMessage);
            f.Int8(ref ResourceType);
            f.String(ref ResourceName);
            if (version >= 1) f.Int8(ref PatternType);
            f.String(ref Principal);
            f.String(ref Host);
            f.Int8(ref Operation);
            f.Int8(ref PermissionType);
            f.Tags();
        }
    }
}
