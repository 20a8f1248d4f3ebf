namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Asks which broker coordinates a group (key type 0) or a transactional id (1).</summary>
/// <remarks>Versions: 0 groups only; 1 key type; 3 flexible; 4 several keys at once.</remarks>
public sealed class FindCoordinatorRequest : IRequest<FindCoordinatorResponse>
{
    public static ApiKey ApiKey => ApiKey.FindCoordinator;
    public static short MinVersion => 0;
    public static short MaxVersion => 6;
    public static short FlexibleFrom => 3;

    public string Key = "";
    public sbyte KeyType;
    public List<string> CoordinatorKeys = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        if (version <= 3) f.String(ref Key);
        if (version >= 1) f.Int8(ref KeyType);
        if (version >= 4) f.StringArray(ref CoordinatorKeys);
        f.Tags();
    }
}

/// <summary>The coordinator, or why there is none now. From version 4 on one entry per key.</summary>
public sealed class FindCoordinatorResponse : IMessage
{
    public int ThrottleTimeMs;
    public ErrorCode ErrorCode;
    public string? ErrorMessage = "";
    public int NodeId;
    public string Host = "";
    public int Port;
    public List<Coordinator> Coordinators = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        if (version >= 1) f.Int32(ref ThrottleTimeMs);
        if (version <= 3) f.Error(ref ErrorCode);
        if (version is >= 1 and <= 3) f.NullableString(ref ErrorMessage);
        if (version <= 3) f.Int32(ref NodeId);
        if (version <= 3) f.String(ref Host);
        if (version <= 3) f.Int32(ref Port);
        if (version >= 4) f.Array(ref Coordinators);
        f.Tags();
    }

    /// <summary>One of <c>Coordinators</c>.</summary>
    public sealed class Coordinator : IMessage
    {
        public string Key = "";
        public int NodeId;
        public string Host = "";
        public int Port;
        public ErrorCode ErrorCode;
        public string? ErrorMessage = "";

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Key);
            f.Int32(ref NodeId);
            f.String(ref Host);
            f.Int32(ref Port);
            f.Error(ref ErrorCode);
            f.NullableString(ref ErrorMessage);
            f.Tags();
        }
    }
}
