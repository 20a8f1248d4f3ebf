using System.Diagnostics;
using System.Globalization;
using ClassicBroker.Broker.Log;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Soak.LogCrash;

/// <summary>Starts the child, kills it, opens what it left, and compares with what it had acknowledged.</summary>
public static class KillLoop
{
    // a fresh directory now and then, so that reading all of it stays quick
    private const int KillsPerDirectory = 20;

    /// <param name="Acknowledged">batches the child said were stored</param>
    /// <param name="Lost">of those, not found again</param>
    /// <param name="Wrong">found with other bytes, or not to be read</param>
    /// <param name="Cuts">logs whose torn tail was cut at an opening, with <paramref name="CutBytes"/> in all</param>
    public sealed record Verdict(int Kills, long Acknowledged, long Lost, long Wrong, long Cuts, long CutBytes)
    {
        public bool Passed => Lost == 0 && Wrong == 0 && Acknowledged > 0;

        public override string ToString() => string.Create(CultureInfo.InvariantCulture,
            $"{Kills} kills, {Acknowledged} batches acknowledged: {Lost} lost, {Wrong} wrong or unreadable; {Cuts} torn tails cut, {CutBytes} bytes: {(Passed ? "passed" : "FAILED")}");
    }

    public static async Task<Verdict> RunAsync(int kills, int seed)
    {
        var chance = new Random(seed);
        var verdict = new Verdict(0, 0, 0, 0, 0, 0);
        var folder = Directory.CreateTempSubdirectory("log-crash-").FullName;
        try
        {
            while (verdict.Kills < kills)
            {
                var directory = Path.Combine(folder, $"{verdict.Kills}");
                var stored = new Dictionary<(int Partition, long Offset), (long Last, uint Crc)>();
                for (var i = 0; i < KillsPerDirectory && verdict.Kills < kills; i++)
                {
                    var before = stored.Count;
                    await LifeAsync(directory, chance, stored);
                    verdict = await CheckAsync(directory, stored, verdict with { Kills = verdict.Kills + 1, Acknowledged = verdict.Acknowledged + stored.Count - before },
                        orderly: chance.Next(4) == 0);
                }
                Directory.Delete(directory, recursive: true);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
        return verdict;
    }

    private static async Task LifeAsync(string directory, Random chance, Dictionary<(int, long), (long, uint)> stored)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", typeof(KillLoop).Assembly.Location, "append", directory, $"{chance.Next()}"]) { RedirectStandardOutput = true };
        using var child = Process.Start(start)!;
        var killAfter = chance.Next(1, 400);
        while (await child.StandardOutput.ReadLineAsync() is { } line)
        {
            var parts = line.Split(' ');
            // the last line may be cut: then nobody was told
            if (parts.Length == 4 && uint.TryParse(parts[3], CultureInfo.InvariantCulture, out var crc) && Parse(parts, out var partition, out var first, out var last))
                stored[(partition, first)] = (last, crc);
            if (--killAfter == 0)
                child.Kill();
        }
        await child.WaitForExitAsync();
        if (killAfter > 0)
            throw new InvalidOperationException($"The child ended by itself with exit code {child.ExitCode}.");
    }

    private static bool Parse(string[] parts, out int partition, out long first, out long last)
    {
        first = last = 0;
        return int.TryParse(parts[0], CultureInfo.InvariantCulture, out partition) && long.TryParse(parts[1], CultureInfo.InvariantCulture, out first)
            && long.TryParse(parts[2], CultureInfo.InvariantCulture, out last);
    }

    private static async Task<Verdict> CheckAsync(string directory, Dictionary<(int Partition, long Offset), (long Last, uint Crc)> stored, Verdict verdict, bool orderly)
    {
        await using var directories = await Appender.OpenAsync(directory);
        var found = new Dictionary<(int, long), (long, uint)>();
        long wrong = 0;
        for (var partition = 0; partition < Appender.Partitions; partition++)
        {
            if (directories.Find(Appender.Id(partition)) is { } log)
                wrong += Read(log, partition, found);
        }
        var lost = stored.Count(s => !found.TryGetValue(s.Key, out var there) || there != s.Value);
        var progress = directories.All[0].Progress;
        if (orderly)
            await directories.StopAsync(1, CancellationToken.None);
        return verdict with { Lost = verdict.Lost + lost, Wrong = verdict.Wrong + wrong, Cuts = verdict.Cuts + progress.LogsCut, CutBytes = verdict.CutBytes + progress.BytesCut };
    }

    // every batch there is must be whole, and none may be missing between
    private static long Read(PartitionLog log, int partition, Dictionary<(int, long), (long, uint)> found)
    {
        for (var next = log.LogStartOffset; next < log.LogEndOffset;)
        {
            using var read = log.Read(next, 1 << 20, log.LogEndOffset, atLeastOneBatch: true);
            for (var rest = read.Records.Span; rest.Length > 0; rest = rest[(int)new RecordBatch(rest).Length..])
            {
                var batch = new RecordBatch(rest);
                if (!batch.CrcIsValid || batch.BaseOffset != next)
                    return 1;
                found[(partition, batch.BaseOffset)] = (batch.LastOffset, batch.Crc);
                next = batch.NextOffset;
            }
        }
        return 0;
    }
}
