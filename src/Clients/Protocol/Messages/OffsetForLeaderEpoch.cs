namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Asks where a leader epoch ended, so that a follower or consumer can find where its history departs from the leader's.</summary>
/// <remarks>Versions: 2 current leader epoch, for fencing; 3 replica id; 4 flexible.</remarks>
public sealed class OffsetForLeaderEpochRequest : IRequest<OffsetForLeaderEpochResponse>
{
    public static ApiKey ApiKey => ApiKey.OffsetForLeaderEpoch;
    public static short MinVersion => 0;
    public static short MaxVersion => 4;
    public static short FlexibleFrom => 4;

    public int ReplicaId = -2;
    public List<OffsetForLeaderTopic> Topics = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        if (version >= 3) f.Int32(ref ReplicaId);
        f.Array(ref Topics);
        f.Tags();
    }

    /// <summary>One of <c>Topics</c>.</summary>
    public sealed class OffsetForLeaderTopic : IMessage
    {
        public string Topic = "";
        public List<OffsetForLeaderPartition> Partitions = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Topic);
            f.Array(ref Partitions);
            f.Tags();
        }
    }

    /// <summary>One of <c>Partitions</c>.</summary>
    public sealed class OffsetForLeaderPartition : IMessage
    {
        public int Partition;
        public int CurrentLeaderEpoch = -1;
        public int LeaderEpoch;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int32(ref Partition);
            if (version >= 2) f.Int32(ref CurrentLeaderEpoch);
            f.Int32(ref LeaderEpoch);
            f.Tags();
        }
    }
}

/// <summary>The largest epoch not above the one asked for, and its end offset; -1 for both when unknown.</summary>
/// <remarks>Versions: 1 the epoch found; 2 throttle time.</remarks>
public sealed class OffsetForLeaderEpochResponse : IMessage
{
    public int ThrottleTimeMs;
    public List<OffsetForLeaderTopicResult> Topics = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        if (version >= 2) f.Int32(ref ThrottleTimeMs);
        f.Array(ref Topics);
        f.Tags();
    }

    /// <summary>One of <c>Topics</c>.</summary>
    public sealed class OffsetForLeaderTopicResult : IMessage
    {
        public string Topic = "";
        public List<EpochEndOffset> Partitions = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Topic);
            f.Array(ref Partitions);
            f.Tags();
        }
    }

    /// <summary>One of <c>Partitions</c>.</summary>
    public sealed class EpochEndOffset : IMessage
    {
        public ErrorCode ErrorCode;
        public int Partition;
        public int LeaderEpoch = -1;
        public long EndOffset = -1;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Error(ref ErrorCode);
            f.Int32(ref Partition);
            if (version >= 1) f.Int32(ref LeaderEpoch);
            f.Int64(ref EndOffset);
            f.Tags();
        }
    }
}
