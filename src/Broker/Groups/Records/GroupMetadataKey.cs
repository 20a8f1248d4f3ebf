using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Groups.Records;

/// <summary>Key of a group's own record, version 2 (behind the int16 version). Source: GroupMetadataKey.json.</summary>
public sealed class GroupMetadataKey : IMessage
{
    public string Group = "";

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct => f.String(ref Group);
}
