using System.Buffers.Binary;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Broker.Log;

/// <summary>The fields of a batch header that walking a segment needs, copied out of the read block.</summary>
internal readonly record struct BatchHead(long BaseOffset, long Length, byte Magic, int LeaderEpoch, int LastOffsetDelta, long MaxTimestamp)
{
    public long LastOffset => BaseOffset + LastOffsetDelta;

    public long NextOffset => LastOffset + 1;

    /// <summary>Length, magic and offsets are such as a batch can have; says nothing about the CRC.</summary>
    public bool IsSane => Magic == RecordBatch.CurrentMagic && Length >= RecordBatch.HeaderSize && LastOffsetDelta >= 0 && BaseOffset >= 0;

    public static BatchHead Read(ReadOnlySpan<byte> header)
    {
        var batch = new RecordBatch(header);
        return new BatchHead(batch.BaseOffset, batch.Length, batch.Magic, batch.PartitionLeaderEpoch, batch.LastOffsetDelta, batch.MaxTimestamp);
    }
}
