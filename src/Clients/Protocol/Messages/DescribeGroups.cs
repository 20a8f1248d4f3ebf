namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Asks for state and members of groups.</summary>
/// <remarks>Versions: 3 authorized operations; 5 flexible.</remarks>
public sealed class DescribeGroupsRequest : IRequest<DescribeGroupsResponse>
{
    public static ApiKey ApiKey => ApiKey.DescribeGroups;
    public static short MinVersion => 0;
    public static short MaxVersion => 5;
    public static short FlexibleFrom => 5;

    public List<string> Groups = [];
    public bool IncludeAuthorizedOperations;

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.StringArray(ref Groups);
        if (version >= 3) f.Bool(ref IncludeAuthorizedOperations);
        f.Tags();
    }
}

/// <summary>State and members of groups. Versions: 1 throttle time; 3 authorized operations; 4 static members.</summary>
public sealed class DescribeGroupsResponse : IMessage
{
    public int ThrottleTimeMs;
    public List<DescribedGroup> Groups = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        if (version >= 1) f.Int32(ref ThrottleTimeMs);
        f.Array(ref Groups);
        f.Tags();
    }

    /// <summary>One of <c>Groups</c>.</summary>
    public sealed class DescribedGroup : IMessage
    {
        public ErrorCode ErrorCode;
        public string GroupId = "";
        public string GroupState = "";
        public string ProtocolType = "";
        public string ProtocolData = "";
        public List<DescribedGroupMember> Members = [];
        public int AuthorizedOperations = int.MinValue;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.Error(ref ErrorCode);
            f.String(ref GroupId);
            f.String(ref GroupState);
            f.String(ref ProtocolType);
            f.String(ref ProtocolData);
            f.Array(ref Members);
            if (version >= 3) f.Int32(ref AuthorizedOperations);
            f.Tags();
        }
    }

    /// <summary>One of <c>Members</c>.</summary>
    public sealed class DescribedGroupMember : IMessage
    {
        public string MemberId = "";
        public string? GroupInstanceId;
        public string ClientId = "";
        public string ClientHost = "";
        public byte[] MemberMetadata = [];
        public byte[] MemberAssignment = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref MemberId);
            if (version >= 4) f.NullableString(ref GroupInstanceId);
            f.String(ref ClientId);
            f.String(ref ClientHost);
            f.Bytes(ref MemberMetadata);
            f.Bytes(ref MemberAssignment);
            f.Tags();
        }
    }
}
