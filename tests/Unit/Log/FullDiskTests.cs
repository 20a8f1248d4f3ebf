using ClassicBroker.Broker.Log;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Testing;

namespace ClassicBroker.Unit.Log;

/// <summary>Row 13 of the fault matrix: the disk is full while appending, rolling, checkpointing, at the start and at the stop.</summary>
public sealed class FullDiskTests
{
    private static readonly LogOptions Small = new() { SegmentBytes = 1500, IndexIntervalBytes = 200 };

    private readonly DiskBench _bench = new();

    [Fact]
    public void Every_moment_of_an_append_may_find_it_full_and_the_log_goes_on_when_there_is_room()
    {
        // one byte more room each time: the room ends in a batch, an index, a snapshot, the epochs, a new segment
        for (var room = 0; room < 2500; room += 7)
        {
            var bench = new DiskBench();
            using var log = bench.Open(Small);
            bench.Disk.FlushDirectory(DiskBench.Root);
            bench.Disk.FreeBytes = room;
            var stored = 0;
            var refused = Assert.Throws<LogStorageException>(() =>
            {
                for (; stored < 100; stored++)
                    LogBench.Append(log, epoch: stored / 5, timestamp: 1000 + stored);
            });
            Assert.Contains("full", refused.Message, StringComparison.Ordinal);
            Assert.False(log.IsOffline);
            Assert.Equal(stored, LogBench.Offsets(log).Count);
            bench.Disk.FreeBytes = 0;
            Assert.Throws<LogStorageException>(() => LogBench.Append(log));
            bench.Disk.FreeBytes = long.MaxValue;
            for (; stored < 30; stored++)
                LogBench.Append(log, epoch: stored / 5, timestamp: 1000 + stored);
            log.Flush();
            Assert.Equal(stored, LogBench.Offsets(log).Count);
            Assert.Equal(17, log.FindByTimestamp(1017, 30)!.Value.Offset);
            bench.Disk.PowerLoss(new Random(room), keepNothing: true);
            using var again = bench.Open(Small, recoveryPoint: stored);
            Assert.Equal((stored, log.LatestEpoch), (LogBench.Offsets(again).Count, again.LatestEpoch));
        }
    }

    [Fact]
    public void A_follower_that_finds_it_full_forgets_the_epochs_that_did_not_fit()
    {
        using var log = _bench.Open(Small);
        var copy = new DiskBench();
        using (var leader = copy.Open())
        {
            for (var i = 0; i < 6; i++)
                LogBench.Append(leader, epoch: i);
            _bench.Disk.FreeBytes = 100;
            Assert.Throws<LogStorageException>(() => log.AppendAsFollower(LogBench.Copy(leader, 0)));
            Assert.Equal(0, log.LogEndOffset);
            _bench.Disk.FreeBytes = long.MaxValue;
            log.AppendAsFollower(LogBench.Copy(leader, 0));
        }
        Assert.Equal((6L, 5), (log.LogEndOffset, log.LatestEpoch));
    }

    [Fact]
    public async Task Checkpoints_that_do_not_fit_leave_the_directory_online()
    {
        await using var directories = await _bench.StartAsync(Small);
        var log = directories.GetOrCreate(DiskBench.Id, Guid.Empty, Small, isNew: true);
        for (var i = 0; i < 30; i++)
            LogBench.Append(log);
        log.Flush();
        directories.Checkpoint();
        _bench.Disk.FreeBytes = 0;
        directories.Checkpoint();
        directories.All[0].WriteHighWatermarks([KeyValuePair.Create(DiskBench.Id, 5L)]);
        Assert.False(directories.All[0].IsOffline);
        Assert.True(directories.All[0].IsFull);
        // a cut below what the file names as flushed: without room for a right file, none stays
        log.TruncateTo(12);
        Assert.False(_bench.Disk.FileExists(DiskBench.Root + "/recovery-point-offset-checkpoint"));
        Assert.Equal(12, LogBench.Offsets(log).Count);
        _bench.Disk.FreeBytes = long.MaxValue;
        directories.Checkpoint();
        Assert.False(directories.All[0].IsFull);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(60)]
    [InlineData(100)]
    [InlineData(200)]
    public async Task A_stop_that_could_not_write_everything_leaves_no_mark(int room)
    {
        var directories = await _bench.StartAsync(Small);
        var log = directories.GetOrCreate(DiskBench.Id, Guid.NewGuid(), Small, isNew: true);
        for (var i = 0; i < 30; i++)
            LogBench.Append(log, timestamp: 1000 + i);
        _bench.Disk.FreeBytes = room;
        await directories.StopAsync(5, CancellationToken.None);
        await directories.DisposeAsync();
        var marked = _bench.Disk.FileExists(DiskBench.Root + "/.kafka_cleanshutdown");
        Assert.False(marked && room < 200);
        _bench.Disk.PowerLoss(new Random(room));
        _bench.Disk.FreeBytes = long.MaxValue;
        await using var again = await _bench.StartAsync(Small);
        if (again.Find(DiskBench.Id) is { } found)
            Assert.Equal(found.LogEndOffset, LogBench.Offsets(found).Count);
    }

    [Fact]
    public async Task A_start_on_a_full_disk_serves_reads_and_leaves_no_false_mark()
    {
        await using (var first = await _bench.StartAsync(Small))
        {
            var log = first.GetOrCreate(DiskBench.Id, Guid.Empty, Small, isNew: true);
            for (var i = 0; i < 30; i++)
                LogBench.Append(log, timestamp: 1000 + i);
        }
        foreach (var name in _bench.Disk.ListFiles(DiskBench.Partition).Where(n => n.EndsWith("index", StringComparison.Ordinal)))
            _bench.Disk.DeleteFile($"{DiskBench.Partition}/{name}");
        _bench.Disk.ProcessDeath();
        _bench.Disk.FreeBytes = 0;
        var full = await _bench.StartAsync(Small);
        var found = full.Find(DiskBench.Id)!;
        Assert.Equal(30, LogBench.Offsets(found).Count);
        Assert.Equal(17, found.FindByTimestamp(1017, 30)!.Value.Offset);
        full.All[0].Tend();
        Assert.Equal(30, LogBench.Offsets(found).Count);
        Assert.Throws<LogStorageException>(() => LogBench.Append(found));
        await full.StopAsync(1, CancellationToken.None);
        await full.DisposeAsync();
        Assert.False(_bench.Disk.FileExists(DiskBench.Root + "/.kafka_cleanshutdown"));
        _bench.Disk.FreeBytes = long.MaxValue;
        await using var again = await _bench.StartAsync(Small);
        Assert.Equal(30, LogBench.Append(again.Find(DiskBench.Id)!).FirstOffset);
    }

    [Fact]
    public async Task A_start_that_was_given_up_leaves_no_mark()
    {
        await using (var first = await _bench.StartAsync(Small))
            LogBench.Append(first.GetOrCreate(DiskBench.Id, Guid.Empty, Small, isNew: true));
        _bench.Disk.ProcessDeath();
        var directories = LogDirectories.Open([DiskBench.Root], _bench.Disk, _bench.Time, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => directories.LoadAsync(Small, _ => null, new CancellationToken(canceled: true)));
        await directories.StopAsync(1, CancellationToken.None);
        await directories.DisposeAsync();
        Assert.False(_bench.Disk.FileExists(DiskBench.Root + "/.kafka_cleanshutdown"));
    }
}
