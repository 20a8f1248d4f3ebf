namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Deletes groups without members.</summary>
/// <remarks>Version 2 is flexible.</remarks>
public sealed class DeleteGroupsRequest : IRequest<DeleteGroupsResponse>
{
    public static ApiKey ApiKey => ApiKey.DeleteGroups;
    public static short MinVersion => 0;
    public static short MaxVersion => 2;
    public static short FlexibleFrom => 2;

    public List<string> GroupsNames = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.StringArray(ref GroupsNames);
        f.Tags();
    }
}

/// <summary>One result per group.</summary>
public sealed class DeleteGroupsResponse : IMessage
{
    public int ThrottleTimeMs;
    public List<DeletableGroupResult> Results = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Int32(ref ThrottleTimeMs);
        f.Array(ref Results);
        f.Tags();
    }

    /// <summary>One of <c>Results</c>.</summary>
    public sealed class DeletableGroupResult : IMessage
    {
        public string GroupId = "";
        public ErrorCode ErrorCode;

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref GroupId);
            f.Error(ref ErrorCode);
            f.Tags();
        }
    }
}
