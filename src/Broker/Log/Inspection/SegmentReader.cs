using System.Buffers;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Broker.Log.Inspection;

/// <summary>
/// Reads the batches of one segment file in order, in large reads, each byte once. Bytes that come to the file after it was opened
/// are not seen, so a broker may go on writing to it. A batch is valid until the next is asked for. Owner: one caller.
/// </summary>
internal sealed class SegmentReader : IDisposable
{
    // fits the second-level cache, where the CRC then finds it
    private const int Block = 512 * 1024;

    private readonly ISegmentFile _file;
    private byte[] _block = ArrayPool<byte>.Shared.Rent(Block);
    private long _blockAt;
    private int _blockLength;

    public SegmentReader(ILogFiles files, string path)
    {
        _file = files.OpenToRead(path);
        Length = _file.Length;
    }

    /// <summary>Bytes in the file when it was opened.</summary>
    public long Length { get; }

    /// <summary>Where the current batch begins.</summary>
    public long Position { get; private set; }

    /// <summary>Where the next batch is to begin.</summary>
    public long Next { get; private set; }

    /// <summary>Why there is no batch at <see cref="Next"/>; null at the end of the file.</summary>
    public string? Stop { get; private set; }

    /// <summary>What stopped the walk may be no more than an unfinished append: the file ends inside of the batch, or zeros follow.</summary>
    public bool StopIsTail { get; private set; }

    /// <summary>Goes to the next batch, whole and with a sane header; its CRC is not looked at.</summary>
    public bool TryNext(out RecordBatch batch)
    {
        batch = default;
        var left = Length - Next;
        if (left == 0)
            return false;
        if (left < RecordBatch.HeaderSize)
            return Stops($"{left} bytes are no batch", isTail: true);
        var head = BatchHead.Read(Bytes(Next, RecordBatch.HeaderSize));
        if (head.Magic != RecordBatch.CurrentMagic)
            return Stops($"magic is {head.Magic}, not {RecordBatch.CurrentMagic}", isTail: IsZero(Next));
        if (!head.IsSane)
            return Stops($"the header is senseless (length {head.Length}, offsets {head.BaseOffset} to {head.LastOffset})", isTail: false);
        if (head.Length > left)
            return Stops($"a batch of {head.Length} bytes is announced, {left} are left", isTail: true);
        batch = new RecordBatch(Bytes(Next, (int)head.Length));
        Position = Next;
        Next += head.Length;
        return true;
    }

    /// <summary>The bytes of the batch <see cref="TryNext"/> gave last.</summary>
    public ReadOnlyMemory<byte> Current => _block.AsMemory((int)(Position - _blockAt), (int)(Next - Position));

    /// <summary>Goes on at a later position after a stop; false when no sane batch begins there.</summary>
    public bool TrySkipTo(long position)
    {
        if (position + RecordBatch.HeaderSize > Length || !BatchHead.Read(Bytes(position, RecordBatch.HeaderSize)).IsSane)
            return false;
        (Next, Stop, StopIsTail) = (position, null, false);
        return true;
    }

    public void Dispose()
    {
        _file.Dispose();
        ArrayPool<byte>.Shared.Return(_block);
    }

    private bool Stops(string why, bool isTail)
    {
        (Stop, StopIsTail) = (why, isTail);
        return false;
    }

    private bool IsZero(long position)
    {
        for (var at = position; at < Length;)
        {
            var some = Bytes(at, (int)Math.Min(Length - at, 4096));
            if (some.IndexOfAnyExcept((byte)0) >= 0)
                return false;
            at += some.Length;
        }
        return true;
    }

    // What is left of the block is moved to its front, so that no byte is read twice.
    private ReadOnlySpan<byte> Bytes(long position, int length)
    {
        if (position >= _blockAt && position + length <= _blockAt + _blockLength)
            return _block.AsSpan((int)(position - _blockAt), length);
        var kept = position >= _blockAt && position < _blockAt + _blockLength ? _block.AsSpan((int)(position - _blockAt), (int)(_blockAt + _blockLength - position)) : [];
        var target = _block;
        if (length > target.Length)
            target = ArrayPool<byte>.Shared.Rent(length);
        kept.CopyTo(target);
        if (!ReferenceEquals(target, _block))
        {
            ArrayPool<byte>.Shared.Return(_block);
            _block = target;
        }
        var wanted = (int)Math.Min(_block.Length - kept.Length, Length - position - kept.Length);
        _blockLength = kept.Length + _file.ReadAt(_block.AsSpan(kept.Length, wanted), position + kept.Length);
        _blockAt = position;
        return _blockLength >= length ? _block.AsSpan(0, length) : throw new IOException($"The file became shorter while it was read (byte {position}).");
    }
}
