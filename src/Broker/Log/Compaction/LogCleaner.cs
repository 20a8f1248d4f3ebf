namespace ClassicBroker.Broker.Log.Compaction;

/// <summary>
/// Compacts the logs whose cleanup.policy has compact: again and again the one that needs it most, until none does, then a pause of
/// log.cleaner.backoff.ms. Kafka's contract: the latest record of every key stays, order and offsets stay, a tombstone goes some time after it
/// has done its work. As many workers as log.cleaner.threads, each one async method that gives its pool thread back after every buffer. A log
/// whose cleaning fails is left alone from then on and told of (<see cref="Status"/>); the others go on.
/// Owner: the broker, which starts and stops it. Source: core/…/kafka/log/LogCleaner.scala, LogCleanerManager.scala.
/// </summary>
/// <param name="directories">the checkpoints lie there</param>
/// <param name="partitions">those served now</param>
public sealed class LogCleaner(
    LogDirectories directories, Func<IReadOnlyCollection<ICompactedPartition>> partitions, CleanerOptions options, TimeProvider time,
    ILogger<LogCleaner> logger) : IAsyncDisposable
{
    private readonly CleanerRecord _record = new(time);
    private readonly CleanerThrottle _throttle = new(options.MaxBytesPerSecond, time);
    private readonly CancellationTokenSource _stopping = new();
    private Task _workers = Task.CompletedTask;

    private sealed record Candidate(ICompactedPartition Partition, CompactionView View, CompactionBounds Bounds, long LastStableOffset);

    public CleanerStatus Status => _record.Status;

    /// <summary>Begins to clean, after a first pause; nothing when log.cleaner.enable is false.</summary>
    public Task StartAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        if (options.Enabled)
            _workers = Task.WhenAll(Enumerable.Range(0, options.Threads).Select(_ => WorkAsync(_stopping.Token)));
        return Task.CompletedTask;
    }

    /// <summary>Ends after the buffer in hand; a cleaning under way is given up without harm.</summary>
    public async Task StopAsync()
    {
        if (!_stopping.IsCancellationRequested)
            _stopping.Cancel();
        await _workers;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopping.Dispose();
    }

    /// <summary>Cleans until no log is due; returns the cleanings that ran to their end.</summary>
    public async Task<int> CleanAllAsync(CancellationToken ct)
    {
        var cleaned = 0;
        // a log that came to nothing is not tried again before the next time
        for (var tried = new HashSet<PartitionLog>(); Choose(tried) is { } chosen;)
        {
            if (await CleanAsync(chosen, ct))
                cleaned++;
            else
                tried.Add(chosen.Partition.Log);
        }
        foreach (var partition in partitions())
        {
            if (partition.Log.Options is { CleanupCompact: true, CleanupDelete: true } && !partition.Log.IsOffline)
                partition.ApplyRetention();
        }
        return cleaned;
    }

    private async Task WorkAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(options.Backoff, time, ct);
                await CleanAllAsync(ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                logger.LogError(e, "The log cleaner failed this time; it goes on after {Backoff}", options.Backoff);
            }
        }
    }

    private Candidate? Choose(HashSet<PartitionLog> tried)
    {
        Candidate? best = null;
        double dirtiest = 0;
        var there = new HashSet<PartitionLog>();
        foreach (var partition in partitions())
        {
            var log = partition.Log;
            there.Add(log);
            if (!log.Options.CleanupCompact || log.IsOffline || LookAt(partition) is not { } found)
                continue;
            dirtiest = Math.Max(dirtiest, found.Bounds.DirtyRatio);
            if (!tried.Contains(log) && _record.IsFree(log) && found.Bounds.IsDue(found.View.Options.MinCleanableDirtyRatio)
                && found.Bounds.DirtyRatio > (best?.Bounds.DirtyRatio ?? 0))
                best = found;
        }
        _record.Looked(there, dirtiest);
        return best;
    }

    private Candidate? LookAt(ICompactedPartition partition)
    {
        Candidate? found = null;
        var checkpoint = Offsets(partition)?.Find(partition.Log.Id);
        partition.TryLocked(stable =>
        {
            var view = partition.Log.ViewForCompaction();
            found = new Candidate(partition, view, CompactionRules.Bounds(
                view.Facts(), checkpoint, view.LogStart, view.LogEnd, stable, view.Options, time.GetUtcNow().ToUnixTimeMilliseconds()), stable);
        });
        return found;
    }

    private async Task<bool> CleanAsync(Candidate chosen, CancellationToken ct)
    {
        var (log, bounds) = (chosen.Partition.Log, chosen.Bounds);
        if (!_record.TryBegin(log))
            return false;
        var began = time.GetTimestamp();
        using var map = new OffsetMap(options.MapBytes, bounds.FirstUncleanable - bounds.FirstDirty, options.LoadFactor, options.HashKey);
        var round = new CompactionRound(
            chosen.Partition, chosen.View, bounds, map, options, chosen.LastStableOffset, time.GetUtcNow().ToUnixTimeMilliseconds());
        try
        {
            foreach (var bytes in round.Run())
            {
                ct.ThrowIfCancellationRequested();
                await _throttle.PassAsync(bytes, ct);
                await Task.Yield();
            }
            if (round.IsDone)
                Checkpoint(chosen, round);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Judge(chosen, round, e);
        }
        finally
        {
            _record.Ended(log, round, map, time.GetElapsedTime(began));
        }
        return round.IsDone;
    }

    // what was cut or deleted under the round cannot be read to its end: that is no fault of the log
    private void Judge(Candidate chosen, CompactionRound round, Exception e)
    {
        var log = chosen.Partition.Log;
        if (round.HasChanged || !chosen.Partition.TryLocked(static _ => { }))
        {
            logger.LogInformation("{Partition}: the log was cut or deleted while it was cleaned; it is cleaned again another time ({Reason})", log.Id, e.Message);
            return;
        }
        _record.Failed(log, e.Message);
        logger.LogError(e, "{Partition} could not be cleaned and is not tried again until the broker starts anew; it grows meanwhile", log.Id);
    }

    private void Checkpoint(Candidate chosen, CompactionRound round)
    {
        var log = chosen.Partition.Log;
        if (Offsets(chosen.Partition) is not { } offsets)
            return;
        var noted = false;
        chosen.Partition.TryLocked(_ =>
        {
            // a cut since then has taken its part out, and must not be overruled
            if (round.HasChanged)
                return;
            offsets.Set(log.Id, round.CleanUpTo);
            noted = true;
        });
        if (!noted)
            return;
        offsets.Save();
        logger.LogInformation(
            "{Partition}: cleaned up to offset {Offset}: {Kept} of {Read} records kept, {BytesWritten} bytes written for {BytesRead} read",
            log.Id, round.CleanUpTo, round.RecordsKept, round.RecordsRead, round.BytesWritten, round.BytesRead);
    }

    private CleanerOffsets? Offsets(ICompactedPartition partition) =>
        directories.All.FirstOrDefault(d => ReferenceEquals(d.Find(partition.Log.Id), partition.Log))?.Cleaned;
}
