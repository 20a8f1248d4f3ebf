using System.Text;
using ClassicBroker.Broker.Log;
using ClassicBroker.Broker.Log.Compaction;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Records;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Record = ClassicBroker.Clients.Records.Record;

namespace ClassicBroker.Unit.Log.Compaction;

/// <summary>One compacted partition in a log directory, its cleaner, and a clock that stands still. Every record is committed at once.</summary>
internal sealed class CompactionBench : ICompactedPartition, IAsyncDisposable
{
    public static readonly TopicPartition Id = new("t", 0);

    public static readonly LogOptions Small = new()
    {
        SegmentBytes = 2000, IndexIntervalBytes = 200, CleanupCompact = true, CleanupDelete = false, MinCleanableDirtyRatio = 0, DeleteRetentionMs = 60_000,
    };

    private readonly Lock _gate = new();
    private readonly ILogFiles _files;
    private readonly string _root;
    private LogDirectories _directories;

    public CompactionBench(LogOptions? options = null, CleanerOptions? cleaner = null, ILogFiles? files = null, FakeTimeProvider? time = null, string? root = null)
    {
        Time = time ?? new FakeTimeProvider(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_060_000));
        _files = files ?? new DiskLogFiles();
        _root = root ?? Directory.CreateTempSubdirectory("classic-compaction-").FullName;
        Options = options ?? Small;
        CleanerOptions = cleaner ?? new CleanerOptions { HashKey = 7 };
        (_directories, Log, Cleaner) = Open();
    }

    public FakeTimeProvider Time { get; }

    public LogOptions Options { get; set; }

    public CleanerOptions CleanerOptions { get; }

    public PartitionLog Log { get; private set; }

    public LogCleaner Cleaner { get; private set; }

    public CleanerOffsets Offsets => _directories.All[0].Cleaned;

    public string PartitionPath => Path.Combine(_root, "t-0");

    public bool IsStopped { get; set; }

    /// <summary>Null: everything.</summary>
    public long? Stable { get; set; }

    /// <summary>Called before the lock is given to the cleaner.</summary>
    public Action? BeforeLock { get; set; }

    public bool TryLocked(Action<long> look)
    {
        BeforeLock?.Invoke();
        lock (_gate)
        {
            if (IsStopped)
                return false;
            var highWatermark = Stable ?? Log.LogEndOffset;
            Log.NoteHighWatermark(highWatermark);
            look(Log.LastStableOffset(highWatermark));
            return true;
        }
    }

    public int ApplyRetention() => Log.ApplyRetention(Log.LogEndOffset);

    public Task<int> CleanAsync() => Cleaner.CleanAllAsync(TestContext.Current.CancellationToken);

    /// <summary>Closes everything in order, or as a killed process would, and opens it again.</summary>
    public async Task ReopenAsync(bool clean)
    {
        if (clean)
            await _directories.StopAsync(1, TestContext.Current.CancellationToken);
        await _directories.DisposeAsync();
        (_directories, Log, Cleaner) = Open();
    }

    public void Delete() => _directories.Delete(Id);

    /// <summary>One batch of records given as "key=value", or "key" alone for a tombstone.</summary>
    public long Append(params string[] records) => Append(CompressionType.None, records);

    public long Append(CompressionType codec, params string[] records)
    {
        var builder = new RecordBatchBuilder(codec);
        Fill(builder, records);
        return Log.AppendAsLeader(builder.Build(), 0, AppendRules.FromClient(9)).FirstOffset;
    }

    /// <summary>A batch of a producer with sequences, as a follower gets it.</summary>
    public long AppendOf(long producerId, int sequence, bool transactional, params string[] records)
    {
        var builder = new RecordBatchBuilder
        {
            BaseOffset = Log.LogEndOffset, PartitionLeaderEpoch = 0, ProducerId = producerId, ProducerEpoch = 0, BaseSequence = sequence, IsTransactional = transactional,
        };
        Fill(builder, records);
        return Log.AppendAsFollower(builder.Build()).FirstOffset;
    }

    /// <summary>The marker that ends a producer's transaction.</summary>
    public long AppendMarker(long producerId, bool commit, short epoch = 0)
    {
        var builder = new RecordBatchBuilder
        {
            BaseOffset = Log.LogEndOffset, PartitionLeaderEpoch = 0, ProducerId = producerId, ProducerEpoch = epoch, IsTransactional = true, IsControl = true,
        };
        builder.Add(Time.GetUtcNow().ToUnixTimeMilliseconds(), new byte[] { 0, 0, 0, (byte)(commit ? 1 : 0) }, new byte[6]);
        return Log.AppendAsFollower(builder.Build()).FirstOffset;
    }

    /// <summary>Fills the active segment with records of keys nobody asks for, until a new one begins.</summary>
    public void Roll()
    {
        var segments = Log.SegmentCount;
        for (var i = 0; Log.SegmentCount == segments; i++)
            Append($"filler-{i}=" + new string('.', 100));
    }

    /// <summary>All records a reader sees, fillers left out, as "offset key=value".</summary>
    public List<string> Read() => [.. ReadRecords().Where(r => !Text(r.Key).StartsWith("filler", StringComparison.Ordinal))
        .Select(r => $"{r.Offset} {Text(r.Key)}{(r.Value is { } v ? "=" + Text(v) : "")}")];

    public List<Record> ReadRecords()
    {
        var records = new List<Record>();
        foreach (var batch in ReadBatches())
        {
            if (!new RecordBatch(batch).IsControl)
                records.AddRange(RecordBatchReader.Read(batch));
        }
        return records;
    }

    /// <summary>Every batch from the log start to the log end, read in small steps as a consumer does.</summary>
    public List<byte[]> ReadBatches()
    {
        var batches = new List<byte[]>();
        for (var next = Log.LogStartOffset; next < Log.LogEndOffset;)
        {
            using var read = Log.Read(next, 500, Log.LogEndOffset, atLeastOneBatch: true);
            if (read.Records.IsEmpty)
                break;
            for (var rest = read.Records; rest.Length > 0;)
            {
                var length = (int)new RecordBatch(rest.Span).Length;
                Assert.True(new RecordBatch(rest.Span).CrcIsValid);
                batches.Add(rest[..length].ToArray());
                rest = rest[length..];
            }
            next = read.NextOffset;
        }
        return batches;
    }

    public async ValueTask DisposeAsync()
    {
        await Cleaner.DisposeAsync();
        await _directories.DisposeAsync();
        if (_files is DiskLogFiles)
            Directory.Delete(_root, recursive: true);
    }

    public static string Text(ReadOnlyMemory<byte>? bytes) => bytes is { } b ? Encoding.UTF8.GetString(b.Span) : "";

    private void Fill(RecordBatchBuilder builder, string[] records)
    {
        foreach (var record in records)
        {
            var (key, value) = record.Split('=') is [var k, var v] ? (k, v) : (record, null);
            builder.Add(Time.GetUtcNow().ToUnixTimeMilliseconds(), Encoding.UTF8.GetBytes(key), value is null ? (ReadOnlyMemory<byte>?)null : Encoding.UTF8.GetBytes(value));
        }
    }

    private (LogDirectories, PartitionLog, LogCleaner) Open()
    {
        _files.CreateDirectory(_root);
        var directories = LogDirectories.Open([_root], _files, Time, NullLoggerFactory.Instance);
        directories.Adopt(1, "c");
        var loading = directories.LoadAsync(Options, _ => null, CancellationToken.None);
        Assert.True(loading.IsCompletedSuccessfully || loading.Wait(TimeSpan.FromSeconds(30), CancellationToken.None));
        var log = directories.GetOrCreate(Id, Guid.Empty, Options, isNew: true);
        log.Options = Options;
        return (directories, log, new LogCleaner(directories, () => [this], CleanerOptions, Time, NullLogger<LogCleaner>.Instance));
    }
}
