using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Broker.Log;

/// <summary>
/// Brings the files of one partition into a state that can be served. Left-overs of deletions and of an unfinished compaction are
/// settled first. Then segments: those that were flushed (they end at or below the recovery point, or the shutdown was clean) are
/// trusted after a cheap look (<see cref="SegmentSanity"/>); all others are walked batch by batch with their CRCs and their indexes
/// built anew. At the first batch that is not valid, what was never flushed is cut: the file there, and all later segments. A segment
/// that was flushed and is now damaged is another matter: later segments may be whole, and this may be the only copy. It is kept,
/// reported, and what is damaged in it is refused when it is read. What is cut or damaged is told with its bytes and offsets.
/// Source: core/…/kafka/log/LogLoader.scala.
/// </summary>
internal sealed class LogRecovery(
    string directory, TopicPartition id, LogOptions options, ILogFiles files, TimeProvider time, ILogger logger, RecoveryProgress progress)
{
    private readonly List<SeenBatch> _seen = [];

    /// <summary>Segments in order, never empty; the last one is active.</summary>
    /// <param name="Seen">batches looked at, in the order of their offsets, one for each run of the same epoch</param>
    public sealed record Result(List<LogSegment> Segments, long NextOffset, bool Scanned, IReadOnlyList<SeenBatch> Seen);

    /// <summary>A batch that was met: with <paramref name="EveryBatch"/> all batches of its segment were, else only some.</summary>
    public readonly record struct SeenBatch(long Offset, int LeaderEpoch, bool EveryBatch);

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
            long? nextBase = i + 1 < segments.Count ? segments[i + 1].BaseOffset : null;
            var flushed = cleanShutdown || nextBase <= recoveryPoint;
            if (flushed && IsSane(segment, nextBase, out next))
            {
                if (nextBase is not null)
                    GiveUp(segment);
                continue;
            }
            scanned = true;
            var result = Scan(segment);
            next = result.NextOffset;
            // after a power loss a later segment may be there whole and this one not; only compaction leaves holes that are meant
            if (result.Flaw is null && !flushed && next < nextBase && !options.CleanupCompact)
                result = result with { Flaw = $"offsets {next} to {nextBase - 1} are missing before the next segment" };
            if (result.Flaw is not null || next > nextBase)
            {
                if (!flushed || nextBase is null)
                {
                    Cut(segments, i, result, recoveryPoint);
                    break;
                }
                ReportDamage(segment, nextBase.Value, result);
            }
            if (nextBase is not null)
                GiveUp(segment);
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
        return new Result(segments, next, scanned, _seen);
    }

    private bool IsSane(LogSegment segment, long? nextBase, out long next)
    {
        next = segment.BaseOffset;
        var seen = _seen.Count;
        var flaw = segment.Load() ? SegmentSanity.Flaw(segment, nextBase, (offset, epoch) => See(offset, epoch, everyBatch: false), out next) : "an index is missing or cut";
        if (flaw is null)
            return true;
        _seen.RemoveRange(seen, _seen.Count - seen);
        logger.LogWarning("{Partition}: segment {Segment} is read from its beginning, {Flaw}", id, segment.BaseOffset, flaw);
        return false;
    }

    private SegmentScan.Result Scan(LogSegment segment)
    {
        progress.MustScan(1);
        segment.ForgetIndexes();
        using var scan = new SegmentScan(segment);
        var result = scan.Run(0, segment.BaseOffset, verifyCrc: true, (in RecordBatch batch, long position) =>
        {
            segment.Index(in batch, position);
            See(batch.BaseOffset, batch.PartitionLeaderEpoch, everyBatch: true);
        });
        progress.Scanned(result.EndPosition);
        return result;
    }

    private void See(long offset, int epoch, bool everyBatch)
    {
        if (_seen is not [.., var last] || last.LeaderEpoch != epoch || last.EveryBatch != everyBatch)
            _seen.Add(new SeenBatch(offset, epoch, everyBatch));
    }

    // its indexes go to their files; on a full disk they stay in memory, so that reading goes on
    private void GiveUp(LogSegment segment)
    {
        try
        {
            segment.Seal();
            segment.Rest(now: true);
        }
        catch (IOException e) when (DiskFailure.IsFull(e))
        {
            logger.LogWarning("{Partition}: no room for the indexes of segment {Segment}; they stay in memory", id, segment.BaseOffset);
        }
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
        SegmentScan.Result found;
        using (var swap = new LogSegment(files, directory, baseOffset, options, time.GetUtcNow(), SegmentNames.Swap))
        {
            swap.OpenFile();
            using var scan = new SegmentScan(swap);
            found = scan.Run(0, baseOffset, verifyCrc: true, null);
        }
        if (found.Flaw is not null && files.FileExists(Path.Combine(directory, SegmentNames.Of(baseOffset, SegmentNames.Log))))
        {
            logger.LogError("{Partition}: {Swap} is damaged at byte {Position} ({Flaw}); the segments it was made from stay", id, name, found.EndPosition, found.Flaw);
            files.DeleteFile(path);
            return;
        }
        var end = found.NextOffset;
        foreach (var old in files.ListFiles(directory))
        {
            if (SegmentNames.TryParse(old, SegmentNames.Log, out var offset) && offset >= baseOffset && offset < Math.Max(end, baseOffset + 1))
            {
                foreach (var extension in SegmentNames.PerSegment)
                    files.DeleteFile(Path.Combine(directory, SegmentNames.Of(offset, extension)));
            }
        }
        // no power loss may bring an old one back beside the new name
        files.FlushDirectory(directory);
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

    private void ReportDamage(LogSegment segment, long nextBase, SegmentScan.Result result)
    {
        progress.Damaged();
        logger.LogError(
            "{Partition}: segment {Segment}, which was flushed, is damaged from byte {Position} of {Size}: {Flaw}. Offsets {Next} to {Last} may not be readable; they are kept, "
            + "never served unverified. Another replica has them: delete this directory while the broker is stopped, and it copies them",
            id, segment.BaseOffset, result.EndPosition, segment.Size, FlawOf(result), result.NextOffset, nextBase - 1);
    }

    private void Cut(List<LogSegment> segments, int at, SegmentScan.Result result, long recoveryPoint)
    {
        var segment = segments[at];
        if (LegacyFormat.IsMessageAt(segment, result.EndPosition))
            throw new LogStorageException(
                $"{segment.PathOf(SegmentNames.Log)} holds messages of format 0 or 1 at byte {result.EndPosition}, which cannot be read. Nothing was changed. "
                + "Let Kafka write the topic anew in format 2, or move the directory away.");
        var later = segments[(at + 1)..];
        var bytes = segment.Size - result.EndPosition + later.Sum(s => files.FileLength(s.PathOf(SegmentNames.Log)));
        progress.Cut(bytes);
        // flushed records that are gone are a loss, and are called so
        var level = result.NextOffset < recoveryPoint ? LogLevel.Error : LogLevel.Warning;
        logger.Log(level,
            "{Partition}: recovery cuts segment {Segment} from byte {Position} to {End} and deletes {Later} later segments, {Bytes} bytes in all; the log now ends at offset {Next}"
            + " (flushed up to {RecoveryPoint}): {Flaw}",
            id, segment.BaseOffset, result.EndPosition, segment.Size, later.Count, bytes, result.NextOffset, recoveryPoint, FlawOf(result));
        // last first, and durably before the cut: a power loss in between leaves no hole
        foreach (var gone in Enumerable.Reverse(later))
            gone.DeleteFiles();
        files.FlushDirectory(directory);
        segments.RemoveRange(at + 1, later.Count);
        segment.CutAt(result.EndPosition, result.NextOffset);
        segment.Flush(indexesToo: false);
    }

    private static string FlawOf(SegmentScan.Result result) => result.Flaw ?? "offsets overlap the next segment";
}
