namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Appends record batches to partitions that the receiving broker leads.</summary>
/// <remarks>
/// Versions: 3 carries record batches v2 and the transactional id; 7 allows zstd; 9 is flexible; 10 and 11 change only the
/// response. Broker and client hold one batch per partition from version 3 on. With acks 0 there is no response at all.
/// </remarks>
public sealed class ProduceRequest : IRequest<ProduceResponse>
{
    public static ApiKey ApiKey => ApiKey.Produce;
    public static short MinVersion => 0;
    public static short MaxVersion => 11;
    public static short FlexibleFrom => 9;

    public string? TransactionalId;
    public short Acks;
    public int TimeoutMs;
    public List<TopicProduceData> TopicData = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        if (version >= 3) f.NullableString(ref TransactionalId);
        f.Int16(ref Acks);
        f.Int32(ref TimeoutMs);
        f.Array(ref TopicData);
        f.Tags();
    }

    /// <summary>One of <c>TopicData</c>.</summary>
    public sealed class TopicProduceData : IMessage
    {
        public string Name = "";
        public List<PartitionProduceData> PartitionData = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.Array(ref PartitionData);
            f.Tags();
        }
    }

    /// <summary>One of <c>PartitionData</c>.</summary>
    public sealed class PartitionProduceData : IMessage
    {
        public int Index;
        public Memory<byte>? Records;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int32(ref Index);
            f.Records(ref Records);
            f.Tags();
        }
    }
}

/// <summary>Per partition the offset of the first record, or why nothing was appended.</summary>
/// <remarks>
/// Versions: 1 throttle time; 2 append time; 5 log start offset; 8 errors of single records; 10 the current leader as a hint
/// (KIP-951).
/// </remarks>
public sealed class ProduceResponse : IMessage
{
    public List<TopicProduceResponse> Responses = [];
    public int ThrottleTimeMs;
    public List<NodeEndpoint> NodeEndpoints = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Array(ref Responses);
        if (version >= 1) f.Int32(ref ThrottleTimeMs);
        if (version >= 10 && f.Tag(0, NodeEndpoints.Count > 0)) f.Array(ref NodeEndpoints);
        f.Tags();
    }

    /// <summary>One of <c>Responses</c>.</summary>
    public sealed class TopicProduceResponse : IMessage
    {
        public string Name = "";
        public List<PartitionProduceResponse> PartitionResponses = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.Array(ref PartitionResponses);
            f.Tags();
        }
    }

    /// <summary>One of <c>PartitionResponses</c>.</summary>
    public sealed class PartitionProduceResponse : IMessage
    {
        public int Index;
        public ErrorCode ErrorCode;
        public long BaseOffset;
        public long LogAppendTimeMs = -1;
        public long LogStartOffset = -1;
        public List<BatchIndexAndErrorMessage> RecordErrors = [];
        public string? ErrorMessage;
        public LeaderIdAndEpoch? CurrentLeader;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int32(ref Index);
            f.Error(ref ErrorCode);
            f.Int64(ref BaseOffset);
            if (version >= 2) f.Int64(ref LogAppendTimeMs);
            if (version >= 5) f.Int64(ref LogStartOffset);
            if (version >= 8) f.Array(ref RecordErrors);
            if (version >= 8) f.NullableString(ref ErrorMessage);
            if (version >= 10 && f.Tag(0, CurrentLeader is not null)) f.Struct(ref CurrentLeader!);
            f.Tags();
        }
    }

    /// <summary>One of <c>RecordErrors</c>.</summary>
    public sealed class BatchIndexAndErrorMessage : IMessage
    {
        public int BatchIndex;
        public string? BatchIndexErrorMessage;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int32(ref BatchIndex);
            f.NullableString(ref BatchIndexErrorMessage);
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
