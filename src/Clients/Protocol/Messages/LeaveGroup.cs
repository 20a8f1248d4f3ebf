namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Leaves a consumer group, or removes members from it.</summary>
/// <remarks>Versions: 0 to 2 one member; 3 a batch of members; 4 flexible; 5 reason.</remarks>
public sealed class LeaveGroupRequest : IRequest<LeaveGroupResponse>
{
    public static ApiKey ApiKey => ApiKey.LeaveGroup;
    public static short MinVersion => 0;
    public static short MaxVersion => 5;
    public static short FlexibleFrom => 4;

    public string GroupId = "";
    public string MemberId = "";
    public List<MemberIdentity> Members = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.String(ref GroupId);
        if (version <= 2) f.String(ref MemberId);
        if (version >= 3) f.Array(ref Members);
        f.Tags();
    }

    /// <summary>One of <c>Members</c>.</summary>
    public sealed class MemberIdentity : IMessage
    {
        public string MemberId = "";
        public string? GroupInstanceId;
        public string? Reason;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref MemberId);
            f.NullableString(ref GroupInstanceId);
            if (version >= 5) f.NullableString(ref Reason);
            f.Tags();
        }
    }
}

/// <summary>Whether the members are gone. Version 1 adds throttle time, 3 one entry per member.</summary>
public sealed class LeaveGroupResponse : IMessage
{
    public int ThrottleTimeMs;
    public ErrorCode ErrorCode;
    public List<MemberResponse> Members = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        if (version >= 1) f.Int32(ref ThrottleTimeMs);
        f.Error(ref ErrorCode);
        if (version >= 3) f.Array(ref Members);
        f.Tags();
    }

    /// <summary>One of <c>Members</c>.</summary>
    public sealed class MemberResponse : IMessage
    {
        public string MemberId = "";
        public string? GroupInstanceId = "";
        public ErrorCode ErrorCode;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref MemberId);
            f.NullableString(ref GroupInstanceId);
            f.Error(ref ErrorCode);
            f.Tags();
        }
    }
}
