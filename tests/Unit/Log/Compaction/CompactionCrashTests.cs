using ClassicBroker.Broker.Log;
using ClassicBroker.Broker.Log.Inspection;
using ClassicBroker.Clients.Records;
using ClassicBroker.Testing;
using Microsoft.Extensions.Time.Testing;

namespace ClassicBroker.Unit.Log.Compaction;

/// <summary>
/// The process dies, or the power goes, at every single operation of a cleaning on the disk. After the restart the log is what it was before the
/// segments of one group were put in place or what it was after, never a mix; and the next cleaning makes of it what the first would have made.
/// </summary>
public sealed class CompactionCrashTests
{
    private static readonly LogOptions Grown = CompactionBench.Small with { SegmentBytes = 4000 };

    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_060_000));

    [Fact]
    public async Task A_process_that_dies_at_any_operation_leaves_the_log_before_or_after_a_swap() =>
        await CrashEverywhereAsync(static (disk, _) => disk.ProcessDeath(), lives: 1);

    [Fact]
    public async Task Power_that_goes_at_any_operation_leaves_the_log_before_or_after_a_swap() =>
        await CrashEverywhereAsync(static (disk, chance) => disk.PowerLoss(chance, keepNothing: chance.Next(4) == 0), lives: 4);

    private async Task CrashEverywhereAsync(Action<MemoryDisk, Random> crash, int lives)
    {
        var prepared = await PrepareAsync();
        var (operations, states, final) = await CleanOnceAsync(prepared.Copy());
        Assert.InRange(states.Count, 3, 20);
        Assert.InRange(operations, 100, 5000);
        for (var at = 1; at <= operations; at++)
        {
            for (var life = 0; life < lives; life++)
            {
                var disk = prepared.Copy();
                await DieAsync(disk, at);
                crash(disk, new Random(at * 31 + life));
                await CheckAsync(disk, states, final, $"operation {at} of {operations}, life {life}");
            }
        }
    }

    private async Task<MemoryDisk> PrepareAsync()
    {
        var disk = new MemoryDisk(_time);
        await using var bench = Open(disk, CompactionBench.Small with { SegmentBytes = 900 });
        for (var i = 0; i < 60; i++)
        {
            bench.Append($"k{i % 7}={i}" + new string('x', 20), $"only-{i}=");
            if (i % 9 == 0)
            {
                bench.AppendOf(5 + i % 2, 0, true, $"k{i % 3}=aborted-{i}");
                bench.AppendMarker(5 + i % 2, commit: i % 2 == 0);
            }
        }
        bench.Roll();
        await bench.ReopenAsync(clean: true);
        // the second cleaning meets small left-overs of a first one, which grow together
        Assert.Equal(1, await bench.CleanAsync());
        for (var i = 0; i < 30; i++)
            bench.Append($"k{i % 7}=b{i}" + new string('x', 20), $"only-{i}=2");
        // whole segments of which nothing stays
        for (var i = 0; i < 60; i++)
            bench.Append($"hot={i}" + new string('x', 60));
        bench.Roll();
        bench.Options = Grown;
        await bench.ReopenAsync(clean: true);
        disk.FlushDirectory("/");
        disk.FlushDirectory("/d");
        disk.FlushDirectory("/d/t-0");
        return disk;
    }

    private async Task<(int Operations, List<string> States, List<string> Final)> CleanOnceAsync(MemoryDisk disk)
    {
        await using var bench = Open(disk, Grown);
        var (operations, states, counting) = (0, new List<string>(), true);
        disk.Fault = (_, _) =>
        {
            operations += counting ? 1 : 0;
            return null;
        };
        bench.BeforeLock = () =>
        {
            counting = false;
            var state = StateOf(bench);
            if (states.Count == 0 || states[^1] != state)
                states.Add(state);
            counting = true;
        };
        Assert.Equal(1, await bench.CleanAsync());
        return (operations, states, bench.Read());
    }

    private async Task DieAsync(MemoryDisk disk, int at)
    {
        var bench = Open(disk, Grown);
        var operations = 0;
        disk.Fault = (_, path) => ++operations >= at ? MemoryDisk.IoError(path) : null;
        await bench.CleanAsync();
        disk.Fault = null;
    }

    private async Task CheckAsync(MemoryDisk disk, List<string> states, List<string> final, string when)
    {
        await using var bench = Open(disk, Grown);
        Assert.True(states.Contains(StateOf(bench)), $"{when}: the log is neither before nor after a swap");
        var report = await new LogVerify(disk).VerifyAsync(bench.PartitionPath, 1, TestContext.Current.CancellationToken);
        // what power spoils of unflushed snapshots and indexes of other segments is passed over or built anew
        // and gaps of a swap that the crash kept from the cleaner's checkpoint are right, which the verifier cannot know
        Assert.DoesNotContain(report.AllFlaws, f => f.File.EndsWith(".log", StringComparison.Ordinal) && !f.Meaning.Contains("compaction leaves gaps", StringComparison.Ordinal));
        Assert.DoesNotContain(disk.ListFiles(bench.PartitionPath), n => n.EndsWith(".swap", StringComparison.Ordinal) || n.EndsWith(".cleaned", StringComparison.Ordinal));
        await bench.CleanAsync();
        Assert.True(final.SequenceEqual(bench.Read()), $"{when}: the next cleaning makes another log");
    }

    private CompactionBench Open(MemoryDisk disk, LogOptions options) => new(options, files: disk, time: _time, root: "/d");

    private static string StateOf(CompactionBench bench) =>
        string.Join(' ', bench.ReadBatches().Select(b => $"{new RecordBatch(b).BaseOffset}:{new RecordBatch(b).RecordCount}:{new RecordBatch(b).Crc:x}"));
}
