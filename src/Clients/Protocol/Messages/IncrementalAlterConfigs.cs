namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Sets (0), deletes (1), appends to (2) or subtracts from (3) single configuration keys.</summary>
/// <remarks>Version 1 is flexible.</remarks>
public sealed class IncrementalAlterConfigsRequest : IRequest<IncrementalAlterConfigsResponse>
{
    public static ApiKey ApiKey => ApiKey.IncrementalAlterConfigs;
    public static short MinVersion => 0;
    public static short MaxVersion => 1;
    public static short FlexibleFrom => 1;

    public List<AlterConfigsResource> Resources = [];
    public bool ValidateOnly;

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Array(ref Resources);
        f.Bool(ref ValidateOnly);
        f.Tags();
    }

    /// <summary>One of <c>Resources</c>.</summary>
    public sealed class AlterConfigsResource : IMessage
    {
        public sbyte ResourceType;
        public string ResourceName = "";
        public List<AlterableConfig> Configs = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int8(ref ResourceType);
            f.String(ref ResourceName);
            f.Array(ref Configs);
            f.Tags();
        }
    }

    /// <summary>One of <c>Configs</c>.</summary>
    public sealed class AlterableConfig : IMessage
    {
        public string Name = "";
        public sbyte ConfigOperation;
        public string? Value = "";

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.Int8(ref ConfigOperation);
            f.NullableString(ref Value);
            f.Tags();
        }
    }
}

/// <summary>One result per resource.</summary>
public sealed class IncrementalAlterConfigsResponse : IMessage
{
    public int ThrottleTimeMs;
    public List<AlterConfigsResourceResponse> Responses = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Int32(ref ThrottleTimeMs);
        f.Array(ref Responses);
        f.Tags();
    }

    /// <summary>One of <c>Responses</c>.</summary>
    public sealed class AlterConfigsResourceResponse : IMessage
    {
        public ErrorCode ErrorCode;
        public string? ErrorMessage = "";
        public sbyte ResourceType;
        public string ResourceName = "";

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Error(ref ErrorCode);
            f.NullableString(ref ErrorMessage);
            f.Int8(ref ResourceType);
            f.String(ref ResourceName);
            f.Tags();
        }
    }
}
