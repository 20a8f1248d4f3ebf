namespace ClassicBroker.Clients.Records;

/// <summary>
/// Walks the records of one decompressed batch without making objects: what a broker must know to judge a batch (are the records
/// well formed, do they have keys, what is the largest timestamp), and what compaction asks: key, tombstone or not, the bytes themselves.
/// </summary>
public ref struct RecordCursor
{
    private readonly ReadOnlySpan<byte> _body;
    private readonly int _count;
    private readonly long _baseTimestamp;
    private int _position, _recordAt, _afterTimestampAt, _keyAt, _keyLength;

    /// <param name="batch">the batch, for its count and base timestamp</param>
    /// <param name="body">its records, decompressed</param>
    public RecordCursor(in RecordBatch batch, ReadOnlySpan<byte> body)
    {
        _body = body;
        (_count, _baseTimestamp, Index) = (batch.RecordCount, batch.BaseTimestamp, -1);
    }

    /// <summary>Number of the current record in the batch, from 0.</summary>
    public int Index { get; private set; }

    /// <summary>The producer's timestamp, also where the batch is stamped on append.</summary>
    public long TimestampMs { get; private set; }

    public int OffsetDelta { get; private set; }

    public bool HasKey { get; private set; }

    /// <summary>False: a tombstone.</summary>
    public bool HasValue { get; private set; }

    /// <summary>Empty where there is none.</summary>
    public readonly ReadOnlySpan<byte> Key => HasKey ? _body.Slice(_keyAt, _keyLength) : default;

    /// <summary>The whole record, its length field included.</summary>
    public readonly ReadOnlySpan<byte> Bytes => _body[_recordAt.._position];

    /// <summary>The record from the offset delta on: what stays when the base timestamp changes.</summary>
    internal readonly ReadOnlySpan<byte> AfterTimestamp => _body[_afterTimestampAt.._position];

    /// <summary>Moves to the next record; false after the last. InvalidRecordsException when the bytes are no records.</summary>
    public bool MoveNext()
    {
        if (Index + 1 >= _count)
        {
            if (_position != _body.Length)
                throw new InvalidRecordsException($"{_body.Length - _position} bytes are left behind the {_count} records of a batch.");
            return false;
        }
        Index++;
        _recordAt = _position;
        var size = Varint.ReadInt32(_body, ref _position);
        var end = (long)_position + size;
        if (size <= 0 || end > _body.Length)
            throw new InvalidRecordsException($"Record {Index} announces {size} bytes, {_body.Length - _position} are left.");
        _position++; // attributes
        TimestampMs = _baseTimestamp + Varint.ReadInt64(_body, ref _position);
        _afterTimestampAt = _position;
        OffsetDelta = Varint.ReadInt32(_body, ref _position);
        _keyLength = Skip();
        _keyAt = _position - _keyLength;
        HasKey = _keyLength >= 0;
        HasValue = Skip() >= 0;
        SkipHeaders();
        if (_position != end)
            throw new InvalidRecordsException($"Record {Index} announces {size} bytes and takes {_position - end + size}.");
        return true;
    }

    private void SkipHeaders()
    {
        var count = Varint.ReadInt32(_body, ref _position);
        if (count < 0 || count > _body.Length - _position)
            throw new InvalidRecordsException($"Record {Index} announces {count} headers.");
        for (var i = 0; i < count; i++)
        {
            if (Skip() < 0)
                throw new InvalidRecordsException($"Record {Index} has a header without a key.");
            Skip();
        }
    }

    private int Skip()
    {
        var length = Varint.ReadInt32(_body, ref _position);
        if (length < -1 || length > _body.Length - _position)
            throw new InvalidRecordsException($"Record {Index} announces a field of {length} bytes, {_body.Length - _position} are left.");
        _position += Math.Max(0, length);
        return length;
    }
}
