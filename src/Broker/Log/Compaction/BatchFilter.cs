using System.Buffers;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Broker.Log.Compaction;

/// <summary>
/// Judges one batch after the other, in the order of the log, and writes what stays.
/// <list type="bullet">
/// <item>A record stays when no later one with its key is in the map; behind the end of the map all stay. A record without a key goes.</item>
/// <item>A tombstone that stays stamps its batch with a delete horizon, now + delete.retention.ms; when a later cleaning finds the horizon
/// passed, it goes. So does a marker, counted from the cleaning that found no batch of its transaction left.</item>
/// <item>Batches of aborted transactions go at once.</item>
/// <item>A batch from which all went is kept without records where its header is needed: the last one of a live producer, and the last one
/// of the new segment, which tells followers and recovery up to where the segment reaches.</item>
/// </list>
/// Owner: one cleaning. Source: cleanInto, shouldRetainRecord of core/…/kafka/log/LogCleaner.scala; KIP-534.
/// </summary>
internal sealed class BatchFilter(
    OffsetMap map, long mapEnd, TransactionFates fates, IReadOnlyDictionary<long, LastOfProducer> producers, LogOptions options, long nowMs,
    IBufferWriter<byte> output)
{
    private readonly RetainedBatch _retained = new();
    private readonly List<bool> _stays = [];

    public long RecordsRead { get; private set; }

    public long RecordsKept { get; private set; }

    /// <summary>Batches that did not stay as they were.</summary>
    public long BatchesChanged { get; private set; }

    /// <summary>Offsets of the markers that stayed, for the one who writes the transaction index and empties the list.</summary>
    public List<long> MarkersKept { get; } = [];

    /// <param name="bytes">one whole batch, verified</param>
    /// <param name="isLast">the last one that goes into the new segment</param>
    public void Take(ReadOnlyMemory<byte> bytes, bool isLast)
    {
        var batch = new RecordBatch(bytes.Span);
        var isLastOfProducer = IsLastOfProducer(in batch);
        if (batch.IsControl)
        {
            TakeMarker(in batch, isLast, isLastOfProducer);
            return;
        }
        var headerStays = isLast || isLastOfProducer;
        RecordsRead += batch.RecordCount;
        fates.Pass(in batch);
        if (fates.IsAborted(in batch))
            Empty(in batch, headerStays);
        else
            TakeRecords(in batch, BodyOf(bytes), headerStays);
    }

    // the marker that is all a live producer left tells its epoch, which only its record makes known again after a restart
    private void TakeMarker(in RecordBatch batch, bool isLast, bool isLastOfProducer)
    {
        var isSpent = fates.PassMarker(in batch);
        if (batch.RecordCount == 0 || (isSpent && batch.DeleteHorizonMs <= nowMs && !isLastOfProducer))
        {
            Empty(in batch, isLast);
            return;
        }
        MarkersKept.Add(batch.LastOffset);
        if (isSpent && batch.DeleteHorizonMs is null && batch.NextOffset <= mapEnd)
            Rewrite(in batch, BodyOf(batch.Bytes.ToArray()), Horizon);
        else
            output.Write(batch.Bytes);
    }

    private void TakeRecords(in RecordBatch batch, ReadOnlySpan<byte> body, bool headerStays)
    {
        var (kept, tombstones) = (0, false);
        _stays.Clear();
        for (var record = new RecordCursor(in batch, body); record.MoveNext();)
        {
            var offset = batch.BaseOffset + record.OffsetDelta;
            var stays = offset >= mapEnd || (record.HasKey && (record.HasValue || !(batch.DeleteHorizonMs <= nowMs)) && map.Get(record.Key) <= offset);
            _stays.Add(stays);
            kept += stays ? 1 : 0;
            tombstones |= stays && !record.HasValue && offset < mapEnd;
        }
        RecordsKept += kept;
        var needsHorizon = tombstones && batch.DeleteHorizonMs is null;
        if (kept == 0)
            Empty(in batch, headerStays);
        else if (kept == _stays.Count && !needsHorizon)
            output.Write(batch.Bytes);
        else
            Rewrite(in batch, body, needsHorizon ? Horizon : null);
    }

    private long Horizon => nowMs + options.DeleteRetentionMs;

    private void Rewrite(in RecordBatch batch, ReadOnlySpan<byte> body, long? newHorizon)
    {
        BatchesChanged++;
        _retained.Begin(newHorizon);
        for (var record = new RecordCursor(in batch, body); record.MoveNext();)
        {
            if (batch.IsControl || _stays[record.Index])
                _retained.Keep(in record);
        }
        _retained.WriteTo(output, in batch);
    }

    private void Empty(in RecordBatch batch, bool headerStays)
    {
        if (headerStays && batch.RecordCount == 0)
        {
            output.Write(batch.Bytes);
            return;
        }
        BatchesChanged++;
        if (headerStays)
            RetainedBatch.WriteEmptyTo(output, in batch);
    }

    private bool IsLastOfProducer(in RecordBatch batch) =>
        batch.HasProducerId && producers.TryGetValue(batch.ProducerId, out var last)
        && (last.LastDataOffset >= 0 ? batch.LastOffset == last.LastDataOffset : batch.IsControl && batch.ProducerEpoch == last.Epoch);

    private ReadOnlySpan<byte> BodyOf(ReadOnlyMemory<byte> batch)
    {
        var codec = new RecordBatch(batch.Span).Compression;
        var body = batch[RecordBatch.HeaderSize..];
        return codec == CompressionType.None ? body.Span : Compression.Decompress(codec, body, options.MaxDecompressedBytes);
    }
}
