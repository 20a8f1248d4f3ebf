namespace ClassicBroker.Broker.Log;

/// <summary>
/// How far the loading of one log directory is, and what it cost: for the broker's log, its status page, and whoever waits for the start.
/// Counted by all recovery threads; read at any time.
/// </summary>
public sealed class RecoveryProgress(TimeProvider time)
{
    private readonly long _began = time.GetTimestamp();
    private long _ended;
    private long _logs, _logsLoaded, _segmentsToScan, _segmentsScanned, _bytesScanned, _bytesCut, _logsCut, _segmentsDamaged;

    /// <summary>Partition logs found in the directory.</summary>
    public long Logs => Interlocked.Read(ref _logs);

    public long LogsLoaded => Interlocked.Read(ref _logsLoaded);

    /// <summary>Segments of logs already looked at that must be read batch by batch; grows while logs are found.</summary>
    public long SegmentsToScan => Interlocked.Read(ref _segmentsToScan);

    public long SegmentsScanned => Interlocked.Read(ref _segmentsScanned);

    /// <summary>Bytes read and verified.</summary>
    public long BytesScanned => Interlocked.Read(ref _bytesScanned);

    /// <summary>Bytes cut from the ends of logs because they were no whole, valid batches.</summary>
    public long BytesCut => Interlocked.Read(ref _bytesCut);

    public long LogsCut => Interlocked.Read(ref _logsCut);

    /// <summary>Flushed segments that no longer hold what was written; they are kept, and what is damaged in them is not served.</summary>
    public long SegmentsDamaged => Interlocked.Read(ref _segmentsDamaged);

    /// <summary>All logs are loaded.</summary>
    public bool IsDone => Interlocked.Read(ref _ended) != 0;

    /// <summary>Since the loading began; stands still when it is done.</summary>
    public TimeSpan Elapsed => Interlocked.Read(ref _ended) is var ended and not 0 ? time.GetElapsedTime(_began, ended) : time.GetElapsedTime(_began);

    /// <summary>Megabytes (10^6 bytes) verified a second.</summary>
    public double MegabytesPerSecond => BytesScanned / 1e6 / Math.Max(Elapsed.TotalSeconds, 0.001);

    internal void Found(int logs) => Interlocked.Add(ref _logs, logs);

    internal void Loaded() => Interlocked.Increment(ref _logsLoaded);

    internal void MustScan(int segments) => Interlocked.Add(ref _segmentsToScan, segments);

    internal void Scanned(long bytes)
    {
        Interlocked.Add(ref _bytesScanned, bytes);
        Interlocked.Increment(ref _segmentsScanned);
    }

    internal void Cut(long bytes)
    {
        Interlocked.Add(ref _bytesCut, bytes);
        Interlocked.Increment(ref _logsCut);
    }

    internal void Damaged() => Interlocked.Increment(ref _segmentsDamaged);

    internal void Done() => Interlocked.CompareExchange(ref _ended, time.GetTimestamp(), 0);

    public override string ToString() => FormattableString.Invariant(
        $"{LogsLoaded} of {Logs} logs loaded, {SegmentsScanned} of {SegmentsToScan} segments verified, {BytesScanned / 1e6:F1} MB at {MegabytesPerSecond:F0} MB/s, {BytesCut} bytes cut from {LogsCut} logs");
}
