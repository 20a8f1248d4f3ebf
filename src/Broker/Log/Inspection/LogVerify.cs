using System.Collections.Concurrent;
using System.Globalization;
using ClassicBroker.Broker.Log.Compaction;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Log.Inspection;

/// <summary>
/// Asks whether the files of a log are whole: every batch's CRC, offsets and epochs, both indexes, aborted transactions and producer
/// snapshots against the batches, checkpoints against the log. Reads only, so it may run beside a broker; what that is writing at the
/// moment is noted, not complained about. Partitions are read side by side. Holds no state.
/// </summary>
public sealed class LogVerify(ILogFiles files)
{
    private static readonly string[] Checkpoints = [CheckpointFile.RecoveryPoint, CheckpointFile.HighWatermark, CheckpointFile.LogStart, CleanerOffsets.FileName];

    /// <summary>
    /// Verifies one of log.dirs, one partition directory, or one file of either (then the directory is read and what concerns the file is told).
    /// </summary>
    /// <param name="path">absolute</param>
    /// <param name="parallel">partitions read at a time</param>
    /// <exception cref="FileNotFoundException">there is nothing there</exception>
    public async Task<LogReport> VerifyAsync(string path, int parallel, CancellationToken ct)
    {
        if (files.FileExists(path))
        {
            var whole = await VerifyAsync(Path.GetDirectoryName(path)!, parallel, ct);
            return new LogReport(path, [.. whole.Partitions.Select(p => p with
            {
                Flaws = [.. p.Flaws.Where(f => f.File == path)],
                Notes = [.. p.Notes.Where(f => f.File == path)],
            })], [.. whole.Flaws.Where(f => f.File == path)]);
        }
        if (!files.DirectoryExists(path))
            throw new FileNotFoundException($"There is no file or directory {path}.");
        if (IsPartition(path))
            return new LogReport(path, [Partition(path)], []);
        return await DirectoryAsync(path, parallel, ct);
    }

    /// <summary>The partition directories in one of log.dirs, in order; those being deleted or moved left out.</summary>
    internal static IReadOnlyList<(TopicPartition Id, string Path)> Partitions(ILogFiles files, string directory)
    {
        var found = new List<(TopicPartition, string)>();
        foreach (var name in files.ListDirectories(directory).Order(StringComparer.Ordinal))
        {
            var dash = name.LastIndexOf('-');
            if (dash > 0 && int.TryParse(name.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var partition))
                found.Add((new TopicPartition(name[..dash], partition), Path.Combine(directory, name)));
        }
        return found;
    }

    /// <summary>Whether a directory is a partition's: it holds segments, or its name and no partitions.</summary>
    internal bool IsPartition(string path) =>
        files.ListFiles(path).Any(n => SegmentNames.TryParse(n, SegmentNames.Log, out _) || n == PartitionMetadataFile.FileName);

    private PartitionReport Partition(string path)
    {
        var parent = Path.GetDirectoryName(path)!;
        var known = files.FileExists(Path.Combine(parent, MetaPropertiesFile.FileName));
        var compacted = known ? Read(parent, CleanerOffsets.FileName, []) : null;
        var id = Partitions(files, parent).FirstOrDefault(p => p.Path == path).Id;
        return new PartitionVerify(files, path, IsClosed(parent), compacted is null ? null : compacted.GetValueOrDefault(id)).Run();
    }

    private async Task<LogReport> DirectoryAsync(string path, int parallel, CancellationToken ct)
    {
        var flaws = new List<LogFlaw>();
        var closed = IsClosed(path);
        var compacted = Read(path, CleanerOffsets.FileName, []);
        var reports = new ConcurrentDictionary<TopicPartition, PartitionReport>();
        var partitions = Partitions(files, path);
        await SideBySide.ForEachAsync(partitions, parallel, ct, (p, _) =>
        {
            reports[p.Id] = new PartitionVerify(files, p.Path, closed, compacted.GetValueOrDefault(p.Id)).Run();
            return ValueTask.CompletedTask;
        });
        foreach (var name in Checkpoints)
            Checkpoint(path, name, reports, closed, flaws);
        Identity(path, flaws);
        return new LogReport(path, [.. partitions.Select(p => reports[p.Id])], flaws);
    }

    private void Checkpoint(string directory, string name, ConcurrentDictionary<TopicPartition, PartitionReport> reports, bool closed, List<LogFlaw> flaws)
    {
        var path = Path.Combine(directory, name);
        var line = 2;
        foreach (var (id, offset) in Read(directory, name, flaws))
        {
            line++;
            if (!reports.TryGetValue(id, out var log))
                continue; // deleted since; Kafka leaves such lines too
            var start = name == CheckpointFile.LogStart || name == CleanerOffsets.FileName ? 0 : log.StartOffset;
            if (offset < 0)
                flaws.Add(new LogFlaw(path, line, offset, $"{id} is at {offset}", "taken as 0 at the next start"));
            else if (offset > log.EndOffset && (closed || name == CheckpointFile.LogStart))
                flaws.Add(new LogFlaw(path, line, offset, $"{id} is at {offset}, its log ends at {log.EndOffset}", "records that were known to be there are missing, or the line is wrong"));
            else if (offset < start && offset != 0)
                flaws.Add(new LogFlaw(path, line, offset, $"{id} is at {offset}, its log begins at {start}", "the line is older than the log; more is recovered than need be"));
        }
    }

    private IReadOnlyDictionary<TopicPartition, long> Read(string directory, string name, List<LogFlaw> flaws)
    {
        var path = Path.Combine(directory, name);
        try
        {
            return new CheckpointFile(files, path).Read();
        }
        catch (FormatException e)
        {
            flaws.Add(new LogFlaw(path, 1, null, e.Message, "passed over at the next start; recovery then reads more"));
            return new Dictionary<TopicPartition, long>();
        }
    }

    private void Identity(string directory, List<LogFlaw> flaws)
    {
        var path = Path.Combine(directory, MetaPropertiesFile.FileName);
        if (!files.FileExists(path))
            return;
        const string meaning = "the broker refuses to start on this directory";
        try
        {
            var content = MetaPropertiesFile.Read(files, directory);
            if (content is { BrokerId: null })
                flaws.Add(new LogFlaw(path, 1, null, "has no broker.id", meaning));
            if (content is { ClusterId: null })
                flaws.Add(new LogFlaw(path, 1, null, "has no cluster.id", meaning));
        }
        catch (LogStorageException e)
        {
            flaws.Add(new LogFlaw(path, 1, null, e.Message, meaning));
        }
    }

    private bool IsClosed(string directory) => files.FileExists(Path.Combine(directory, CleanShutdownMark.FileName));
}
