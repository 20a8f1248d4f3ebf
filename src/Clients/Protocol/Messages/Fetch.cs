namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Reads record batches: consumers up to the high watermark, followers (replica id at least 0) up to the log end.</summary>
/// <remarks>
/// Versions: 3 bounds the whole response and makes the order of partitions count; 4 isolation level; 5 log start offset of a
/// follower; 7 fetch sessions (KIP-227); 9 leader epoch fencing (KIP-320); 11 rack (KIP-392); 12 flexible, last fetched epoch; 13
/// topic ids (KIP-516); 15 replica state instead of replica id (KIP-903); 17 directory id.
/// </remarks>
public sealed class FetchRequest : IRequest<FetchResponse>
{
    public static ApiKey ApiKey => ApiKey.Fetch;
    public static short MinVersion => 0;
    public static short MaxVersion => 17;
    public static short FlexibleFrom => 12;

    public string? ClusterId;
    public int ReplicaId = -1;
    public ReplicaStateData? ReplicaState;
    public int MaxWaitMs;
    public int MinBytes;
    public int MaxBytes = int.MaxValue;
    public sbyte IsolationLevel;
    public int SessionId;
    public int SessionEpoch = -1;
    public List<FetchTopic> Topics = [];
    public List<ForgottenTopic> ForgottenTopicsData = [];
    public string RackId = "";

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        if (version <= 14) f.Int32(ref ReplicaId);
        f.Int32(ref MaxWaitMs);
        f.Int32(ref MinBytes);
        if (version >= 3) f.Int32(ref MaxBytes);
        if (version >= 4) f.Int8(ref IsolationLevel);
        if (version >= 7) f.Int32(ref SessionId);
        if (version >= 7) f.Int32(ref SessionEpoch);
        f.Array(ref Topics);
        if (version >= 7) f.Array(ref ForgottenTopicsData);
        if (version >= 11) f.String(ref RackId);
        if (f.Tag(0, ClusterId is not null)) f.NullableString(ref ClusterId);
        if (version >= 15 && f.Tag(1, ReplicaState is not null)) f.Struct(ref ReplicaState!);
        f.Tags();
    }

    /// <summary>Content of <c>ReplicaState</c>, null when absent.</summary>
    public sealed class ReplicaStateData : IMessage
    {
        public int ReplicaId = -1;
        public long ReplicaEpoch = -1;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int32(ref ReplicaId);
            f.Int64(ref ReplicaEpoch);
            f.Tags();
        }
    }

    /// <summary>One of <c>Topics</c>.</summary>
    public sealed class FetchTopic : IMessage
    {
        public string Topic = "";
        public Guid TopicId;
        public List<FetchPartition> Partitions = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            if (version <= 12) f.String(ref Topic);
            if (version >= 13) f.Uuid(ref TopicId);
            f.Array(ref Partitions);
            f.Tags();
        }
    }

    /// <summary>One of <c>Partitions</c>.</summary>
    public sealed class FetchPartition : IMessage
    {
        public int Partition;
        public int CurrentLeaderEpoch = -1;
        public long FetchOffset;
        public int LastFetchedEpoch = -1;
        public long LogStartOffset = -1;
        public int PartitionMaxBytes;
        public Guid ReplicaDirectoryId;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int32(ref Partition);
            if (version >= 9) f.Int32(ref CurrentLeaderEpoch);
            f.Int64(ref FetchOffset);
            if (version >= 12) f.Int32(ref LastFetchedEpoch);
            if (version >= 5) f.Int64(ref LogStartOffset);
            f.Int32(ref PartitionMaxBytes);
            if (version >= 17 && f.Tag(0, ReplicaDirectoryId != Guid.Empty)) f.Uuid(ref ReplicaDirectoryId);
            f.Tags();
        }
    }

    /// <summary>One of <c>ForgottenTopicsData</c>.</summary>
    public sealed class ForgottenTopic : IMessage
    {
        public string Topic = "";
        public Guid TopicId;
        public List<int> Partitions = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            if (version <= 12) f.String(ref Topic);
            if (version >= 13) f.Uuid(ref TopicId);
            f.Int32Array(ref Partitions);
            f.Tags();
        }
    }
}

/// <summary>Record batches as they lie in the log; the first may begin below the offset asked for, the last may be cut.</summary>
/// <remarks>
/// Versions: 1 throttle time; 4 last stable offset and aborted transactions; 5 log start offset; 7 sessions; 11 preferred read
/// replica; 12 diverging epoch and current leader (tagged); 13 topic ids; 16 endpoints of the leaders named (KIP-951).
/// </remarks>
public sealed class FetchResponse : IMessage
{
    public int ThrottleTimeMs;
    public ErrorCode ErrorCode;
    public int SessionId;
    public List<FetchableTopicResponse> Responses = [];
    public List<NodeEndpoint> NodeEndpoints = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        if (version >= 1) f.Int32(ref ThrottleTimeMs);
        if (version >= 7) f.Error(ref ErrorCode);
        if (version >= 7) f.Int32(ref SessionId);
        f.Array(ref Responses);
        if (version >= 16 && f.Tag(0, NodeEndpoints.Count > 0)) f.Array(ref NodeEndpoints);
        f.Tags();
    }

    /// <summary>One of <c>Responses</c>.</summary>
    public sealed class FetchableTopicResponse : IMessage
    {
        public string Topic = "";
        public Guid TopicId;
        public List<PartitionData> Partitions = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            if (version <= 12) f.String(ref Topic);
            if (version >= 13) f.Uuid(ref TopicId);
            f.Array(ref Partitions);
            f.Tags();
        }
    }

    /// <summary>One of <c>Partitions</c>.</summary>
    public sealed class PartitionData : IMessage
    {
        public int PartitionIndex;
        public ErrorCode ErrorCode;
        public long HighWatermark;
        public long LastStableOffset = -1;
        public long LogStartOffset = -1;
        public EpochEndOffset? DivergingEpoch;
        public LeaderIdAndEpoch? CurrentLeader;
        public SnapshotId? SnapshotId;
        public List<AbortedTransaction>? AbortedTransactions = [];
        public int PreferredReadReplica = -1;
        public Memory<byte>? Records;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int32(ref PartitionIndex);
            f.Error(ref ErrorCode);
            f.Int64(ref HighWatermark);
            if (version >= 4) f.Int64(ref LastStableOffset);
            if (version >= 5) f.Int64(ref LogStartOffset);
            if (version >= 4) f.NullableArray(ref AbortedTransactions);
            if (version >= 11) f.Int32(ref PreferredReadReplica);
            f.Records(ref Records);
            if (f.Tag(0, DivergingEpoch is not null)) f.Struct(ref DivergingEpoch!);
            if (f.Tag(1, CurrentLeader is not null)) f.Struct(ref CurrentLeader!);
            if (f.Tag(2, SnapshotId is not null)) f.Struct(ref SnapshotId!);
            f.Tags();
        }
    }

    /// <summary>Content of <c>DivergingEpoch</c>, null when absent.</summary>
    public sealed class EpochEndOffset : IMessage
    {
        public int Epoch = -1;
        public long EndOffset = -1;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int32(ref Epoch);
            f.Int64(ref EndOffset);
            f.Tags();
        }
    }

    /// <summary>Content of <c>CurrentLeader</c>, null when absent.</summary>
    public sealed class LeaderIdAndEpoch : IMessage
    {
        public int LeaderId = -1;
        public int LeaderEpoch = -1;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int32(ref LeaderId);
            f.Int32(ref LeaderEpoch);
            f.Tags();
        }
    }

    /// <summary>Content of <c>SnapshotId</c>, null when absent.</summary>
    public sealed class SnapshotId : IMessage
    {
        public long EndOffset = -1;
        public int Epoch = -1;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int64(ref EndOffset);
            f.Int32(ref Epoch);
            f.Tags();
        }
    }

    /// <summary>One of <c>AbortedTransactions</c>.</summary>
    public sealed class AbortedTransaction : IMessage
    {
        public long ProducerId;
        public long FirstOffset;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int64(ref ProducerId);
            f.Int64(ref FirstOffset);
            f.Tags();
        }
    }

    /// <summary>One of <c>NodeEndpoints</c>.</summary>
    public sealed class NodeEndpoint : IMessage
    {
        public int NodeId;
        public string Host = "";
        public int Port;
        public string? Rack;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int32(ref NodeId);
            f.String(ref Host);
            f.Int32(ref Port);
            f.NullableString(ref Rack);
            f.Tags();
        }
    }
}
