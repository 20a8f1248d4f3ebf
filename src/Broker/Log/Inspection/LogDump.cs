using System.Buffers.Binary;
using System.Text;
using ClassicBroker.Broker.Log.Compaction;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Broker.Log.Inspection;

/// <summary>
/// Shows what is in the files of a log, in the words of Kafka's own dump tool, so that what people know how to read (and their scripts)
/// stays. Reads only and a batch at a time. Holds no state.
/// </summary>
public sealed class LogDump(ILogFiles files)
{
    private static readonly string[] Texts = [CheckpointFile.RecoveryPoint, CheckpointFile.HighWatermark, CheckpointFile.LogStart, CleanerOffsets.FileName,
        LeaderEpochCache.FileName, MetaPropertiesFile.FileName, PartitionMetadataFile.FileName, CleanShutdownMark.FileName];

    private static readonly string[] Binaries = [SegmentNames.Log, SegmentNames.Index, SegmentNames.TimeIndex, SegmentNames.TransactionIndex, SegmentNames.Snapshot];

    private const int DeleteHorizon = 0x40; // bit 6 of the attributes: the base timestamp is one

    /// <summary>
    /// The files a path stands for, in order: itself, those of a partition directory, or those of one of log.dirs with its partitions'.
    /// </summary>
    /// <exception cref="FileNotFoundException">there is nothing there</exception>
    public IReadOnlyList<string> FilesOf(string path)
    {
        if (files.FileExists(path))
            return [path];
        if (!files.DirectoryExists(path))
            throw new FileNotFoundException($"There is no file or directory {path}.");
        var found = files.ListFiles(path).Where(IsKnown).Order(StringComparer.Ordinal).Select(n => Path.Combine(path, n)).ToList();
        if (!new LogVerify(files).IsPartition(path))
            found.AddRange(LogVerify.Partitions(files, path).SelectMany(p => FilesOf(p.Path)));
        return found;
    }

    /// <summary>The lines of one file. A file that this tool does not know is InvalidDataException.</summary>
    /// <param name="path">of the file</param>
    /// <param name="records">the records of batches too, decompressed</param>
    /// <param name="data">their keys and values too</param>
    public IEnumerable<DumpLine> Lines(string path, bool records, bool data)
    {
        var name = Path.GetFileName(path);
        return Path.GetExtension(name) switch
        {
            _ when Texts.Contains(name) => TextLines(path),
            SegmentNames.Log => Batches(path, records || data, data),
            SegmentNames.Index => IndexEntries.Offsets(files.ReadAllBytes(path)).Select(e => Line(("offset", BaseOf(name) + e.RelativeOffset), ("position", e.Position))),
            SegmentNames.TimeIndex => IndexEntries.Times(files.ReadAllBytes(path)).Select(e => Line(("timestamp", e.Timestamp), ("offset", BaseOf(name) + e.RelativeOffset))),
            SegmentNames.TransactionIndex => IndexEntries.Aborted(files.ReadAllBytes(path)).Select(e => Line(("version", e.Version), ("producerId", e.ProducerId),
                ("firstOffset", e.FirstOffset), ("lastOffset", e.LastOffset), ("lastStableOffset", e.LastStableOffset))),
            SegmentNames.Snapshot => Snapshot(path),
            _ => throw new InvalidDataException($"{path} is no file of a log: known are {string.Join(" ", Binaries)} and {string.Join(", ", Texts)}."),
        };
    }

    private static bool IsKnown(string name) => Texts.Contains(name) || (Binaries.Contains(Path.GetExtension(name)) && char.IsAsciiDigit(name[0]));

    private IEnumerable<DumpLine> TextLines(string path) =>
        Encoding.UTF8.GetString(files.ReadAllBytes(path)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => Line(("line", l.TrimEnd('\r'))));

    private IEnumerable<DumpLine> Snapshot(string path)
    {
        var producers = IndexEntries.Snapshot(files.ReadAllBytes(path), out var flaw);
        if (flaw is not null)
            yield return Line(("flaw", flaw));
        foreach (var p in producers)
        {
            var state = Line(("producerId", p.ProducerId), ("producerEpoch", p.Epoch), ("coordinatorEpoch", p.CoordinatorEpoch),
                ("currentTxnFirstOffset", p.TransactionFirstOffset < 0 ? "none" : p.TransactionFirstOffset), ("lastTimestamp", p.Timestamp));
            // a producer of which only a marker is known has no last batch
            yield return p.LastOffset < 0 ? state : new DumpLine([.. state.Fields, .. LastBatch(p).Fields]);
        }
    }

    private static DumpLine LastBatch(IndexEntries.ProducerLine p) => Line(
        ("firstSequence", p.LastSequence < 0 ? -1 : (int)(((long)p.LastSequence - p.OffsetDelta) & int.MaxValue)), ("lastSequence", p.LastSequence),
        ("lastOffset", p.LastOffset), ("offsetDelta", p.OffsetDelta), ("timestamp", p.Timestamp));

    private IEnumerable<DumpLine> Batches(string path, bool records, bool data)
    {
        using var reader = new SegmentReader(files, path);
        while (true)
        {
            if (!reader.TryNext(out var batch))
                break;
            yield return BatchLine(in batch, reader.Position);
            if (!records)
                continue;
            foreach (var line in RecordLines(reader.Current, data))
                yield return line;
        }
        if (reader.Stop is not null)
            yield return Line(("flaw", $"at byte {reader.Next} of {reader.Length}: {reader.Stop}"));
    }

    private static DumpLine BatchLine(in RecordBatch batch, long position) => Line(
        ("baseOffset", batch.BaseOffset), ("lastOffset", batch.LastOffset), ("count", batch.RecordCount), ("baseSequence", batch.BaseSequence),
        ("lastSequence", batch.LastSequence), ("producerId", batch.ProducerId), ("producerEpoch", batch.ProducerEpoch),
        ("partitionLeaderEpoch", batch.PartitionLeaderEpoch), ("isTransactional", batch.IsTransactional), ("isControl", batch.IsControl),
        ("deleteHorizonMs", (batch.Attributes & DeleteHorizon) == 0 ? "none" : batch.BaseTimestamp), ("position", position),
        (TimeName(in batch), batch.MaxTimestamp), ("size", batch.Length), ("magic", batch.Magic), ("compresscodec", batch.Compression.ToString().ToLowerInvariant()),
        ("crc", batch.Crc), ("isvalid", batch.CrcIsValid));

    private static IEnumerable<DumpLine> RecordLines(ReadOnlyMemory<byte> bytes, bool data)
    {
        var batch = new RecordBatch(bytes.Span);
        var (isControl, time) = (batch.IsControl, TimeName(in batch));
        IReadOnlyList<Record> records;
        try
        {
            records = RecordBatchReader.Read(bytes);
        }
        catch (InvalidRecordsException e)
        {
            return [Line(("flaw", e.Message)) with { IsRecord = true }];
        }
        return records.Select(record =>
        {
            var fields = new List<(string, object?)>
            {
                ("offset", record.Offset), (time, record.TimestampMs), ("keySize", record.Key?.Length ?? -1), ("valueSize", record.Value?.Length ?? -1),
                ("sequence", record.Sequence), ("headerKeys", record.Headers.Select(h => h.Key).ToArray()),
            };
            if (isControl)
                fields.AddRange(Marker(record));
            else if (data)
                fields.AddRange(Data(record));
            return Line([.. fields]) with { IsRecord = true };
        });
    }

    private static IEnumerable<(string, object?)> Data(Record record)
    {
        if (record.Key is { } key)
            yield return ("key", Encoding.UTF8.GetString(key.Span));
        if (record.Value is { } value)
            yield return ("payload", Encoding.UTF8.GetString(value.Span));
    }

    // key: int16 version, int16 type; value: int16 version, int32 coordinator epoch
    private static IEnumerable<(string, object?)> Marker(Record record)
    {
        if (record.Key is not { Length: >= 4 } key)
            yield break;
        var type = BinaryPrimitives.ReadInt16BigEndian(key.Span[2..]);
        if (type is not (0 or 1))
        {
            yield return ("controlType", type);
            yield break;
        }
        yield return ("endTxnMarker", type == 0 ? "ABORT" : "COMMIT");
        if (record.Value is { Length: >= 6 } value)
            yield return ("coordinatorEpoch", BinaryPrimitives.ReadInt32BigEndian(value.Span[2..]));
    }

    private static string TimeName(in RecordBatch batch) => batch.IsAppendTime ? "LogAppendTime" : "CreateTime";

    private static long BaseOf(string name) => SegmentNames.TryParse(name, Path.GetExtension(name), out var offset) ? offset : 0;

    private static DumpLine Line(params (string Name, object? Value)[] fields) => new([.. fields.Select(f => KeyValuePair.Create(f.Name, f.Value))]);
}
