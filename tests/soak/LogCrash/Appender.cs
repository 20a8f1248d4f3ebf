using System.Globalization;
using ClassicBroker.Broker.Log;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Records;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClassicBroker.Soak.LogCrash;

/// <summary>The process that is killed: it appends small and large batches to a few partitions, and says of each that it is stored.</summary>
internal static class Appender
{
    public const int Partitions = 3;

    public static readonly LogOptions Options = new() { SegmentBytes = 512 * 1024, MaxMessageBytes = 2 * 1024 * 1024 };

    public static TopicPartition Id(int partition) => new("crash", partition);

    public static async Task<LogDirectories> OpenAsync(string directory)
    {
        var directories = LogDirectories.Open([directory], new DiskLogFiles(), TimeProvider.System, NullLoggerFactory.Instance);
        directories.Adopt(1, "crash");
        await directories.LoadAsync(Options, _ => null, CancellationToken.None, threadsPerDirectory: 2);
        return directories;
    }

    public static async Task RunAsync(string directory, int seed)
    {
        var chance = new Random(seed);
        var directories = await OpenAsync(directory);
        await directories.StartAsync(CancellationToken.None);
        using var output = Console.OpenStandardOutput();
        while (true)
        {
            var partition = chance.Next(Partitions);
            var log = directories.GetOrCreate(Id(partition), Guid.Empty, Options, isNew: true);
            var batch = Batch(chance);
            var appended = log.AppendAsLeader(batch, 0, AppendRules.FromClient(9));
            if (chance.Next(200) == 0)
                log.Flush();
            if (chance.Next(500) == 0)
                directories.Checkpoint();
            // one write of one line: whoever reads it whole was told
            var line = string.Create(CultureInfo.InvariantCulture, $"{partition} {appended.FirstOffset} {appended.LastOffset} {new RecordBatch(batch).Crc}\n");
            output.Write(System.Text.Encoding.ASCII.GetBytes(line));
        }
    }

    private static byte[] Batch(Random chance)
    {
        var builder = new RecordBatchBuilder();
        for (var records = chance.Next(1, 5); records > 0; records--)
        {
            // a large one now and then: those are what a kill tears
            var value = new byte[chance.Next(20) == 0 ? chance.Next(120_000) : chance.Next(2000)];
            chance.NextBytes(value);
            builder.Add(1_700_000_000_000, null, value);
        }
        return builder.Build();
    }
}
