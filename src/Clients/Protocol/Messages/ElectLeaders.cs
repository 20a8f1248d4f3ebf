namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Starts preferred (0) or unclean (1) leader elections; null means all partitions.</summary>
/// <remarks>Versions: 1 election type; 2 flexible.</remarks>
public sealed class ElectLeadersRequest : IRequest<ElectLeadersResponse>
{
    public static ApiKey ApiKey => ApiKey.ElectLeaders;
    public static short MinVersion => 0;
    public static short MaxVersion => 2;
    public static short FlexibleFrom => 2;

    public sbyte ElectionType;
    public List<TopicPartitionList>? TopicPartitions = [];
    public int TimeoutMs = 60000;

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        if (version >= 1) f.Int8(ref ElectionType);
        f.NullableArray(ref TopicPartitions);
        f.Int32(ref TimeoutMs);
        f.Tags();
    }

    /// <summary>One of <c>TopicPartitions</c>.</summary>
    public sealed class TopicPartitionList : IMessage
    {
        public string Topic = "";
        public List<int> Partitions = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Topic);
            f.Int32Array(ref Partitions);
            f.Tags();
        }
    }
}

/// <summary>One result per partition. Version 1 adds an error for the whole.</summary>
public sealed class ElectLeadersResponse : IMessage
{
    public int ThrottleTimeMs;
    public ErrorCode ErrorCode;
    public List<ReplicaElectionResult> ReplicaElectionResults = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Int32(ref ThrottleTimeMs);
        if (version >= 1) f.Error(ref ErrorCode);
        f.Array(ref ReplicaElectionResults);
        f.Tags();
    }

    /// <summary>One of <c>ReplicaElectionResults</c>.</summary>
    public sealed class ReplicaElectionResult : IMessage
    {
        public string Topic = "";
        public List<PartitionResult> PartitionResult = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Topic);
            f.Array(ref PartitionResult);
            f.Tags();
        }
    }

    /// <summary>One of <c>PartitionResult</c>.</summary>
    public sealed class PartitionResult : IMessage
    {
        public int PartitionId;
        public ErrorCode ErrorCode;
        public string? ErrorMessage = "";

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int32(ref PartitionId);
            f.Error(ref ErrorCode);
            f.NullableString(ref ErrorMessage);
            f.Tags();
        }
    }
}
