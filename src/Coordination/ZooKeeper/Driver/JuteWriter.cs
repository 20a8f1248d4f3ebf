using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace ClassicBroker.Coordination.ZooKeeper.Driver;

/// <summary>Writes jute (see <see cref="JuteReader"/>) into one growing array. Owner: the caller that builds one frame with it.</summary>
internal sealed class JuteWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new(256);

    public int Length => _bytes.WrittenCount;

    public void Bool(bool value)
    {
        _bytes.GetSpan(1)[0] = value ? (byte)1 : (byte)0;
        _bytes.Advance(1);
    }

    public void Int(int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(_bytes.GetSpan(4), value);
        _bytes.Advance(4);
    }

    public void Long(long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(_bytes.GetSpan(8), value);
        _bytes.Advance(8);
    }

    public void Buffer(ReadOnlySpan<byte> value)
    {
        Int(value.Length);
        _bytes.Write(value);
    }

    public void String(string value)
    {
        int length = Encoding.UTF8.GetByteCount(value);
        Int(length);
        Encoding.UTF8.GetBytes(value, _bytes.GetSpan(length));
        _bytes.Advance(length);
    }

    public void Strings(IReadOnlyCollection<string> values)
    {
        Int(values.Count);
        foreach (string value in values) String(value);
    }

    /// <summary>The bytes so far, with their own count (less these four) put in the first four.</summary>
    public byte[] ToFrame()
    {
        byte[] frame = _bytes.WrittenSpan.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length - 4);
        return frame;
    }
}
