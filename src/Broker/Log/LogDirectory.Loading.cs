using System.Collections.Concurrent;
using System.Globalization;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Log;

// What happens to a directory at the start of the broker.
public sealed partial class LogDirectory
{
    private readonly ConcurrentDictionary<TopicPartition, string> _unusable = new();
    private volatile bool _isLoaded, _anyPassedOver;

    /// <summary>Logs that could not be opened, and why. They are left as they are, and nothing is put in their place.</summary>
    public IReadOnlyDictionary<TopicPartition, string> UnusableLogs => _unusable;

    /// <summary>
    /// Opens every partition log here, <paramref name="parallel"/> at a time. A log that makes no sense is left alone and not served; a
    /// disk that fails takes the directory offline.
    /// </summary>
    internal async Task LoadAsync(Func<string, LogOptions> optionsOf, int parallel, CancellationToken ct)
    {
        try
        {
            var clean = CleanShutdownMark.Take(_files, Path);
            var recoveryPoints = ReadOrNone(_recoveryPoints);
            var logStarts = ReadOrNone(_logStarts);
            LoadCleaned();
            var ids = ListLogs();
            Progress.Found(ids.Count);
            await SideBySide.ForEachAsync(ids, parallel, ct, (id, _) =>
            {
                Load(id, optionsOf(id.Topic), clean, Math.Max(recoveryPoints.GetValueOrDefault(id), 0), Math.Max(logStarts.GetValueOrDefault(id), 0));
                return ValueTask.CompletedTask;
            });
            Progress.Done();
            _isLoaded = !_anyPassedOver;
            // what recovery verified is flushed: the next crash need not verify it again
            if (!clean && ids.Count > 0)
                CheckpointRecoveryPoints();
            _logger.LogInformation("{Path} is loaded ({How}): {Progress}", Path, clean ? "after a clean shutdown" : "recovered", Progress);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            GoOffline("load", e);
        }
    }

    private List<TopicPartition> ListLogs()
    {
        var ids = new List<TopicPartition>();
        foreach (var name in _files.ListDirectories(Path))
        {
            if (name.EndsWith(DeleteSuffix, StringComparison.Ordinal))
                _doomed.Enqueue((System.IO.Path.Combine(Path, name), _time.GetUtcNow()));
            else if (TryParseName(name, out var id))
                ids.Add(id);
        }
        return ids;
    }

    private void Load(TopicPartition id, LogOptions options, bool clean, long recoveryPoint, long logStart)
    {
        try
        {
            Add(id, options, clean, recoveryPoint, logStart);
        }
        catch (Exception e) when (DiskFailure.IsFull(e))
        {
            _anyPassedOver = true;
            _logger.LogError("{Partition} in {Path} is opened when the controller asks for it: the disk is full", id, Path);
        }
        catch (Exception e) when (e is InvalidDataException or LogStorageException { InnerException: not IOException })
        {
            _unusable[id] = $"The log of {id} in {Path} cannot be used: {e.Message}";
            _logger.LogError(e, "{Partition} in {Path} cannot be opened and is not served; it is left as it is", id, Path);
        }
        Progress.Loaded();
    }

    // a checkpoint that makes no sense is not worth refusing to start: recovery then reads more, and replication knows the rest
    private IReadOnlyDictionary<TopicPartition, long> ReadOrNone(CheckpointFile file)
    {
        try
        {
            return file.Read();
        }
        catch (FormatException e)
        {
            _logger.LogWarning("{Message} It is ignored", e.Message);
            return new Dictionary<TopicPartition, long>();
        }
    }

    private void LoadCleaned()
    {
        try
        {
            Cleaned.Load();
        }
        catch (FormatException e)
        {
            _logger.LogWarning("{Message} It is ignored: every compacted log here is cleaned from its start", e.Message);
        }
    }

    private bool TryParseName(string name, out TopicPartition id)
    {
        id = default;
        if (name.EndsWith(StraySuffix, StringComparison.Ordinal) || name.EndsWith(FutureSuffix, StringComparison.Ordinal))
        {
            _logger.LogWarning("{Name} in {Path} is left alone", name, Path);
            return false;
        }
        var dash = name.LastIndexOf('-');
        if (dash <= 0 || !int.TryParse(name.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var partition))
            return false;
        id = new TopicPartition(name[..dash], partition);
        return true;
    }
}
