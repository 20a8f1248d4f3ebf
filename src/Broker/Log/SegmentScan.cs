using System.Buffers;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Broker.Log;

/// <summary>
/// Walks a segment batch by batch from a position, reading ahead in one growing block, and stops at the first place that holds no
/// valid batch. Recovery asks for the CRC too, and lets the walk rebuild the indexes.
/// </summary>
internal sealed class SegmentScan(LogSegment segment) : IDisposable
{
    // large enough that a scan is a few large reads, small enough to hold one per recovery thread
    private const int Block = 256 * 1024;

    // a walk by headers alone skips what lies between them where batches are large
    private const int HeadersAhead = 4096;

    private int _ahead = Block;
    private byte[] _block = ArrayPool<byte>.Shared.Rent(Block);
    private long _blockAt;
    private int _blockLength;

    /// <summary>What a walk found.</summary>
    /// <param name="EndPosition">where the last valid batch ends</param>
    /// <param name="NextOffset">the offset after it; the given one when there was none</param>
    /// <param name="Batches">valid batches</param>
    /// <param name="Flaw">why the walk stopped before the end of the file; null at the end</param>
    public readonly record struct Result(long EndPosition, long NextOffset, int Batches, string? Flaw);

    /// <summary>Sees each valid batch.</summary>
    public delegate void Visitor(in RecordBatch batch, long position);

    /// <param name="position">where a batch begins</param>
    /// <param name="nextOffset">no batch may begin below it</param>
    /// <param name="verifyCrc">false trusts the bytes, checking only that lengths and offsets fit</param>
    /// <param name="visit">sees every batch that passed</param>
    public Result Run(long position, long nextOffset, bool verifyCrc, Visitor? visit)
    {
        var end = segment.Size;
        var batches = 0;
        _ahead = verifyCrc ? Block : HeadersAhead;
        while (position < end)
        {
            var flaw = Check(position, end, nextOffset, verifyCrc, out var batch);
            if (flaw is not null)
                return new Result(position, nextOffset, batches, flaw);
            visit?.Invoke(in batch, position);
            nextOffset = batch.NextOffset;
            position += batch.Length;
            batches++;
        }
        return new Result(position, nextOffset, batches, null);
    }

    private string? Check(long position, long end, long nextOffset, bool verifyCrc, out RecordBatch batch)
    {
        batch = default;
        if (end - position < RecordBatch.HeaderSize)
            return $"only {end - position} bytes are left";
        batch = new RecordBatch(Bytes(position, RecordBatch.HeaderSize));
        if (batch.Magic != RecordBatch.CurrentMagic)
            return $"magic is {batch.Magic}";
        if (batch.Length < RecordBatch.HeaderSize || batch.Length > end - position)
            return $"a batch of {batch.Length} bytes is announced, {end - position} are left";
        if (batch.LastOffsetDelta < 0 || batch.BaseOffset < nextOffset || !segment.CanHold(batch.LastOffset))
            return $"offsets {batch.BaseOffset} to {batch.LastOffset} do not follow {nextOffset}";
        // markers are small, and what they say is in their record
        if (!verifyCrc && !batch.IsControl)
            return null;
        batch = new RecordBatch(Bytes(position, (int)batch.Length));
        return !verifyCrc || batch.CrcIsValid ? null : $"the CRC of the batch at offset {batch.BaseOffset} is wrong";
    }

    private ReadOnlySpan<byte> Bytes(long position, int length)
    {
        if (position < _blockAt || position + length > _blockAt + _blockLength)
            Fill(position, length);
        return _block.AsSpan((int)(position - _blockAt), length);
    }

    // What is left of the block moves to its front, so a walk reads each byte once.
    private void Fill(long position, int length)
    {
        var kept = position < _blockAt ? 0 : (int)Math.Max(0, _blockAt + _blockLength - position);
        var wanted = (int)Math.Max(length, Math.Min(_ahead, segment.Size - position));
        var target = wanted <= _block.Length ? _block : ArrayPool<byte>.Shared.Rent(wanted);
        _block.AsSpan(_blockLength - kept, kept).CopyTo(target);
        if (!ReferenceEquals(target, _block))
            ArrayPool<byte>.Shared.Return(_block);
        _block = target;
        _blockAt = position;
        _blockLength = kept + segment.ReadAt(_block.AsSpan(kept, wanted - kept), position + kept);
        if (_blockLength < length)
            throw new IOException($"{segment.PathOf(SegmentNames.Log)} is shorter than it was.");
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_block);
}
