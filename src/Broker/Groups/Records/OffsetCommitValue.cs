using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Groups.Records;

/// <summary>
/// A committed offset as stored. Written as version 3, or 1 when the client named a retention time; 0 to 4 are read. Source: OffsetCommitValue.json.
/// </summary>
/// <remarks>Versions: 1 and only 1 has an expiry; 3 the leader epoch; 4 flexible.</remarks>
public sealed class OffsetCommitValue : IMessage
{
    public long Offset;
    public int LeaderEpoch = -1;
    public string Metadata = "";
    public long CommitTimestamp;
    public long ExpireTimestamp = -1;

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Int64(ref Offset);
        if (version >= 3) f.Int32(ref LeaderEpoch);
        f.String(ref Metadata);
        f.Int64(ref CommitTimestamp);
        if (version == 1) f.Int64(ref ExpireTimestamp);
        f.Tags();
    }
}
