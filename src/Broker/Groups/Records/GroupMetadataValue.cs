using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Groups.Records;

/// <summary>
/// A generation of a group as stored: who is in it and what each was given. Written as version 3; 0 to 4 are read. Source: GroupMetadataValue.json.
/// </summary>
/// <remarks>Versions: 1 rebalance timeout; 2 time of the last change; 3 static members; 4 flexible.</remarks>
public sealed class GroupMetadataValue : IMessage
{
    public string ProtocolType = "";
    public int Generation;
    public string? Protocol;
    public string? Leader;
    public long CurrentStateTimestamp = -1;
    public List<MemberMetadata> Members = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.String(ref ProtocolType);
        f.Int32(ref Generation);
        f.NullableString(ref Protocol);
        f.NullableString(ref Leader);
        if (version >= 2) f.Int64(ref CurrentStateTimestamp);
        f.Array(ref Members);
        f.Tags();
    }

    /// <summary>One of <c>Members</c>.</summary>
    public sealed class MemberMetadata : IMessage
    {
        public string MemberId = "";
        public string? GroupInstanceId;
        public string ClientId = "";
        public string ClientHost = "";
        public int RebalanceTimeout;
        public int SessionTimeout;
        public byte[] Subscription = [];
        public byte[] Assignment = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref MemberId);
            if (version >= 3) f.NullableString(ref GroupInstanceId);
            f.String(ref ClientId);
            f.String(ref ClientHost);
            if (version >= 1) f.Int32(ref RebalanceTimeout);
            f.Int32(ref SessionTimeout);
            f.Bytes(ref Subscription);
            f.Bytes(ref Assignment);
            f.Tags();
        }
    }
}
