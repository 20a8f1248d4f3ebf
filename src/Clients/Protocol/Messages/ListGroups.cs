namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Asks a coordinator for the groups it has.</summary>
/// <remarks>Versions: 3 flexible; 4 filter by state; 5 filter by type.</remarks>
public sealed class ListGroupsRequest : IRequest<ListGroupsResponse>
{
    public static ApiKey ApiKey => ApiKey.ListGroups;
    public static short MinVersion => 0;
    public static short MaxVersion => 5;
    public static short FlexibleFrom => 3;

    public List<string> StatesFilter = [];
    public List<string> TypesFilter = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        if (version >= 4) f.StringArray(ref StatesFilter);
        if (version >= 5) f.StringArray(ref TypesFilter);
        f.Tags();
    }
}

/// <summary>Group ids with protocol type. Versions: 1 throttle time; 4 state; 5 type.</summary>
public sealed class ListGroupsResponse : IMessage
{
    public int ThrottleTimeMs;
    public ErrorCode ErrorCode;
    public List<ListedGroup> Groups = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        if (version >= 1) f.Int32(ref ThrottleTimeMs);
        f.Error(ref ErrorCode);
        f.Array(ref Groups);
        f.Tags();
    }

    /// <summary>One of <c>Groups</c>.</summary>
    public sealed class ListedGroup : IMessage
    {
        public string GroupId = "";
        public string ProtocolType = "";
        public string GroupState = "";
        public string GroupType = "";

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref GroupId);
            f.String(ref ProtocolType);
            if (version >= 4) f.String(ref GroupState);
            if (version >= 5) f.String(ref GroupType);
            f.Tags();
        }
    }
}
