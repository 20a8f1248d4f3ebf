using ClassicBroker.Broker.Log;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Testing;

namespace ClassicBroker.Unit.Log;

/// <summary>
/// Row 17 of the fault matrix: each file beside the records, with each damage, after an orderly stop and after a crash. The start succeeds, every record is
/// there and found by time, the epochs are right.
/// </summary>
public sealed class DamagedFileTests
{
    private const int Records = 60;

    private static readonly LogOptions Small = new() { SegmentBytes = 1500, IndexIntervalBytes = 200 };

    private static readonly string[] Damages = ["missing", "empty", "one byte short", "half", "one byte more", "zeros", "garbage", "text", "stale", "foreign"];

    [Fact]
    public async Task Every_file_with_every_damage_is_handled()
    {
        var (clean, stale) = await LifeAsync(new DiskBench(), "t", first: 0);
        var (foreign, _) = await LifeAsync(new DiskBench(), "u", first: 1);
        var tried = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var path in FilesOf(clean))
        {
            foreach (var damage in Damages)
            {
                foreach (var orderly in new[] { true, false })
                {
                    var disk = clean.Copy();
                    if (!orderly)
                        disk.DeleteFile(DiskBench.Root + "/.kafka_cleanshutdown");
                    if (!Damage(disk, path, damage, stale, foreign))
                        continue;
                    await CheckAsync(disk, path, damage, orderly);
                    var kind = Path.GetExtension(path) is { Length: > 6 } or "" or ".kafka_cleanshutdown" ? Path.GetFileName(path) : "*" + Path.GetExtension(path);
                    tried[kind] = tried.GetValueOrDefault(kind) + 1;
                }
            }
        }
        Assert.InRange(tried.Count, 9, 20);
        TestContext.Current.TestOutputHelper?.WriteLine($"{tried.Values.Sum()} starts: {string.Join(", ", tried.Select(t => $"{t.Key} {t.Value}"))}");
    }

    // two segments and more, three epochs, an idempotent producer's worth of files; also the directory as it was half way
    private static async Task<(MemoryDisk Clean, MemoryDisk Stale)> LifeAsync(DiskBench bench, string topic, int first)
    {
        MemoryDisk? stale = null;
        var id = new TopicPartition(topic, 0);
        for (var life = 0; life < 2; life++)
        {
            await using var directories = await bench.StartAsync(Small);
            var log = directories.GetOrCreate(id, new Guid(first + 1, 0, 0, new byte[8]), Small, isNew: true);
            for (var i = 0; i < Records / 2; i++)
            {
                var number = life * Records / 2 + i;
                LogBench.Append(log, epoch: first + number / 20, valueBytes: 10 + first * 7 + i % 5, timestamp: Time(number) + first);
            }
            log.MoveLogStart(2);
            directories.All[0].WriteHighWatermarks([KeyValuePair.Create(id, log.LogEndOffset)]);
            await directories.StopAsync(7, CancellationToken.None);
            stale ??= bench.Disk.Copy();
        }
        return (bench.Disk, stale!);
    }

    private static List<string> FilesOf(MemoryDisk disk)
    {
        var files = new List<string>();
        foreach (var directory in new[] { DiskBench.Root, DiskBench.Partition })
            files.AddRange(disk.ListFiles(directory).Where(n => !n.EndsWith(".log", StringComparison.Ordinal) && n is not (".lock" or "meta.properties")).Select(n => $"{directory}/{n}"));
        // not written yet by these records, but Kafka's cleaner and transactions leave them
        files.Add(DiskBench.Root + "/cleaner-offset-checkpoint");
        files.Add(DiskBench.Partition + "/00000000000000000000.txnindex");
        return files;
    }

    private static bool Damage(MemoryDisk disk, string path, string damage, MemoryDisk stale, MemoryDisk foreign)
    {
        var bytes = disk.FileExists(path) ? disk.ReadAllBytes(path) : new byte[34];
        var random = new byte[Math.Max(bytes.Length, 24)];
        new Random(bytes.Length).NextBytes(random);
        switch (damage)
        {
            case "missing":
                disk.DeleteFile(path);
                return true;
            case "stale" or "foreign":
                var from = damage == "stale" ? stale : foreign;
                var theirs = damage == "stale" ? path : path.Replace("/t-0/", "/u-0/", StringComparison.Ordinal);
                if (!from.FileExists(theirs))
                    return false;
                disk.Put(path, from.ReadAllBytes(theirs));
                return true;
        }
        disk.Put(path, damage switch
        {
            "empty" => [],
            "one byte short" => bytes.AsSpan(0, Math.Max(bytes.Length - 1, 0)),
            "half" => bytes.AsSpan(0, bytes.Length / 2),
            "one byte more" => [.. bytes, 0x31],
            "zeros" => new byte[bytes.Length],
            "garbage" => random,
            _ => "0\n1000000000\nt 0 -5\nx"u8,
        });
        return true;
    }

    private static async Task CheckAsync(MemoryDisk disk, string path, string damage, bool orderly)
    {
        var bench = new DiskBench(disk);
        var what = $"{path}, {damage}, {(orderly ? "orderly" : "crash")}";
        await using var directories = await bench.StartAsync(Small);
        var log = directories.Find(DiskBench.Id);
        Assert.True(log is not null && !directories.All[0].IsOffline, what);
        Assert.True(log.LogEndOffset == Records, what);
        Assert.True(LogBench.Offsets(log).SequenceEqual(Enumerable.Range((int)log.LogStartOffset, Records - (int)log.LogStartOffset).Select(o => (long)o)), what);
        // the only thing no other file tells is how far records were deleted
        Assert.True(log.LogStartOffset == 2 || path.EndsWith("log-start-offset-checkpoint", StringComparison.Ordinal), what);
        foreach (var number in new[] { 5, 31, Records - 1 })
            Assert.True(log.FindByTimestamp(Time(number), Records)?.Offset == number, $"{what}: offset of time {number} is {log.FindByTimestamp(Time(number), Records)}");
        Assert.True(log.MaxTimestamp(Records)?.Offset == Records - 1, what);
        Assert.True(log.EndOffsetFor(0) == (0, 20) && log.EndOffsetFor(1) == (1, 40) && log.EndOffsetFor(2) == (2, Records), $"{what}: {log.EndOffsetFor(0)} {log.EndOffsetFor(1)} {log.EndOffsetFor(2)}");
        Assert.True(LogBench.Append(log, epoch: 3).FirstOffset == Records, what);
    }

    private static long Time(int number) => 1_700_000_000_000 + number * 1000;
}
