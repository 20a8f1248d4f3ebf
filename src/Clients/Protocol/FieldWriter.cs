using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace ClassicBroker.Clients.Protocol;

/// <summary>
/// Writes a message into a <see cref="FrameBuilder"/>. Throws <see cref="ProtocolException"/> for what the wire cannot carry: null where
/// the version has no null, a classic string above 32,767 bytes.
/// </summary>
/// <remarks>
/// A tagged field is preceded by its size, so it is written aside and copied in behind its size when the struct ends. Tagged fields are
/// rare and small, and structs without any pay one zero byte and nothing else.
/// </remarks>
public struct FieldWriter : IFields
{
    private readonly short version;
    private readonly bool flexible;
    private FrameBuilder target;
    private TagSection tags;

    public FieldWriter(FrameBuilder target, short version, bool flexible)
    {
        this.target = target;
        this.version = version;
        this.flexible = flexible;
    }

    public void Int8(ref sbyte value) => target.Take(1)[0] = (byte)value;
    public void Int16(ref short value) => BinaryPrimitives.WriteInt16BigEndian(target.Take(2), value);
    public void Int32(ref int value) => BinaryPrimitives.WriteInt32BigEndian(target.Take(4), value);
    public void Int64(ref long value) => BinaryPrimitives.WriteInt64BigEndian(target.Take(8), value);
    public void Float64(ref double value) => BinaryPrimitives.WriteDoubleBigEndian(target.Take(8), value);
    public void Bool(ref bool value) => target.Take(1)[0] = value ? (byte)1 : (byte)0;
    public void Uuid(ref Guid value) => value.TryWriteBytes(target.Take(16), bigEndian: true, out _);
    public void Error(ref ErrorCode value) => BinaryPrimitives.WriteInt16BigEndian(target.Take(2), (short)value);

    public void String(ref string value) => WriteString(value ?? throw NullIn("string"));

    public void NullableString(ref string? value)
    {
        if (value is not null) WriteString(value);
        else if (flexible) UnsignedVarint(0);
        else BinaryPrimitives.WriteInt16BigEndian(target.Take(2), -1);
    }

    public void Bytes(ref byte[] value)
    {
        WriteLength((value ?? throw NullIn("bytes")).Length);
        target.Write(value);
    }

    public void NullableBytes(ref byte[]? value)
    {
        WriteLength(value?.Length ?? -1);
        if (value is not null) target.Write(value);
    }

    public void Records(ref Memory<byte>? value)
    {
        WriteLength(value?.Length ?? -1);
        if (value is { } records) target.WriteReference(records);
    }

    public void Struct<T>(ref T value) where T : class, IMessage, new() => WriteStruct(value ?? throw NullIn("struct"));

    public void Array<T>(ref List<T> value) where T : class, IMessage, new()
    {
        WriteLength((value ?? throw NullIn("array")).Count);
        foreach (T element in value) WriteStruct(element);
    }

    public void NullableArray<T>(ref List<T>? value) where T : class, IMessage, new()
    {
        if (value is null) WriteLength(-1);
        else Array(ref value);
    }

    public void Int32Array(ref List<int> value)
    {
        WriteLength((value ?? throw NullIn("int32 array")).Count);
        foreach (int element in value) BinaryPrimitives.WriteInt32BigEndian(target.Take(4), element);
    }

    public void NullableInt32Array(ref List<int>? value)
    {
        if (value is null) WriteLength(-1);
        else Int32Array(ref value);
    }

    public void Int64Array(ref List<long> value)
    {
        WriteLength((value ?? throw NullIn("int64 array")).Count);
        foreach (long element in value) BinaryPrimitives.WriteInt64BigEndian(target.Take(8), element);
    }

    public void StringArray(ref List<string> value)
    {
        WriteLength((value ?? throw NullIn("string array")).Count);
        foreach (string element in value) WriteString(element ?? throw NullIn("string"));
    }

    public void NullableStringArray(ref List<string>? value)
    {
        if (value is null) WriteLength(-1);
        else StringArray(ref value);
    }

    public bool Tag(int number, bool present)
    {
        if (!flexible || !present) return false;
        tags.Struct ??= target;
        tags.Written ??= [];
        target = new FrameBuilder();
        tags.Written.Add((number, target));
        return true;
    }

    public void Tags()
    {
        if (!flexible) return;
        if (tags.Written is not { } written)
        {
            target.Take(1)[0] = 0;
            return;
        }
        target = tags.Struct!;
        tags = default;
        UnsignedVarint((uint)written.Count);
        foreach ((int number, FrameBuilder content) in written)
        {
            UnsignedVarint((uint)number);
            UnsignedVarint((uint)content.Length);
            foreach (ReadOnlyMemory<byte> segment in content.Segments) target.Write(segment.Span);
            content.Dispose();
        }
    }

    private void WriteStruct<T>(T value) where T : class, IMessage, new()
    {
        TagSection outer = tags;
        tags = default;
        value.Describe(ref this, version);
        tags = outer;
    }

    private void WriteString(string value)
    {
        int length = Encoding.UTF8.GetByteCount(value);
        if (flexible) UnsignedVarint((uint)length + 1);
        else if (length > short.MaxValue) throw new ProtocolException($"string of {length} bytes is longer than {short.MaxValue}");
        else BinaryPrimitives.WriteInt16BigEndian(target.Take(2), (short)length);
        Encoding.UTF8.GetBytes(value, target.Take(length));
    }

    /// <summary>Length of bytes or count of an array; -1 is null.</summary>
    private void WriteLength(int length)
    {
        if (flexible) UnsignedVarint((uint)(length + 1));
        else BinaryPrimitives.WriteInt32BigEndian(target.Take(4), length);
    }

    private void UnsignedVarint(uint value)
    {
        int size = value == 0 ? 1 : (BitOperations.Log2(value) / 7) + 1;
        Span<byte> bytes = target.Take(size);
        for (int i = 0; i < size - 1; i++)
        {
            bytes[i] = (byte)(value | 0x80);
            value >>= 7;
        }
        bytes[size - 1] = (byte)value;
    }

    private static ProtocolException NullIn(string kind) => new($"null {kind} where the version has no null");

    /// <summary>Tagged fields of the struct being written, each in a builder of its own, and the builder of the struct itself.</summary>
    private struct TagSection
    {
        public FrameBuilder? Struct;
        public List<(int Number, FrameBuilder Content)>? Written;
    }
}
