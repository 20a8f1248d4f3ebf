namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Asks for the reassignments under way; null topics means all.</summary>
public sealed class ListPartitionReassignmentsRequest : IRequest<ListPartitionReassignmentsResponse>
{
    public static ApiKey ApiKey => ApiKey.ListPartitionReassignments;
    public static short MinVersion => 0;
    public static short MaxVersion => 0;
    public static short FlexibleFrom => 0;

    public int TimeoutMs = 60000;
    public List<ListPartitionReassignmentsTopics>? Topics;

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Int32(ref TimeoutMs);
        f.NullableArray(ref Topics);
        f.Tags();
    }

    /// <summary>One of <c>Topics</c>.</summary>
    public sealed class ListPartitionReassignmentsTopics : IMessage
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

/// <summary>Current, arriving and leaving replicas.</summary>
public sealed class ListPartitionReassignmentsResponse : IMessage
{
    public int ThrottleTimeMs;
    public ErrorCode ErrorCode;
    public string? ErrorMessage = "";
    public List<OngoingTopicReassignment> Topics = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Int32(ref ThrottleTimeMs);
        f.Error(ref ErrorCode);
        f.NullableString(ref ErrorMessage);
        f.Array(ref Topics);
        f.Tags();
    }

    /// <summary>One of <c>Topics</c>.</summary>
    public sealed class OngoingTopicReassignment : IMessage
    {
        public string Name = "";
        public List<OngoingPartitionReassignment> Partitions = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.Array(ref Partitions);
            f.Tags();
        }
    }

    /// <summary>One of <c>Partitions</c>.</summary>
    public sealed class OngoingPartitionReassignment : IMessage
    {
        public int PartitionIndex;
        public List<int> Replicas = [];
        public List<int> AddingReplicas = [];
        public List<int> RemovingReplicas = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int32(ref PartitionIndex);
            f.Int32Array(ref Replicas);
            f.Int32Array(ref AddingReplicas);
            f.Int32Array(ref RemovingReplicas);
            f.Tags();
        }
    }
}
