namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Starts replica reassignments (KIP-455), or cancels those whose replicas are null.</summary>
public sealed class AlterPartitionReassignmentsRequest : IRequest<AlterPartitionReassignmentsResponse>
{
    public static ApiKey ApiKey => ApiKey.AlterPartitionReassignments;
    public static short MinVersion => 0;
    public static short MaxVersion => 0;
    public static short FlexibleFrom => 0;

    public int TimeoutMs = 60000;
    public List<ReassignableTopic> Topics = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Int32(ref TimeoutMs);
        f.Array(ref Topics);
        f.Tags();
    }

    /// <summary>One of <c>Topics</c>.</summary>
    public sealed class ReassignableTopic : IMessage
    {
        public string Name = "";
        public List<ReassignablePartition> Partitions = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.Array(ref Partitions);
            f.Tags();
        }
    }

    /// <summary>One of <c>Partitions</c>.</summary>
    public sealed class ReassignablePartition : IMessage
    {
        public int PartitionIndex;
        public List<int>? Replicas;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int32(ref PartitionIndex);
            f.NullableInt32Array(ref Replicas);
            f.Tags();
        }
    }
}

/// <summary>One result per partition.</summary>
public sealed class AlterPartitionReassignmentsResponse : IMessage
{
    public int ThrottleTimeMs;
    public ErrorCode ErrorCode;
    public string? ErrorMessage = "";
    public List<ReassignableTopicResponse> Responses = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Int32(ref ThrottleTimeMs);
        f.Error(ref ErrorCode);
        f.NullableString(ref ErrorMessage);
        f.Array(ref Responses);
        f.Tags();
    }

    /// <summary>One of <c>Responses</c>.</summary>
    public sealed class ReassignableTopicResponse : IMessage
    {
        public string Name = "";
        public List<ReassignablePartitionResponse> Partitions = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.Array(ref Partitions);
            f.Tags();
        }
    }

    /// <summary>One of <c>Partitions</c>.</summary>
    public sealed class ReassignablePartitionResponse : IMessage
    {
        public int PartitionIndex;
        public ErrorCode ErrorCode;
        public string? ErrorMessage = "";

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int32(ref PartitionIndex);
            f.Error(ref ErrorCode);
            f.NullableString(ref ErrorMessage);
            f.Tags();
        }
    }
}
