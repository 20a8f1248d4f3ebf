namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Enters a consumer group and waits for the rebalance to complete.</summary>
/// <remarks>
/// Versions: 1 rebalance timeout; 4 a first join gets its member id as an error (KIP-394); 5 static members; 6 flexible; 8 reason.
/// </remarks>
public sealed class JoinGroupRequest : IRequest<JoinGroupResponse>
{
    public static ApiKey ApiKey => ApiKey.JoinGroup;
    public static short MinVersion => 0;
    public static short MaxVersion => 9;
    public static short FlexibleFrom => 6;

    public string GroupId = "";
    public int SessionTimeoutMs;
    public int RebalanceTimeoutMs = -1;
    public string MemberId = "";
    public string? GroupInstanceId;
    public string ProtocolType = "";
    public List<JoinGroupRequestProtocol> Protocols = [];
    public string? Reason;

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.String(ref GroupId);
        f.Int32(ref SessionTimeoutMs);
        if (version >= 1) f.Int32(ref RebalanceTimeoutMs);
        f.String(ref MemberId);
        if (version >= 5) f.NullableString(ref GroupInstanceId);
        f.String(ref ProtocolType);
        f.Array(ref Protocols);
        if (version >= 8) f.NullableString(ref Reason);
        f.Tags();
    }

    /// <summary>One of <c>Protocols</c>.</summary>
    public sealed class JoinGroupRequestProtocol : IMessage
    {
        public string Name = "";
        public byte[] Metadata = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref Name);
            f.Bytes(ref Metadata);
            f.Tags();
        }
    }
}

/// <summary>The generation. The leader also gets the members with their metadata, to compute the assignment from.</summary>
/// <remarks>
/// Versions: 2 throttle time; 5 static members; 7 protocol type, nullable protocol name; 9 the leader may be told to skip the
/// assignment.
/// </remarks>
public sealed class JoinGroupResponse : IMessage
{
    public int ThrottleTimeMs;
    public ErrorCode ErrorCode;
    public int GenerationId = -1;
    public string? ProtocolType;
    public string? ProtocolName = "";
    public string Leader = "";
    public bool SkipAssignment;
    public string MemberId = "";
    public List<JoinGroupResponseMember> Members = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        if (version >= 2) f.Int32(ref ThrottleTimeMs);
        f.Error(ref ErrorCode);
        f.Int32(ref GenerationId);
        if (version >= 7) f.NullableString(ref ProtocolType);
        if (version >= 7) f.NullableString(ref ProtocolName);
        else f.String(ref ProtocolName!);
        f.String(ref Leader);
        if (version >= 9) f.Bool(ref SkipAssignment);
        f.String(ref MemberId);
        f.Array(ref Members);
        f.Tags();
    }

    /// <summary>One of <c>Members</c>.</summary>
    public sealed class JoinGroupResponseMember : IMessage
    {
        public string MemberId = "";
        public string? GroupInstanceId;
        public byte[] Metadata = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref MemberId);
            if (version >= 5) f.NullableString(ref GroupInstanceId);
            f.Bytes(ref Metadata);
            f.Tags();
        }
    }
}
