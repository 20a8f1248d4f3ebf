namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Hands in the leader's assignment and waits for one's own share of it.</summary>
/// <remarks>Versions: 3 static members; 4 flexible; 5 protocol type and name, checked by the coordinator.</remarks>
public sealed class SyncGroupRequest : IRequest<SyncGroupResponse>
{
    public static ApiKey ApiKey => ApiKey.SyncGroup;
    public static short MinVersion => 0;
    public static short MaxVersion => 5;
    public static short FlexibleFrom => 4;

    public string GroupId = "";
    public int GenerationId;
    public string MemberId = "";
    public string? GroupInstanceId;
    public string? ProtocolType;
    public string? ProtocolName;
    public List<SyncGroupRequestAssignment> Assignments = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.String(ref GroupId);
        f.Int32(ref GenerationId);
        f.String(ref MemberId);
        if (version >= 3) f.NullableString(ref GroupInstanceId);
        if (version >= 5) f.NullableString(ref ProtocolType);
        if (version >= 5) f.NullableString(ref ProtocolName);
        f.Array(ref Assignments);
        f.Tags();
    }

    /// <summary>One of <c>Assignments</c>.</summary>
    public sealed class SyncGroupRequestAssignment : IMessage
    {
        public string MemberId = "";
        public byte[] Assignment = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref MemberId);
            f.Bytes(ref Assignment);
            f.Tags();
        }
    }
}

/// <summary>This member's assignment, opaque to the broker. Version 1 adds throttle time, 5 protocol type and name.</summary>
public sealed class SyncGroupResponse : IMessage
{
    public int ThrottleTimeMs;
    public ErrorCode ErrorCode;
    public string? ProtocolType;
    public string? ProtocolName;
    public byte[] Assignment = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        if (version >= 1) f.Int32(ref ThrottleTimeMs);
        f.Error(ref ErrorCode);
        if (version >= 5) f.NullableString(ref ProtocolType);
        if (version >= 5) f.NullableString(ref ProtocolName);
        f.Bytes(ref Assignment);
        f.Tags();
    }
}
