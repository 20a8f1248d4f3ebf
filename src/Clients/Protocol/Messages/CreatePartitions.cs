namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Adds partitions to topics; only the controller does it.</summary>
/// <remarks>Versions: 2 flexible; 3 strict mutation quota (KIP-599).</remarks>
public sealed class CreatePartitionsRequest : IRequest<CreatePartitionsResponse>
{
    public static ApiKey ApiKey => ApiKey.CreatePartitions;
    public static short MinVersion => 0;
    public static short MaxVersion => 3;
    public static short FlexibleFrom => 2;

    public List<CreatePartitionsTopic> Topics = [];
    public int TimeoutMs;
    public bool ValidateOnly;

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Array(ref Topics);
        f.Int32(ref TimeoutMs);
        f.Bool(ref ValidateOnly);
        f.Tags();
    }

    /// <summary>One of <c>Topics</c>.</summary>
    public sealed class CreatePartitionsTopic : IMessage
    {
        public string Name = "";
        public int Count;
        public List<CreatePartitionsAssignment>? Assignments = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.Int32(ref Count);
            f.NullableArray(ref Assignments);
            f.Tags();
        }
    }

    /// <summary>One of <c>Assignments</c>.</summary>
    public sealed class CreatePartitionsAssignment : IMessage
    {
        public List<int> BrokerIds = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Int32Array(ref BrokerIds);
            f.Tags();
        }
    }
}

/// <summary>One result per topic.</summary>
public sealed class CreatePartitionsResponse : IMessage
{
    public int ThrottleTimeMs;
    public List<CreatePartitionsTopicResult> Results = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Int32(ref ThrottleTimeMs);
        f.Array(ref Results);
        f.Tags();
    }

    /// <summary>One of <c>Results</c>.</summary>
    public sealed class CreatePartitionsTopicResult : IMessage
    {
        public string Name = "";
        public ErrorCode ErrorCode;
        public string? ErrorMessage;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.Error(ref ErrorCode);
            f.NullableString(ref ErrorMessage);
            f.Tags();
        }
    }
}
