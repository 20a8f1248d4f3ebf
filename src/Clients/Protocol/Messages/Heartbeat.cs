namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Tells the coordinator that a member lives.</summary>
/// <remarks>Versions: 3 static members; 4 flexible.</remarks>
public sealed class HeartbeatRequest : IRequest<HeartbeatResponse>
{
    public static ApiKey ApiKey => ApiKey.Heartbeat;
    public static short MinVersion => 0;
    public static short MaxVersion => 4;
    public static short FlexibleFrom => 4;

    public string GroupId = "";
    public int GenerationId;
    public string MemberId = "";
    public string? GroupInstanceId;

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.String(ref GroupId);
        f.Int32(ref GenerationId);
        f.String(ref MemberId);
        if (version >= 3) f.NullableString(ref GroupInstanceId);
        f.Tags();
    }
}

/// <summary>Whether the member may go on or has to join again. Version 1 adds throttle time.</summary>
public sealed class HeartbeatResponse : IMessage
{
    public int ThrottleTimeMs;
    public ErrorCode ErrorCode;

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        if (version >= 1) f.Int32(ref ThrottleTimeMs);
        f.Error(ref ErrorCode);
        f.Tags();
    }
}
