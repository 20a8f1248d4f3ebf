using System.Buffers.Binary;
using System.Text;

namespace ClassicBroker.Coordination.ZooKeeper.Driver;

/// <summary>
/// Reads jute, ZooKeeper's serialization: big-endian numbers, buffers and strings behind a 4-byte length (-1: none),
/// lists behind a 4-byte count. Every length is compared with what is left of the frame before anything is allocated,
/// so no byte string can crash, hang or over-allocate it: it either reads or throws <see cref="ZooKeeperProtocolException"/>.
/// </summary>
internal ref struct JuteReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly int Remaining => _rest.Length;

    public bool ReadBool() => Take(1)[0] != 0;

    public int ReadInt() => BinaryPrimitives.ReadInt32BigEndian(Take(4));

    public long ReadLong() => BinaryPrimitives.ReadInt64BigEndian(Take(8));

    public byte[] ReadBuffer()
    {
        int length = ReadInt();
        return length == -1 ? [] : Take(length).ToArray();
    }

    public string ReadString()
    {
        int length = ReadInt();
        return length == -1 ? "" : Encoding.UTF8.GetString(Take(length));
    }

    public string[] ReadStrings()
    {
        int count = ReadInt();
        if (count == -1) return [];

        // each string takes at least its own length, so a larger count cannot be true
        if (count < 0 || count > _rest.Length / 4)
            throw new ZooKeeperProtocolException($"a list of {count} strings is announced, {_rest.Length} bytes are left");

        var strings = new string[count];
        for (int i = 0; i < count; i++) strings[i] = ReadString();
        return strings;
    }

    public ZNodeStat ReadStat() => new(
        Czxid: ReadLong(),
        Mzxid: ReadLong(),
        CreatedMs: ReadLong(),
        ModifiedMs: ReadLong(),
        Version: ReadInt(),
        ChildrenVersion: ReadInt(),
        AclVersion: ReadInt(),
        EphemeralOwner: ReadLong(),
        DataLength: ReadInt(),
        ChildCount: ReadInt(),
        Pzxid: ReadLong());

    private ReadOnlySpan<byte> Take(int length)
    {
        if ((uint)length > (uint)_rest.Length)
            throw new ZooKeeperProtocolException($"{length} bytes are announced, {_rest.Length} are left");

        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}
