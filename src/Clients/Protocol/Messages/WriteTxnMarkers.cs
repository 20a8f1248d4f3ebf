namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>
/// Writes commit or abort markers into partitions: the coordinator's last step, and an administrator's way out of a hanging
/// transaction.
/// </summary>
/// <remarks>Version 1 is flexible.</remarks>
public sealed class WriteTxnMarkersRequest : IRequest<WriteTxnMarkersResponse>
{
    public static ApiKey ApiKey => ApiKey.WriteTxnMarkers;
    public static short MinVersion => 0;
    public static short MaxVersion => 1;
    public static short FlexibleFrom => 1;

    public List<WritableTxnMarker> Markers = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Array(ref Markers);
        f.Tags();
    }

    /// <summary>One of <c>Markers</c>.</summary>
    public sealed class WritableTxnMarker : IMessage
    {
        public long ProducerId;
        public short ProducerEpoch;
        public bool TransactionResult;
        public List<WritableTxnMarkerTopic> Topics = [];
        public int CoordinatorEpoch;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int64(ref ProducerId);
            f.Int16(ref ProducerEpoch);
            f.Bool(ref TransactionResult);
            f.Array(ref Topics);
            f.Int32(ref CoordinatorEpoch);
            f.Tags();
        }
    }

    /// <summary>One of <c>Topics</c>.</summary>
    public sealed class WritableTxnMarkerTopic : IMessage
    {
        public string Name = "";
        public List<int> PartitionIndexes = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.Int32Array(ref PartitionIndexes);
            f.Tags();
        }
    }
}

/// <summary>Per producer id and partition whether the marker was written.</summary>
public sealed class WriteTxnMarkersResponse : IMessage
{
    public List<WritableTxnMarkerResult> Markers = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Array(ref Markers);
        f.Tags();
    }

    /// <summary>One of <c>Markers</c>.</summary>
    public sealed class WritableTxnMarkerResult : IMessage
    {
        public long ProducerId;
        public List<WritableTxnMarkerTopicResult> Topics = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int64(ref ProducerId);
            f.Array(ref Topics);
            f.Tags();
        }
    }

    /// <summary>One of <c>Topics</c>.</summary>
    public sealed class WritableTxnMarkerTopicResult : IMessage
    {
        public string Name = "";
        public List<WritableTxnMarkerPartitionResult> Partitions = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.Array(ref Partitions);
            f.Tags();
        }
    }

    /// <summary>One of <c>Partitions</c>.</summary>
    public sealed class WritableTxnMarkerPartitionResult : IMessage
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
