using System.Buffers.Binary;
using System.Text;

namespace ClassicBroker.Clients.Protocol;

/// <summary>
/// Fills a message from the bytes of one frame. Whatever the bytes, it either succeeds or throws <see cref="ProtocolException"/>.
/// </summary>
/// <remarks>
/// Bounded by construction: every length and count is compared with the bytes that remain before anything is allocated for it, and lists
/// grow only as their elements really arrive, so memory is a small multiple of the frame. Invalid UTF-8 becomes U+FFFD, as in Kafka.
/// The tagged section of a struct is walked once to find its end; asked-for tags are then looked up in it, the others skipped.
/// </remarks>
public ref struct FieldReader : IFields
{
    /// <summary>First capacity of a list: a count is only a claim until its elements have been read.</summary>
    private const int FirstListCapacity = 32;

    private readonly Memory<byte> memory;
    private readonly ReadOnlySpan<byte> span;
    private readonly short version;
    private readonly bool flexible;
    private int position;
    private int end;
    private TagSection tags;

    public FieldReader(Memory<byte> bytes, short version, bool flexible)
    {
        memory = bytes;
        span = bytes.Span;
        end = bytes.Length;
        this.version = version;
        this.flexible = flexible;
    }

    /// <summary>Bytes read so far.</summary>
    public readonly int Position => position;

    /// <summary>Tagged fields that were present but not known to the message.</summary>
    public int SkippedTags { get; private set; }

    private readonly int Remaining => end - position;

    public void Int8(ref sbyte value) => value = (sbyte)Take(1, "int8")[0];
    public void Int16(ref short value) => value = BinaryPrimitives.ReadInt16BigEndian(Take(2, "int16"));
    public void Int32(ref int value) => value = BinaryPrimitives.ReadInt32BigEndian(Take(4, "int32"));
    public void Int64(ref long value) => value = BinaryPrimitives.ReadInt64BigEndian(Take(8, "int64"));
    public void Float64(ref double value) => value = BinaryPrimitives.ReadDoubleBigEndian(Take(8, "float64"));
    public void Bool(ref bool value) => value = Take(1, "bool")[0] != 0;
    public void Uuid(ref Guid value) => value = new Guid(Take(16, "uuid"), bigEndian: true);
    public void Error(ref ErrorCode value) => value = (ErrorCode)BinaryPrimitives.ReadInt16BigEndian(Take(2, "error code"));

    public void String(ref string value) => value = ReadString() ?? throw NullIn("string");
    public void NullableString(ref string? value) => value = ReadString();

    public void Bytes(ref byte[] value) => value = ReadBytes("bytes") is { } bytes ? bytes.ToArray() : throw NullIn("bytes");
    public void NullableBytes(ref byte[]? value) => value = ReadBytes("bytes")?.ToArray();
    public void Records(ref Memory<byte>? value) => value = ReadBytes("records");

    public void Struct<T>(ref T value) where T : class, IMessage, new() => value = ReadStruct<T>();

    public void Array<T>(ref List<T> value) where T : class, IMessage, new() => value = ReadArray(value) ?? throw NullIn("array");
    public void NullableArray<T>(ref List<T>? value) where T : class, IMessage, new() => value = ReadArray(value);

    public void Int32Array(ref List<int> value) => value = ReadInt32Array(value) ?? throw NullIn("int32 array");
    public void NullableInt32Array(ref List<int>? value) => value = ReadInt32Array(value);

    public void Int64Array(ref List<long> value)
    {
        int count = Count(8, "int64 array");
        if (count < 0) throw NullIn("int64 array");
        value = Emptied(value, count);
        for (int i = 0; i < count; i++) value.Add(BinaryPrimitives.ReadInt64BigEndian(Take(8, "int64")));
    }

    public void StringArray(ref List<string> value) => value = ReadStringArray(value) ?? throw NullIn("string array");
    public void NullableStringArray(ref List<string>? value) => value = ReadStringArray(value);

    public bool Tag(int number, bool present)
    {
        if (!flexible) return false;
        CloseTag();
        EnterTags();
        if (tags.Count == 0) return false;
        position = tags.Start;
        for (int i = 0; i < tags.Count; i++)
        {
            uint tag = UnsignedVarint("tag number");
            int size = (int)UnsignedVarint("tag size");
            if (tag == (uint)number)
            {
                tags.Open = true;
                tags.Known++;
                tags.OuterEnd = end;
                end = position + size;
                return true;
            }
            position += size;
        }
        return false;
    }

    public void Tags()
    {
        if (!flexible) return;
        CloseTag();
        EnterTags();
        position = tags.End;
        SkippedTags += tags.Count - tags.Known;
        tags = default;
    }

    private void EnterTags()
    {
        if (tags.Entered) return;
        uint count = UnsignedVarint("tag count");
        // A tagged field takes two bytes at least: its number and its size.
        if (count > (uint)Remaining / 2) throw Beyond("tag count", count);
        tags.Start = position;
        for (uint i = 0; i < count; i++)
        {
            UnsignedVarint("tag number");
            uint size = UnsignedVarint("tag size");
            if (size > (uint)Remaining) throw Beyond("tag size", size);
            position += (int)size;
        }
        tags.Entered = true;
        tags.Count = (int)count;
        tags.End = position;
    }

    private void CloseTag()
    {
        if (!tags.Open) return;
        if (position != end) throw new ProtocolException($"tagged field has {end - position} bytes more than its content");
        end = tags.OuterEnd;
        tags.Open = false;
    }

    private T ReadStruct<T>() where T : class, IMessage, new()
    {
        TagSection outer = tags;
        tags = default;
        var value = new T();
        value.Describe(ref this, version);
        tags = outer;
        return value;
    }

    private List<T>? ReadArray<T>(List<T>? given) where T : class, IMessage, new()
    {
        int count = Count(1, "array");
        if (count < 0) return null;
        List<T> list = Emptied(given, Math.Min(count, FirstListCapacity));
        for (int i = 0; i < count; i++) list.Add(ReadStruct<T>());
        return list;
    }

    private List<int>? ReadInt32Array(List<int>? given)
    {
        int count = Count(4, "int32 array");
        if (count < 0) return null;
        List<int> list = Emptied(given, count);
        for (int i = 0; i < count; i++) list.Add(BinaryPrimitives.ReadInt32BigEndian(Take(4, "int32")));
        return list;
    }

    private List<string>? ReadStringArray(List<string>? given)
    {
        int count = Count(flexible ? 1 : 2, "string array");
        if (count < 0) return null;
        List<string> list = Emptied(given, Math.Min(count, FirstListCapacity));
        for (int i = 0; i < count; i++) list.Add(ReadString() ?? throw NullIn("string"));
        return list;
    }

    /// <summary>The empty list a new message comes with is filled rather than replaced: one allocation less per array.</summary>
    private static List<T> Emptied<T>(List<T>? given, int capacity)
    {
        if (given is null) return new List<T>(capacity);
        given.Clear();
        // Capacity takes the number as it is; EnsureCapacity would round one element up to four.
        if (given.Capacity < capacity) given.Capacity = capacity;
        return given;
    }

    private string? ReadString()
    {
        int length = flexible ? CompactLength("string") : BinaryPrimitives.ReadInt16BigEndian(Take(2, "string length"));
        if (length < -1) throw new ProtocolException($"string length {length} is negative");
        return length < 0 ? null : Encoding.UTF8.GetString(Take(length, "string"));
    }

    private Memory<byte>? ReadBytes(string kind)
    {
        int length = flexible ? CompactLength(kind) : BinaryPrimitives.ReadInt32BigEndian(Take(4, kind));
        if (length < -1) throw new ProtocolException($"{kind} length {length} is negative");
        if (length < 0) return null;
        int start = position;
        Take(length, kind);
        return memory.Slice(start, length);
    }

    private int Count(int leastElementBytes, string kind)
    {
        int count = flexible ? CompactLength(kind) : BinaryPrimitives.ReadInt32BigEndian(Take(4, kind));
        if (count < -1) throw new ProtocolException($"{kind} count {count} is negative");
        if (count > Remaining / leastElementBytes) throw Beyond(kind + " count", count);
        return count;
    }

    /// <summary>Length + 1 as unsigned varint; -1 means null.</summary>
    private int CompactLength(string kind)
    {
        uint raw = UnsignedVarint(kind);
        return raw > int.MaxValue ? throw Beyond(kind + " length", raw) : (int)raw - 1;
    }

    private uint UnsignedVarint(string kind)
    {
        uint value = 0;
        for (int shift = 0; shift < 35; shift += 7)
        {
            byte next = Take(1, kind)[0];
            if (shift == 28 && next > 0x0F) break;
            value |= (uint)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }
        throw new ProtocolException($"{kind}: unsigned varint does not fit 32 bits");
    }

    private ReadOnlySpan<byte> Take(int count, string kind)
    {
        if ((uint)count > (uint)(end - position)) throw Beyond(kind, count);
        ReadOnlySpan<byte> taken = span.Slice(position, count);
        position += count;
        return taken;
    }

    private readonly ProtocolException Beyond(string kind, long value) =>
        new($"{kind} of {value} at byte {position} goes beyond the {Remaining} bytes that remain");

    private readonly ProtocolException NullIn(string kind) => new($"null {kind} at byte {position} where the field may not be null");

    /// <summary>Where the tagged fields of the struct being read are; default until its first tag is asked for.</summary>
    private struct TagSection
    {
        public bool Entered;
        public bool Open;
        public int Start;
        public int End;
        public int Count;
        public int Known;
        public int OuterEnd;
    }
}
