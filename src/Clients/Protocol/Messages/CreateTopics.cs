namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Creates topics; only the controller does it.</summary>
/// <remarks>Versions: 1 validate only; 4 -1 takes the broker's defaults; 5 flexible; 6 strict mutation quota (KIP-599).</remarks>
public sealed class CreateTopicsRequest : IRequest<CreateTopicsResponse>
{
    public static ApiKey ApiKey => ApiKey.CreateTopics;
    public static short MinVersion => 0;
    public static short MaxVersion => 7;
    public static short FlexibleFrom => 5;

    public List<CreatableTopic> Topics = [];
    public int TimeoutMs = 60000;
    public bool ValidateOnly;

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Array(ref Topics);
        f.Int32(ref TimeoutMs);
        if (version >= 1) f.Bool(ref ValidateOnly);
        f.Tags();
    }

    /// <summary>One of <c>Topics</c>.</summary>
    public sealed class CreatableTopic : IMessage
    {
        public string Name = "";
        public int NumPartitions;
        public short ReplicationFactor;
        public List<CreatableReplicaAssignment> Assignments = [];
        public List<CreatableTopicConfig> Configs = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.Int32(ref NumPartitions);
            f.Int16(ref ReplicationFactor);
            f.Array(ref Assignments);
            f.Array(ref Configs);
            f.Tags();
        }
    }

    /// <summary>One of <c>Assignments</c>.</summary>
    public sealed class CreatableReplicaAssignment : IMessage
    {
        public int PartitionIndex;
        public List<int> BrokerIds = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int32(ref PartitionIndex);
            f.Int32Array(ref BrokerIds);
            f.Tags();
        }
    }

    /// <summary>One of <c>Configs</c>.</summary>
    public sealed class CreatableTopicConfig : IMessage
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

/// <summary>
/// Per topic success or error. Versions: 1 message; 2 throttle time; 5 partitions, replication factor and configuration as created;
/// 7 topic id.
/// </summary>
public sealed class CreateTopicsResponse : IMessage
{
    public int ThrottleTimeMs;
    public List<CreatableTopicResult> Topics = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        if (version >= 2) f.Int32(ref ThrottleTimeMs);
        f.Array(ref Topics);
        f.Tags();
    }

    /// <summary>One of <c>Topics</c>.</summary>
    public sealed class CreatableTopicResult : IMessage
    {
        public string Name = "";
        public Guid TopicId;
        public ErrorCode ErrorCode;
        public string? ErrorMessage = "";
        public ErrorCode TopicConfigErrorCode;
        public int NumPartitions = -1;
        public short ReplicationFactor = -1;
        public List<CreatableTopicConfigs>? Configs = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            if (version >= 7) f.Uuid(ref TopicId);
            f.Error(ref ErrorCode);
            if (version >= 1) f.NullableString(ref ErrorMessage);
            if (version >= 5) f.Int32(ref NumPartitions);
            if (version >= 5) f.Int16(ref ReplicationFactor);
            if (version >= 5) f.NullableArray(ref Configs);
            if (f.Tag(0, TopicConfigErrorCode != ErrorCode.None)) f.Error(ref TopicConfigErrorCode);
            f.Tags();
        }
    }

    /// <summary>One of <c>Configs</c>.</summary>
    public sealed class CreatableTopicConfigs : IMessage
    {
        public string Name = "";
        public string? Value = "";
        public bool ReadOnly;
        public sbyte ConfigSource = -1;
        public bool IsSensitive;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.NullableString(ref Value);
            f.Bool(ref ReadOnly);
            f.Int8(ref ConfigSource);
            f.Bool(ref IsSensitive);
            f.Tags();
        }
    }
}
