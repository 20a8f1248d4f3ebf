using System.Globalization;
using System.Text;
using ClassicBroker.Coordination.ZooKeeper;
using ClassicBroker.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClassicBroker.Bench;

/// <summary>
/// What a controller does at failover, on a real ensemble: read the state of N partitions, write it again. Kafka's way (one request for each, ten in
/// flight), with a wide window, and in multiRead and multis of 200. Each way runs several times; the table shows best and median.
/// </summary>
internal static class ZooKeeperRequests
{
    private const int Rounds = 5;
    private const int MultiSize = 200;

    private static readonly byte[] State = Encoding.UTF8.GetBytes("""{"controller_epoch":1,"leader":1,"version":1,"leader_epoch":0,"isr":[1,2,3]}""");

    public static async Task<int> RunAsync(string[] args, TextWriter output)
    {
        int nodes = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 10_000;
        await using var ensemble = args.Length > 1 ? ZooKeeperEnsemble.Existing(args[1]) : await ZooKeeperEnsemble.StartAsync();
        await using var narrow = await ConnectAsync(ensemble, window: 10);
        await using var wide = await ConnectAsync(ensemble, window: 1024);
        string[] paths = [.. Enumerable.Range(0, nodes).Select(i => $"/partition-{i}")];
        await SetUpAsync(wide, paths);

        await output.WriteLineAsync($"{nodes} partition states of {State.Length} bytes, three-node ensemble, {Rounds} rounds, seconds");
        await output.WriteLineAsync($"{"way",-44}{"best",8}{"median",8}{"per second",12}");
        await MeasureAsync(output, "read one by one, 10 in flight (Kafka)", nodes, () => Task.WhenAll(paths.Select(path => narrow.GetAsync(path))));
        await MeasureAsync(output, "read one by one, 1024 in flight", nodes, () => Task.WhenAll(paths.Select(path => wide.GetAsync(path))));
        await MeasureAsync(output, "multiRead, all in one", nodes, () => wide.MultiReadAsync([.. paths.Select(path => new ZooKeeperRead.Get(path))]));
        await MeasureAsync(output, "multiRead, 1000 in each", nodes, () =>
            Task.WhenAll(paths.Chunk(1000).Select(part => wide.MultiReadAsync([.. part.Select(path => new ZooKeeperRead.Get(path))]))));
        await MeasureAsync(output, "set one by one, 10 in flight (Kafka)", nodes, () => Task.WhenAll(paths.Select(path => narrow.SetAsync(path, State))));
        await MeasureAsync(output, "set one by one, 1024 in flight", nodes, () => Task.WhenAll(paths.Select(path => wide.SetAsync(path, State))));
        await MeasureAsync(output, $"multis of {MultiSize}, each with its epoch check", nodes, () => Task.WhenAll(paths.Chunk(MultiSize).Select(part =>
            wide.MultiAsync([new ZooKeeperOp.Check("/epoch", 0), .. part.Select(path => new ZooKeeperOp.Set(path, State, -1))]))));
        return 0;
    }

    private static async Task SetUpAsync(IZooKeeper zk, string[] paths)
    {
        await zk.CreateAsync("/epoch", default, CreateMode.Persistent);
        await Task.WhenAll(paths.Chunk(MultiSize).Select(part =>
            zk.MultiAsync([.. part.Select(path => new ZooKeeperOp.Create(path, State, CreateMode.Persistent))])));
    }

    private static async Task MeasureAsync(TextWriter output, string way, int nodes, Func<Task> run)
    {
        await run(); // once for the JITs on both sides
        var seconds = new List<double>();
        for (int round = 0; round < Rounds; round++)
        {
            long from = TimeProvider.System.GetTimestamp();
            await run();
            seconds.Add(TimeProvider.System.GetElapsedTime(from).TotalSeconds);
        }

        seconds.Sort();
        double median = seconds[Rounds / 2];
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{way,-44}{seconds[0],8:F3}{median,8:F3}{nodes / median,12:N0}"));
    }

    private static Task<ZooKeeperClient> ConnectAsync(ZooKeeperEnsemble ensemble, int window)
    {
        var options = new ZooKeeperOptions { ConnectString = $"{ensemble.ConnectString}/bench-{Environment.ProcessId}", MaxInFlight = window };
        return ZooKeeperClient.ConnectAsync(options, TimeProvider.System, NullLogger<ZooKeeperClient>.Instance, CancellationToken.None);
    }
}
