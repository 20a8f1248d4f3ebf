namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Replaces the whole dynamic configuration of a resource.</summary>
/// <remarks>Older than IncrementalAlterConfigs and still used by clients. Version 2 is flexible.</remarks>
public sealed class AlterConfigsRequest : IRequest<AlterConfigsResponse>
{
    public static ApiKey ApiKey => ApiKey.AlterConfigs;
    public static short MinVersion => 0;
    public static short MaxVersion => 2;
    public static short FlexibleFrom => 2;

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
        public string? Value = "";

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.NullableString(ref Value);
            f.Tags();
        }
    }
}

/// <summary>One result per resource.</summary>
public sealed class AlterConfigsResponse : IMessage
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
