namespace ClassicBroker.Clients.Protocol;

/// <summary>
/// What a message can say about its fields. A message describes itself once, in wire order, against this visitor;
/// <see cref="FieldReader"/> fills the fields from bytes, <see cref="FieldWriter"/> turns them into bytes, so the two cannot disagree.
/// </summary>
/// <remarks>
/// The visitor knows the version and whether it is flexible (KIP-482): flexible lengths are unsigned varints of length + 1 with 0 for null,
/// classic ones are int16 (strings) or int32 (bytes, arrays) with -1 for null. All integers are big-endian, a uuid is 16 big-endian bytes.
/// Implementations are structs: the JIT specialises <see cref="IMessage.Describe{F}"/> for each, which costs what hand-written code costs.
/// </remarks>
public interface IFields
{
    void Int8(ref sbyte value);
    void Int16(ref short value);
    void Int32(ref int value);
    void Int64(ref long value);
    void Float64(ref double value);
    void Bool(ref bool value);
    void Uuid(ref Guid value);
    /// <summary>An int16 error code. Codes without a name pass through unchanged.</summary>
    void Error(ref ErrorCode value);
    void String(ref string value);
    void NullableString(ref string? value);
    /// <summary>Opaque bytes. The reader copies them, because group metadata and the like outlive their frame.</summary>
    void Bytes(ref byte[] value);
    void NullableBytes(ref byte[]? value);
    /// <summary>Record batches, never copied: read, they are a slice of the frame; written, a reference in its segment list.</summary>
    void Records(ref Memory<byte>? value);
    void Struct<T>(ref T value) where T : class, IMessage, new();
    void Array<T>(ref List<T> value) where T : class, IMessage, new();
    void NullableArray<T>(ref List<T>? value) where T : class, IMessage, new();
    void Int32Array(ref List<int> value);
    void NullableInt32Array(ref List<int>? value);
    void Int64Array(ref List<long> value);
    void StringArray(ref List<string> value);
    void NullableStringArray(ref List<string>? value);

    /// <summary>
    /// Opens tagged field <paramref name="number"/>; when it answers true, the next calls describe its content. Tags come last in a
    /// message, ascending, and are closed by <see cref="Tags"/>. Always false in a version that is not flexible.
    /// </summary>
    /// <param name="present">Whether the field differs from its default and so must be written. Ignored by the reader.</param>
    bool Tag(int number, bool present);

    /// <summary>Ends a message or nested struct. Tagged fields that were not asked for are skipped by the reader.</summary>
    void Tags();
}
