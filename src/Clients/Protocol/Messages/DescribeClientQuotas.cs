namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Asks for quotas whose entities match a filter (KIP-546).</summary>
/// <remarks>Match type 0 is an exact name, 1 the default entity, 2 anything named. Version 1 is flexible.</remarks>
public sealed class DescribeClientQuotasRequest : IRequest<DescribeClientQuotasResponse>
{
    public static ApiKey ApiKey => ApiKey.DescribeClientQuotas;
    public static short MinVersion => 0;
    public static short MaxVersion => 1;
    public static short FlexibleFrom => 1;

    public List<ComponentData> Components = [];
    public bool Strict;

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Array(ref Components);
        f.Bool(ref Strict);
        f.Tags();
    }

    /// <summary>One of <c>Components</c>.</summary>
    public sealed class ComponentData : IMessage
    {
        public string EntityType = "";
        public sbyte MatchType;
        public string? Match = "";

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref EntityType);
            f.Int8(ref MatchType);
            f.NullableString(ref Match);
            f.Tags();
        }
    }
}

/// <summary>Matching entities with their quotas.</summary>
public sealed class DescribeClientQuotasResponse : IMessage
{
    public int ThrottleTimeMs;
    public ErrorCode ErrorCode;
    public string? ErrorMessage = "";
    public List<EntryData>? Entries = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Int32(ref ThrottleTimeMs);
        f.Error(ref ErrorCode);
        f.NullableString(ref ErrorMessage);
        f.NullableArray(ref Entries);
        f.Tags();
    }

    /// <summary>One of <c>Entries</c>.</summary>
    public sealed class EntryData : IMessage
    {
        public List<EntityData> Entity = [];
        public List<ValueData> Values = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Array(ref Entity);
            f.Array(ref Values);
            f.Tags();
        }
    }

    /// <summary>One of <c>Entity</c>.</summary>
    public sealed class EntityData : IMessage
    {
        public string EntityType = "";
        public string? EntityName = "";

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref EntityType);
            f.NullableString(ref EntityName);
            f.Tags();
        }
    }

    /// <summary>One of <c>Values</c>.</summary>
    public sealed class ValueData : IMessage
    {
        public string Key = "";
        public double Value;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Key);
            f.Float64(ref Value);
            f.Tags();
        }
    }
}
