namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Asks for the configuration of topics or brokers; null keys means all.</summary>
/// <remarks>Versions: 1 synonyms; 3 documentation; 4 flexible.</remarks>
public sealed class DescribeConfigsRequest : IRequest<DescribeConfigsResponse>
{
    public static ApiKey ApiKey => ApiKey.DescribeConfigs;
    public static short MinVersion => 0;
    public static short MaxVersion => 4;
    public static short FlexibleFrom => 4;

    public List<DescribeConfigsResource> Resources = [];
    public bool IncludeSynonyms;
    public bool IncludeDocumentation;

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Array(ref Resources);
        if (version >= 1) f.Bool(ref IncludeSynonyms);
        if (version >= 3) f.Bool(ref IncludeDocumentation);
        f.Tags();
    }

    /// <summary>One of <c>Resources</c>.</summary>
    public sealed class DescribeConfigsResource : IMessage
    {
        public sbyte ResourceType;
        public string ResourceName = "";
        public List<string>? ConfigurationKeys = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int8(ref ResourceType);
            f.String(ref ResourceName);
            f.NullableStringArray(ref ConfigurationKeys);
            f.Tags();
        }
    }
}

/// <summary>
/// Values with where they come from; secrets are null. Version 0 only says whether a value is the default; 3 adds type and
/// documentation.
/// </summary>
public sealed class DescribeConfigsResponse : IMessage
{
    public int ThrottleTimeMs;
    public List<DescribeConfigsResult> Results = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Int32(ref ThrottleTimeMs);
        f.Array(ref Results);
        f.Tags();
    }

    /// <summary>One of <c>Results</c>.</summary>
    public sealed class DescribeConfigsResult : IMessage
    {
        public ErrorCode ErrorCode;
        public string? ErrorMessage = "";
        public sbyte ResourceType;
        public string ResourceName = "";
        public List<DescribeConfigsResourceResult> Configs = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Error(ref ErrorCode);
            f.NullableString(ref ErrorMessage);
            f.Int8(ref ResourceType);
            f.String(ref ResourceName);
            f.Array(ref Configs);
            f.Tags();
        }
    }

    /// <summary>One of <c>Configs</c>.</summary>
    public sealed class DescribeConfigsResourceResult : IMessage
    {
        public string Name = "";
        public string? Value = "";
        public bool ReadOnly;
        public bool IsDefault;
        public sbyte ConfigSource = -1;
        public bool IsSensitive;
        public List<DescribeConfigsSynonym> Synonyms = [];
        public sbyte ConfigType;
        public string? Documentation = "";

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.NullableString(ref Value);
            f.Bool(ref ReadOnly);
            if (version == 0) f.Bool(ref IsDefault);
            if (version >= 1) f.Int8(ref ConfigSource);
            f.Bool(ref IsSensitive);
            if (version >= 1) f.Array(ref Synonyms);
            if (version >= 3) f.Int8(ref ConfigType);
            if (version >= 3) f.NullableString(ref Documentation);
            f.Tags();
        }
    }

    /// <summary>One of <c>Synonyms</c>.</summary>
    public sealed class DescribeConfigsSynonym : IMessage
    {
        public string Name = "";
        public string? Value = "";
        public sbyte Source;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.NullableString(ref Value);
            f.Int8(ref Source);
            f.Tags();
        }
    }
}
