namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Deletes topics; only the controller does it.</summary>
/// <remarks>Versions: 0 to 5 by name; 4 flexible; 6 by name or id.</remarks>
public sealed class DeleteTopicsRequest : IRequest<DeleteTopicsResponse>
{
    public static ApiKey ApiKey => ApiKey.DeleteTopics;
    public static short MinVersion => 0;
    public static short MaxVersion => 6;
    public static short FlexibleFrom => 4;

    public List<DeleteTopicState> Topics = [];
    public List<string> TopicNames = [];
    public int TimeoutMs;

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        if (version >= 6) f.Array(ref Topics);
        if (version <= 5) f.StringArray(ref TopicNames);
        f.Int32(ref TimeoutMs);
        f.Tags();
    }

    /// <summary>One of <c>Topics</c>.</summary>
    public sealed class DeleteTopicState : IMessage
    {
        public string? Name;
        public Guid TopicId;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.NullableString(ref Name);
            f.Uuid(ref TopicId);
            f.Tags();
        }
    }
}

/// <summary>Per topic success or error. Versions: 1 throttle time; 5 message; 6 topic id, and no name where it was not known.</summary>
public sealed class DeleteTopicsResponse : IMessage
{
    public int ThrottleTimeMs;
    public List<DeletableTopicResult> Responses = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        if (version >= 1) f.Int32(ref ThrottleTimeMs);
        f.Array(ref Responses);
        f.Tags();
    }

    /// <summary>One of <c>Responses</c>.</summary>
    public sealed class DeletableTopicResult : IMessage
    {
        public string? Name = "";
        public Guid TopicId;
        public ErrorCode ErrorCode;
        public string? ErrorMessage;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            if (version >= 6) f.NullableString(ref Name);
            else f.String(ref Name!);
            if (version >= 6) f.Uuid(ref TopicId);
            f.Error(ref ErrorCode);
            if (version >= 5) f.NullableString(ref ErrorMessage);
            f.Tags();
        }
    }
}
