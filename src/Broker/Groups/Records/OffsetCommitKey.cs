using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Groups.Records;

/// <summary>
/// Key of a committed offset in <c>__consumer_offsets</c>, versions 0 and 1 alike (behind the int16 version). Source: OffsetCommitKey.json.
/// </summary>
public sealed class OffsetCommitKey : IMessage
{
    public string Group = "";
    public string Topic = "";
    public int Partition;

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.String(ref Group);
        f.String(ref Topic);
        f.Int32(ref Partition);
    }
}
