using System.Buffers;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Broker.Log.Compaction;

/// <summary>
/// Walks the batches of a sealed segment through one pooled block: step, look at the header, and take the whole batch, CRC checked, where it
/// is needed. What is broken is an InvalidDataException, never rewritten. Owner: one caller; what it gave is valid until the next step.
/// </summary>
internal sealed class BatchWalk(LogSegment segment, int blockBytes) : IDisposable
{
    private readonly long _end = segment.Size;
    private byte[] _block = ArrayPool<byte>.Shared.Rent(Math.Max(blockBytes, RecordBatch.HeaderSize));
    private long _blockAt, _position;
    private int _blockLength, _length;

    /// <summary>Bytes read from the file so far.</summary>
    public long BytesRead { get; private set; }

    /// <summary>The batch the walk stands on is the last of the segment.</summary>
    public bool IsLast => _position + _length >= _end;

    /// <summary>Header of the batch the walk stands on.</summary>
    public RecordBatch Header => new(Bytes(RecordBatch.HeaderSize));

    /// <summary>Steps to the next batch; false at the end.</summary>
    public bool MoveNext()
    {
        _position += _length;
        _length = RecordBatch.HeaderSize;
        if (_position >= _end)
            return false;
        if (_end - _position < RecordBatch.HeaderSize)
            throw Broken($"only {_end - _position} bytes are left");
        var header = Header;
        if (header.Magic != RecordBatch.CurrentMagic || header.Length < RecordBatch.HeaderSize || header.Length > _end - _position || header.LastOffsetDelta < 0)
            throw Broken("there is no batch");
        _length = (int)header.Length;
        return true;
    }

    /// <summary>The whole batch the walk stands on.</summary>
    public ReadOnlyMemory<byte> Batch()
    {
        var batch = new RecordBatch(Bytes(_length));
        if (!batch.CrcIsValid)
            throw Broken($"the CRC of the batch at offset {batch.BaseOffset} is wrong");
        return _block.AsMemory((int)(_position - _blockAt), _length);
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_block);
        _block = [];
    }

    private ReadOnlySpan<byte> Bytes(int length)
    {
        if (_position < _blockAt || _position + length > _blockAt + _blockLength)
        {
            if (length > _block.Length)
            {
                ArrayPool<byte>.Shared.Return(_block);
                _block = [];
                _block = ArrayPool<byte>.Shared.Rent(length);
            }
            _blockAt = _position;
            _blockLength = segment.ReadAt(_block.AsSpan(0, (int)Math.Min(_block.Length, _end - _position)), _position);
            BytesRead += _blockLength;
            if (_blockLength < length)
                throw Broken("the file is shorter than it was");
        }
        return _block.AsSpan((int)(_position - _blockAt), length);
    }

    private InvalidDataException Broken(string what) => new($"{segment.PathOf(SegmentNames.Log)} cannot be read at byte {_position}: {what}.");
}
