namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Commits offsets of a group as part of a transaction.</summary>
/// <remarks>Versions: 2 leader epoch; 3 flexible, with generation and member (KIP-447).</remarks>
public sealed class TxnOffsetCommitRequest : IRequest<TxnOffsetCommitResponse>
{
    public static ApiKey ApiKey => ApiKey.TxnOffsetCommit;
    public static short MinVersion => 0;
    public static short MaxVersion => 4;
    public static short FlexibleFrom => 3;

    public string TransactionalId = "";
    public string GroupId = "";
    public long ProducerId;
    public short ProducerEpoch;
    public int GenerationId = -1;
    public string MemberId = "";
    public string? GroupInstanceId;
    public List<TxnOffsetCommitRequestTopic> Topics = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.String(ref TransactionalId);
        f.String(ref GroupId);
        f.Int64(ref ProducerId);
        f.Int16(ref ProducerEpoch);
        if (version >= 3) f.Int32(ref GenerationId);
        if (version >= 3) f.String(ref MemberId);
        if (version >= 3) f.NullableString(ref GroupInstanceId);
        f.Array(ref Topics);
        f.Tags();
    }

    /// <summary>One of <c>Topics</c>.</summary>
    public sealed class TxnOffsetCommitRequestTopic : IMessage
    {
        public string Name = "";
        public List<TxnOffsetCommitRequestPartition> Partitions = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.Array(ref Partitions);
            f.Tags();
        }
    }

    /// <summary>One of <c>Partitions</c>.</summary>
    public sealed class TxnOffsetCommitRequestPartition : IMessage
    {
        public int PartitionIndex;
        public long CommittedOffset;
        public int CommittedLeaderEpoch = -1;
        public string? CommittedMetadata = "";

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int32(ref PartitionIndex);
            f.Int64(ref CommittedOffset);
            if (version >= 2) f.Int32(ref CommittedLeaderEpoch);
            f.NullableString(ref CommittedMetadata);
            f.Tags();
        }
    }
}

/// <summary>Per partition whether the pending offset was stored.</summary>
public sealed class TxnOffsetCommitResponse : IMessage
{
    public int ThrottleTimeMs;
    public List<TxnOffsetCommitResponseTopic> Topics = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Int32(ref ThrottleTimeMs);
        f.Array(ref Topics);
        f.Tags();
    }

    /// <summary>One of <c>Topics</c>.</summary>
    public sealed class TxnOffsetCommitResponseTopic : IMessage
    {
        public string Name = "";
        public List<TxnOffsetCommitResponsePartition> Partitions = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.Array(ref Partitions);
            f.Tags();
        }
    }

    /// <summary>One of <c>Partitions</c>.</summary>
    public sealed class TxnOffsetCommitResponsePartition : IMessage
    {
        public int PartitionIndex;
        public ErrorCode ErrorCode;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int32(ref PartitionIndex);
            f.Error(ref ErrorCode);
            f.Tags();
        }
    }
}
