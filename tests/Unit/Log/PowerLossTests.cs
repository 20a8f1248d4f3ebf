using ClassicBroker.Broker.Log;
using ClassicBroker.Testing;

namespace ClassicBroker.Unit.Log;

/// <summary>
/// Row 18 of the fault matrix, one replica: the power goes at a random moment, and of everything that was not flushed chance keeps a part. With a flush at each
/// append nothing acknowledged is lost; without, what was flushed is not, and what comes back is what was written. A process that dies loses nothing.
/// </summary>
public sealed class PowerLossTests
{
    private static readonly LogOptions Small = new() { SegmentBytes = 1500, IndexIntervalBytes = 200, FileDeleteDelayMs = 0 };

    [Fact]
    public async Task Flushed_at_each_append_nothing_is_lost()
    {
        for (var seed = 0; seed < 300; seed++)
            await LiveAsync(seed, Small with { FlushMessages = 1 }, (disk, chance) => disk.PowerLoss(chance, keepNothing: seed % 3 == 0), log => log.LogEndOffset);
    }

    [Fact]
    public async Task Not_flushed_what_was_flushed_is_not_lost()
    {
        for (var seed = 0; seed < 300; seed++)
            await LiveAsync(seed, Small, (disk, chance) => disk.PowerLoss(chance, keepNothing: seed % 3 == 0), log => log.RecoveryPoint);
    }

    [Fact]
    public async Task A_process_that_dies_loses_nothing()
    {
        for (var seed = 0; seed < 200; seed++)
            await LiveAsync(seed, Small, (disk, _) => disk.ProcessDeath(), log => log.LogEndOffset);
    }

    // three lives of one directory, each ended by a crash (the last one sometimes by an orderly stop and then a crash)
    private static async Task LiveAsync(int seed, LogOptions options, Action<MemoryDisk, Random> crash, Func<PartitionLog, long> promised)
    {
        var chance = new Random(seed);
        var bench = new DiskBench();
        var written = new Dictionary<long, byte[]>();
        long mustHave = 0;
        for (var life = 0; life < 4; life++)
        {
            var directories = await bench.StartAsync(options);
            var log = directories.GetOrCreate(DiskBench.Id, Guid.Empty, options, isNew: true);
            var found = DiskBench.Batches(log);
            Assert.True(log.LogEndOffset >= mustHave, $"seed {seed}, life {life}: the log ends at {log.LogEndOffset}, {mustHave} was promised");
            foreach (var (offset, bytes) in found)
                Assert.True(written[offset].AsSpan().SequenceEqual(bytes), $"seed {seed}, life {life}: other bytes at {offset}");
            Assert.Equal(log.LogEndOffset - log.LogStartOffset, LogBench.Offsets(log).Count);
            Assert.True(log.LatestEpoch is null || log.EndOffsetFor(log.LatestEpoch.Value).EndOffset == log.LogEndOffset);
            // what lies behind the promise may be gone; what is there from now on is the truth
            foreach (var gone in written.Keys.Where(o => o >= log.LogEndOffset).ToList())
                written.Remove(gone);
            for (var step = chance.Next(1, 40); step > 0; step--)
                Step(chance, bench, directories, log, written, epoch: life);
            mustHave = promised(log);
            if (chance.Next(4) == 0)
            {
                await directories.StopAsync(life, CancellationToken.None);
                mustHave = log.LogEndOffset;
            }
            crash(bench.Disk, chance);
        }
    }

    private static void Step(Random chance, DiskBench bench, LogDirectories directories, PartitionLog log, Dictionary<long, byte[]> written, int epoch)
    {
        bench.Time.Advance(TimeSpan.FromSeconds(1));
        switch (chance.Next(12))
        {
            case 0:
                directories.All[0].Tend();
                break;
            case 1:
                directories.Checkpoint();
                break;
            case 2 when log.LogEndOffset > 3:
                log.TruncateTo(log.LogEndOffset - chance.Next(3));
                foreach (var gone in written.Keys.Where(o => o >= log.LogEndOffset).ToList())
                    written.Remove(gone);
                break;
            default:
                var before = log.LogEndOffset;
                LogBench.Append(log, chance.Next(1, 4), epoch, chance.Next(1, 200), bench.Time.GetUtcNow().ToUnixTimeMilliseconds());
                DiskBench.Split(LogBench.Copy(log, before), written);
                break;
        }
    }
}
