using ClassicBroker.Broker.Log;
using ClassicBroker.Clients.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClassicBroker.Unit.Log;

public sealed class LogDirectoryTests : IDisposable
{
    private readonly LogBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task Logs_are_there_again_after_an_orderly_stop()
    {
        var id = Guid.NewGuid();
        await using (var directories = await OpenAsync("a", "b"))
        {
            for (var p = 0; p < 4; p++)
                LogBench.Append(directories.GetOrCreate(new TopicPartition("x-y", p), id, new LogOptions(), isNew: true), 3 + p);
            Assert.Equal([2, 2], directories.All.Select(d => d.Logs.Count));
            await directories.StopAsync(77, CancellationToken.None);
        }
        Assert.Equal("""{"version":0,"brokerEpoch":77}""", File.ReadAllText(PathOf("a", ".kafka_cleanshutdown")));
        Assert.Equal(["0", "2", "x-y 0 3", "x-y 2 5"], File.ReadAllLines(PathOf("a", "recovery-point-offset-checkpoint")).Order());
        await using var again = await OpenAsync("a", "b");
        Assert.False(File.Exists(PathOf("a", ".kafka_cleanshutdown")));
        Assert.Equal([3, 4, 5, 6], Enumerable.Range(0, 4).Select(p => again.Find(new TopicPartition("x-y", p))!.LogEndOffset));
        Assert.Equal(id, again.Find(new TopicPartition("x-y", 1))!.TopicId);
        Assert.Equal((1, "c"), (again.SavedBrokerId, again.SavedClusterId));
    }

    [Fact]
    public async Task Logs_are_recovered_after_a_crash()
    {
        await using (var directories = await OpenAsync("a"))
            LogBench.Append(directories.GetOrCreate(LogBench.Id, Guid.Empty, new LogOptions(), isNew: true), 3);
        using (var file = new FileStream(PathOf("a", "t-0", "00000000000000000000.log"), FileMode.Append))
            file.Write(new byte[100]);
        await using var again = await OpenAsync("a");
        Assert.Equal(3, again.Find(LogBench.Id)!.LogEndOffset);
        Assert.Contains("t 0 3", File.ReadAllLines(PathOf("a", "recovery-point-offset-checkpoint")));
    }

    [Fact]
    public async Task A_second_broker_is_told_who_holds_the_directory()
    {
        await using var first = await OpenAsync("a");
        var e = Assert.Throws<LogStorageException>(() => Locked("a"));
        Assert.Contains($"pid {Environment.ProcessId}", e.Message, StringComparison.Ordinal);
        Assert.Contains(PathOf("a"), e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Directories_of_another_broker_or_cluster_are_refused()
    {
        await (await OpenAsync("a")).DisposeAsync();
        await using (var directories = Locked("a"))
        {
            Assert.Contains("broker 1", Assert.Throws<LogStorageException>(() => directories.Adopt(2, "c")).Message, StringComparison.Ordinal);
            Assert.Contains("cluster c", Assert.Throws<LogStorageException>(() => directories.Adopt(1, "d")).Message, StringComparison.Ordinal);
        }
        Directory.CreateDirectory(PathOf("b"));
        File.WriteAllText(PathOf("b", "meta.properties"), "#\nversion=0\nbroker.id=9\ncluster.id=c\n");
        Assert.Contains("disagree", Assert.Throws<LogStorageException>(() => Locked("a", "b")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deleted_partition_leaves_at_once_and_its_bytes_later()
    {
        await using var directories = await OpenAsync("a");
        var log = directories.GetOrCreate(LogBench.Id, Guid.Empty, new LogOptions(), isNew: true);
        LogBench.Append(log);
        directories.Delete(LogBench.Id);
        Assert.Null(directories.Find(LogBench.Id));
        var moved = Assert.Single(Directory.GetDirectories(PathOf("a")));
        Assert.Matches("^t-0\\.[0-9a-f]{32}-delete$", Path.GetFileName(moved));
        Assert.Throws<LogStorageException>(() => LogBench.Append(log));
        Assert.Equal(0, directories.GetOrCreate(LogBench.Id, Guid.Empty, new LogOptions(), isNew: true).LogEndOffset);
        directories.All[0].Tend();
        Assert.True(Directory.Exists(moved));
        _bench.Time.Advance(TimeSpan.FromMinutes(2));
        directories.All[0].Tend();
        Assert.False(Directory.Exists(moved));
    }

    [Fact]
    public async Task A_crash_between_deletion_and_removal_leaves_nothing_behind()
    {
        await using (var directories = await OpenAsync("a"))
        {
            LogBench.Append(directories.GetOrCreate(LogBench.Id, Guid.Empty, new LogOptions(), isNew: true));
            directories.Delete(LogBench.Id);
        }
        await using var again = await OpenAsync("a");
        Assert.Null(again.Find(LogBench.Id));
        again.All[0].Tend();
        Assert.Empty(Directory.GetDirectories(PathOf("a")));
    }

    [Fact]
    public async Task High_watermarks_come_back_and_a_broken_file_is_none()
    {
        await using var directories = await OpenAsync("a");
        var directory = directories.All[0];
        directory.WriteHighWatermarks([KeyValuePair.Create(LogBench.Id, 5L), KeyValuePair.Create(new TopicPartition("u", 3), 0L)]);
        Assert.Equal("0\n2\nt 0 5\nu 3 0\n", File.ReadAllText(PathOf("a", "replication-offset-checkpoint")));
        Assert.Equal(5, directory.ReadHighWatermarks()[LogBench.Id]);
        File.WriteAllText(PathOf("a", "replication-offset-checkpoint"), "0\n2\nt 0 5\n");
        Assert.Empty(directory.ReadHighWatermarks());
    }

    [Fact]
    public async Task A_truncation_below_the_checkpointed_recovery_point_lowers_it_on_disk()
    {
        await using var directories = await OpenAsync("a");
        var log = directories.GetOrCreate(LogBench.Id, Guid.Empty, new LogOptions(), isNew: true);
        LogBench.Append(log, 5);
        LogBench.Append(log, 5);
        log.Flush();
        directories.Checkpoint();
        Assert.Contains("t 0 10", File.ReadAllLines(PathOf("a", "recovery-point-offset-checkpoint")));
        log.TruncateTo(5);
        Assert.Contains("t 0 5", File.ReadAllLines(PathOf("a", "recovery-point-offset-checkpoint")));
    }

    [Fact]
    public async Task Sealed_segments_are_flushed_by_the_loop()
    {
        await using var directories = await OpenAsync("a");
        var log = directories.GetOrCreate(LogBench.Id, Guid.Empty, new LogOptions { SegmentBytes = 200 }, isNew: true);
        LogBench.Append(log);
        directories.All[0].Tend();
        Assert.Equal(0, log.RecoveryPoint);
        for (var i = 0; i < 5; i++)
            LogBench.Append(log);
        directories.All[0].Tend();
        Assert.Equal(6, log.RecoveryPoint);
        directories.All[0].Tend();
        Assert.Equal(6, LogBench.Offsets(log).Count);
    }

    [Fact]
    public async Task A_disk_that_fails_one_log_takes_its_directory_offline_and_no_mark_is_left()
    {
        var files = new FailingLogFiles(_bench.Files);
        await using var directories = LogDirectories.Open([PathOf("a"), PathOf("b")], files, _bench.Time, NullLoggerFactory.Instance);
        directories.Adopt(1, "c");
        await directories.LoadAsync(new LogOptions(), _ => null, CancellationToken.None);
        var logs = Enumerable.Range(0, 4).Select(p => directories.GetOrCreate(new TopicPartition("t", p), Guid.Empty, new LogOptions(), isNew: true)).ToList();
        logs.ForEach(l => LogBench.Append(l));
        files.Broken = true;
        Assert.Throws<LogStorageException>(() => LogBench.Append(logs[0]));
        files.Broken = false;
        Assert.Equal([true, false, true, false], logs.Select(l => l.IsOffline));
        LogBench.Append(logs[1]);
        Assert.Throws<LogStorageException>(() => directories.GetOrCreate(new TopicPartition("t", 9), Guid.Empty, new LogOptions(), isNew: false));
        Assert.Same(directories.All[1], directories.DirectoryOf(directories.GetOrCreate(new TopicPartition("t", 9), Guid.Empty, new LogOptions(), isNew: true)));
        await directories.StopAsync(1, CancellationToken.None);
        Assert.False(File.Exists(PathOf("a", ".kafka_cleanshutdown")));
        Assert.True(File.Exists(PathOf("b", ".kafka_cleanshutdown")));
    }

    private LogDirectories Locked(params string[] names) =>
        LogDirectories.Open([.. names.Select(n => PathOf(n))], _bench.Files, _bench.Time, NullLoggerFactory.Instance);

    private async Task<LogDirectories> OpenAsync(params string[] names)
    {
        var directories = Locked(names);
        directories.Adopt(1, "c");
        await directories.LoadAsync(new LogOptions(), _ => null, CancellationToken.None);
        return directories;
    }

    private string PathOf(params string[] names) => Path.Combine([_bench.Root, .. names]);
}
