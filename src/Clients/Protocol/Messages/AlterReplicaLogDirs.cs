namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Moves replicas between the log directories of one broker.</summary>
/// <remarks>Version 2 is flexible.</remarks>
public sealed class AlterReplicaLogDirsRequest : IRequest<AlterReplicaLogDirsResponse>
{
    public static ApiKey ApiKey => ApiKey.AlterReplicaLogDirs;
    public static short MinVersion => 0;
    public static short MaxVersion => 2;
    public static short FlexibleFrom => 2;

    public List<AlterReplicaLogDir> Dirs = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Array(ref Dirs);
        f.Tags();
    }

    /// <summary>One of <c>Dirs</c>.</summary>
    public sealed class AlterReplicaLogDir : IMessage
    {
        public string Path = "";
        public List<AlterReplicaLogDirTopic> Topics = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Path);
            f.Array(ref Topics);
            f.Tags();
        }
    }

    /// <summary>One of <c>Topics</c>.</summary>
    public sealed class AlterReplicaLogDirTopic : IMessage
    {
        public string Name = "";
        public List<int> Partitions = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.Int32Array(ref Partitions);
            f.Tags();
        }
    }
}

/// <summary>One result per partition.</summary>
public sealed class AlterReplicaLogDirsResponse : IMessage
{
    public int ThrottleTimeMs;
    public List<AlterReplicaLogDirTopicResult> Results = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Int32(ref ThrottleTimeMs);
        f.Array(ref Results);
        f.Tags();
    }

    /// <summary>One of <c>Results</c>.</summary>
    public sealed class AlterReplicaLogDirTopicResult : IMessage
    {
        public string TopicName = "";
        public List<AlterReplicaLogDirPartitionResult> Partitions = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref TopicName);
            f.Array(ref Partitions);
            f.Tags();
        }
    }

    /// <summary>One of <c>Partitions</c>.</summary>
    public sealed class AlterReplicaLogDirPartitionResult : IMessage
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
