namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Asks for brokers, controller and the leaders of topics.</summary>
/// <remarks>
/// Version 0: an empty list means all topics. From 1 on null means all and an empty list none. 4 auto-creation may be declined; 8
/// to 10 cluster authorized operations; 9 flexible; 10 topic ids; 12 topics may be asked for by id alone.
/// </remarks>
public sealed class MetadataRequest : IRequest<MetadataResponse>
{
    public static ApiKey ApiKey => ApiKey.Metadata;
    public static short MinVersion => 0;
    public static short MaxVersion => 12;
    public static short FlexibleFrom => 9;

    public List<MetadataRequestTopic>? Topics = [];
    public bool AllowAutoTopicCreation = true;
    public bool IncludeClusterAuthorizedOperations;
    public bool IncludeTopicAuthorizedOperations;

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        if (version >= 1) f.NullableArray(ref Topics);
        else f.Array(ref Topics!);
        if (version >= 4) f.Bool(ref AllowAutoTopicCreation);
        if (version is >= 8 and <= 10) f.Bool(ref IncludeClusterAuthorizedOperations);
        if (version >= 8) f.Bool(ref IncludeTopicAuthorizedOperations);
        f.Tags();
    }

    /// <summary>One of <c>Topics</c>.</summary>
    public sealed class MetadataRequestTopic : IMessage
    {
        public Guid TopicId;
        public string? Name = "";

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            if (version >= 10) f.Uuid(ref TopicId);
            if (version >= 10) f.NullableString(ref Name);
            else f.String(ref Name!);
            f.Tags();
        }
    }
}

/// <summary>What the answering broker knows of the cluster.</summary>
/// <remarks>
/// Versions: 1 racks, controller and internal topics; 2 cluster id; 3 throttle time; 5 offline replicas; 7 leader epochs; 8
/// authorized operations; 10 topic ids; 12 a topic asked for by an unknown id has no name.
/// </remarks>
public sealed class MetadataResponse : IMessage
{
    public int ThrottleTimeMs;
    public List<MetadataResponseBroker> Brokers = [];
    public string? ClusterId;
    public int ControllerId = -1;
    public List<MetadataResponseTopic> Topics = [];
    public int ClusterAuthorizedOperations = int.MinValue;

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        if (version >= 3) f.Int32(ref ThrottleTimeMs);
        f.Array(ref Brokers);
        if (version >= 2) f.NullableString(ref ClusterId);
        if (version >= 1) f.Int32(ref ControllerId);
        f.Array(ref Topics);
        if (version is >= 8 and <= 10) f.Int32(ref ClusterAuthorizedOperations);
        f.Tags();
    }

    /// <summary>One of <c>Brokers</c>.</summary>
    public sealed class MetadataResponseBroker : IMessage
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
            if (version >= 1) f.NullableString(ref Rack);
            f.Tags();
        }
    }

    /// <summary>One of <c>Topics</c>.</summary>
    public sealed class MetadataResponseTopic : IMessage
    {
        public ErrorCode ErrorCode;
        public string? Name = "";
        public Guid TopicId;
        public bool IsInternal;
        public List<MetadataResponsePartition> Partitions = [];
        public int TopicAuthorizedOperations = int.MinValue;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Error(ref ErrorCode);
            if (version >= 12) f.NullableString(ref Name);
            else f.String(ref Name!);
            if (version >= 10) f.Uuid(ref TopicId);
            if (version >= 1) f.Bool(ref IsInternal);
            f.Array(ref Partitions);
            if (version >= 8) f.Int32(ref TopicAuthorizedOperations);
            f.Tags();
        }
    }

    /// <summary>One of <c>Partitions</c>.</summary>
    public sealed class MetadataResponsePartition : IMessage
    {
        public ErrorCode ErrorCode;
        public int PartitionIndex;
        public int LeaderId;
        public int LeaderEpoch = -1;
        public List<int> ReplicaNodes = [];
        public List<int> IsrNodes = [];
        public List<int> OfflineReplicas = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Error(ref ErrorCode);
            f.Int32(ref PartitionIndex);
            f.Int32(ref LeaderId);
            if (version >= 7) f.Int32(ref LeaderEpoch);
            f.Int32Array(ref ReplicaNodes);
            f.Int32Array(ref IsrNodes);
            if (version >= 5) f.Int32Array(ref OfflineReplicas);
            f.Tags();
        }
    }
}
