namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Sets or removes quotas of users, client ids and addresses (KIP-546).</summary>
/// <remarks>Version 1 is flexible.</remarks>
public sealed class AlterClientQuotasRequest : IRequest<AlterClientQuotasResponse>
{
    public static ApiKey ApiKey => ApiKey.AlterClientQuotas;
    public static short MinVersion => 0;
    public static short MaxVersion => 1;
    public static short FlexibleFrom => 1;

    public List<EntryData> Entries = [];
    public bool ValidateOnly;

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Array(ref Entries);
        f.Bool(ref ValidateOnly);
        f.Tags();
    }

    /// <summary>One of <c>Entries</c>.</summary>
    public sealed class EntryData : IMessage
    {
        public List<EntityData> Entity = [];
        public List<OpData> Ops = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Array(ref Entity);
            f.Array(ref Ops);
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

    /// <summary>One of <c>Ops</c>.</summary>
    public sealed class OpData : IMessage
    {
        public string Key = "";
        public double Value;
        public bool Remove;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Key);
            f.Float64(ref Value);
            f.Bool(ref Remove);
            f.Tags();
        }
    }
}

/// <summary>One result per entity.</summary>
public sealed class AlterClientQuotasResponse : IMessage
{
    public int ThrottleTimeMs;
    public List<EntryData> Entries = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Int32(ref ThrottleTimeMs);
        f.Array(ref Entries);
        f.Tags();
    }

    /// <summary>One of <c>Entries</c>.</summary>
    public sealed class EntryData : IMessage
    {
        public ErrorCode ErrorCode;
        public string? ErrorMessage = "";
        public List<EntityData> Entity = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Error(ref ErrorCode);
            f.NullableString(ref ErrorMessage);
            f.Array(ref Entity);
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
}
