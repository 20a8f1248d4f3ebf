using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Log;

/// <summary>
/// Brings the files of one partition into a state that can be served. Left-overs of deletions and of an unfinished compaction are
/// settled first. Then segments: those that were flushed (they end at or below the recovery point, or the shutdown was clean) are
/// trusted and only their indexes looked at; all others are walked batch by batch with their CRCs, their indexes built anew, and at
/// the first batch that is not valid the file is cut and all later segments are deleted. What was cut is told in the log.
/// Source: core/…/kafka/log/LogLoader.scala.
/// </summary>
internal sealed class LogRecovery(string directory, TopicPartition id, LogOptions options, ILogFiles files, TimeProvider time, ILogger logger)
{
    /// <summary>Segments in order, never empty; the last one is active.</summary>
    public sealed record Result(List<LogSegment> Segments, long NextOffset, bool Scanned);

    public Result Run(bool cleanShutdown, long recoveryPoint, long logStartOffset)
    {
        SettleLeftovers();
        var segments = ListSegments();
        var scanned = false;
        var next = 0L;
        for (var i = 0; i < segments.Count; i++)
        {
            var segment = segments[i];
            segment.OpenFile();
            var isLast = i == segments.Count - 1;
            var flushed = cleanShutdown || (!isLast && segments[i + 1].BaseOffset <= recoveryPoint);
            if (flushed && segment.Load())
            {
                next = isLast ? WalkTail(segment) : segments[i + 1].BaseOffset;
                if (!isLast)
                    segment.Rest(now: true);
                if (next >= 0)
                    continue;
            }
            scanned = true;
            var result = Rebuild(segment);
            next = result.NextOffset;
            if (result.Flaw is null && (isLast || next <= segments[i + 1].BaseOffset))
            {
                if (!isLast)
                {
                    segment.Seal();
                    segment.Rest(now: true);
                }
                continue;
            }
            Cut(segments, i, result);
            break;
        }
        if (segments.Count > 0 && next < logStartOffset)
        {
            logger.LogWarning("{Partition}: the log ends at {End}, below its start {Start}; it is emptied and begins there", id, next, logStartOffset);
            segments.ForEach(s => s.DeleteFiles());
            segments.Clear();
        }
        if (segments.Count == 0)
        {
            next = logStartOffset;
            segments.Add(LogSegment.Create(files, directory, next, options, time.GetUtcNow()));
        }
        return new Result(segments, next, scanned);
    }

    private void SettleLeftovers()
    {
        var names = files.ListFiles(directory);
        // a compaction that had not come to its swap is as if it had not been; swap files of the same round go with it
        var unfinished = long.MaxValue;
        foreach (var name in names.Where(n => n.EndsWith(SegmentNames.Cleaned, StringComparison.Ordinal)))
        {
            if (SegmentNames.TryParse(name, SegmentNames.Log + SegmentNames.Cleaned, out var offset))
                unfinished = Math.Min(unfinished, offset);
        }
        foreach (var name in names)
        {
            if (name.EndsWith(SegmentNames.Deleted, StringComparison.Ordinal) || name.EndsWith(SegmentNames.Cleaned, StringComparison.Ordinal)
                || name.EndsWith(".tmp", StringComparison.Ordinal))
                files.DeleteFile(Path.Combine(directory, name));
            else if (name.EndsWith(SegmentNames.Swap, StringComparison.Ordinal))
                SettleSwap(name, unfinished);
        }
    }

    // a swap file is complete: it takes the place of the segments it was made from
    private void SettleSwap(string name, long unfinished)
    {
        var path = Path.Combine(directory, name);
        if (!SegmentNames.TryParse(name, SegmentNames.Log + SegmentNames.Swap, out var baseOffset) || baseOffset >= unfinished)
        {
            files.DeleteFile(path);
            return;
        }
        long end;
        using (var swap = new LogSegment(files, directory, baseOffset, options, time.GetUtcNow(), SegmentNames.Swap))
        {
            swap.OpenFile();
            using var scan = new SegmentScan(swap);
            end = scan.Run(0, baseOffset, verifyCrc: true, null).NextOffset;
        }
        foreach (var old in files.ListFiles(directory))
        {
            if (SegmentNames.TryParse(old, SegmentNames.Log, out var offset) && offset >= baseOffset && offset < Math.Max(end, baseOffset + 1))
            {
                foreach (var extension in SegmentNames.PerSegment)
                    files.DeleteFile(Path.Combine(directory, SegmentNames.Of(offset, extension)));
            }
        }
        files.Rename(path, path[..^SegmentNames.Swap.Length]);
        files.FlushDirectory(directory);
    }

    private List<LogSegment> ListSegments()
    {
        var names = files.ListFiles(directory);
        var bases = new SortedSet<long>();
        foreach (var name in names)
        {
            if (SegmentNames.TryParse(name, SegmentNames.Log, out var offset))
                bases.Add(offset);
        }
        foreach (var name in names)
        {
            foreach (var extension in SegmentNames.PerSegment)
            {
                if (SegmentNames.TryParse(name, extension, out var offset) && !bases.Contains(offset))
                    files.DeleteFile(Path.Combine(directory, name));
            }
        }
        return [.. bases.Select(b => new LogSegment(files, directory, b, options,
            files.LastWriteTime(Path.Combine(directory, SegmentNames.Of(b, SegmentNames.Log)))))];
    }

    // after a clean shutdown only what lies behind the last index entry is walked, to learn where the log ends
    private static long WalkTail(LogSegment segment)
    {
        using var scan = new SegmentScan(segment);
        var result = scan.Run(segment.Offsets.Last.Position, segment.BaseOffset, verifyCrc: false,
            (in ClassicBroker.Clients.Records.RecordBatch batch, long _) => segment.NoteTimestamp(batch.MaxTimestamp, batch.LastOffset));
        return result.Flaw is null ? result.NextOffset : -1;
    }

    private static SegmentScan.Result Rebuild(LogSegment segment)
    {
        segment.ForgetIndexes();
        using var scan = new SegmentScan(segment);
        return scan.Run(0, segment.BaseOffset, verifyCrc: true, segment.Index);
    }

    private void Cut(List<LogSegment> segments, int at, SegmentScan.Result result)
    {
        var segment = segments[at];
        if (LegacyFormat.IsMessageAt(segment, result.EndPosition))
            throw new LogStorageException(
                $"{segment.PathOf(SegmentNames.Log)} holds messages of format 0 or 1 at byte {result.EndPosition}, which cannot be read. Nothing was changed. "
                + "Let Kafka write the topic anew in format 2, or move the directory away.");
        logger.LogWarning(
            "{Partition}: recovery cuts segment {Segment} from byte {Position} to {End} and deletes {Later} later segments; the log now ends at offset {Next}: {Flaw}",
            id, segment.BaseOffset, result.EndPosition, segment.Size, segments.Count - at - 1, result.NextOffset, result.Flaw ?? "offsets overlap the next segment");
        segment.CutAt(result.EndPosition, result.NextOffset);
        foreach (var later in segments[(at + 1)..])
            later.DeleteFiles();
        segments.RemoveRange(at + 1, segments.Count - at - 1);
    }
}
