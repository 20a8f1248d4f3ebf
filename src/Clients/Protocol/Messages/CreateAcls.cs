namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Adds access control entries.</summary>
/// <remarks>Versions: 1 pattern type (KIP-290); 2 flexible; 3 user resources.</remarks>
public sealed class CreateAclsRequest : IRequest<CreateAclsResponse>
{
    public static ApiKey ApiKey => ApiKey.CreateAcls;
    public static short MinVersion => 0;
    public static short MaxVersion => 3;
    public static short FlexibleFrom => 2;

    public List<AclCreation> Creations = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Array(ref Creations);
        f.Tags();
    }

    /// <summary>One of <c>Creations</c>.</summary>
    public sealed class AclCreation : IMessage
    {
        public sbyte ResourceType;
        public string ResourceName = "";
        public sbyte ResourcePatternType = 3;
        public string Principal = "";
        public string Host = "";
        public sbyte Operation;
        public sbyte PermissionType;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int8(ref ResourceType);
            f.String(ref ResourceName);
            if (version >= 1) f.Int8(ref ResourcePatternType);
            f.String(ref Principal);
            f.String(ref Host);
            f.Int8(ref Operation);
            f.Int8(ref PermissionType);
            f.Tags();
        }
    }
}

/// <summary>One result per entry, in the order asked.</summary>
public sealed class CreateAclsResponse : IMessage
{
    public int ThrottleTimeMs;
    public List<AclCreationResult> Results = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Int32(ref ThrottleTimeMs);
        f.Array(ref Results);
        f.Tags();
    }

    /// <summary>One of <c>Results</c>.</summary>
    public sealed class AclCreationResult : IMessage
    {
        public ErrorCode ErrorCode;
        public string? ErrorMessage = "";

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Error(ref ErrorCode);
            f.NullableString(ref ErrorMessage);
            f.Tags();
        }
    }
}
