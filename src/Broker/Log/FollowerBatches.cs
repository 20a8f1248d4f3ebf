using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Broker.Log;

/// <summary>
/// What a follower demands of the batches its leader sent: format 2, whole, CRC right, offsets rising from the log end on. They are
/// then stored byte for byte. Pure.
/// </summary>
internal static class FollowerBatches
{
    /// <param name="Bytes">of all whole batches; a cut one at the end is left out</param>
    /// <param name="Epochs">each leader epoch that begins in the set, with the base offset of its first batch</param>
    public readonly record struct Checked(
        int Count, int Bytes, long FirstOffset, long LastOffset, long MaxTimestamp, List<(int Epoch, long Offset)> Epochs);

    public static Checked Check(ReadOnlySpan<byte> records, TopicPartition id, long logEndOffset)
    {
        var (count, bytes, first, next, maxTimestamp) = (0, 0, -1L, logEndOffset, -1L);
        var epochs = new List<(int Epoch, long Offset)>();
        while (records.Length - bytes >= RecordBatch.HeaderSize)
        {
            var batch = new RecordBatch(records[bytes..]);
            if (batch.Magic != RecordBatch.CurrentMagic || batch.Length < RecordBatch.HeaderSize)
                throw new LogAppendException(ErrorCode.CorruptMessage, $"The leader's data for {id} holds no batch of format 2 at byte {bytes}.");
            if (batch.Length > records.Length - bytes)
                break;
            if (batch.LastOffsetDelta < 0 || batch.BaseOffset < next)
                throw new LogAppendException(ErrorCode.OffsetOutOfRange,
                    $"The leader's data for {id} holds offsets {batch.BaseOffset} to {batch.LastOffset}, {next} was to follow.");
            if (!batch.CrcIsValid || batch.Compression > CompressionType.Zstd)
                throw new LogAppendException(ErrorCode.CorruptMessage, $"The CRC or codec of the leader's batch at {batch.BaseOffset} of {id} is wrong.");
            if (epochs is not [.., var latest] || latest.Epoch != batch.PartitionLeaderEpoch)
                epochs.Add((batch.PartitionLeaderEpoch, batch.BaseOffset));
            if (count == 0)
                first = batch.BaseOffset;
            maxTimestamp = Math.Max(maxTimestamp, batch.MaxTimestamp);
            next = batch.NextOffset;
            bytes += (int)batch.Length;
            count++;
        }
        return new Checked(count, bytes, first, next - 1, maxTimestamp, epochs);
    }
}
