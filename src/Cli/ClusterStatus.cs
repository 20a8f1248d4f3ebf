using System.Text.Json;
using ClassicBroker.Coordination.ZooKeeper;
using ClassicBroker.Coordination.ZNodes;
using ClassicBroker.Testing;

namespace ClassicBroker.Cli;

/// <summary>
/// A cluster seen from outside at one moment. Each broker is asked for its own <c>/status</c>, ZooKeeper for the controller;
/// of a partition the line of the highest leader epoch counts, and every replica's LEO is that replica's own word.
/// The parts are read one after the other, so numbers of a busy cluster are a little apart.
/// </summary>
internal sealed record ClusterStatus(
    string BootstrapServers, string ZooKeeperConnect, string ZooKeeper, int? Controller, int? ControllerEpoch,
    IReadOnlyList<ClusterStatus.Broker> Brokers, IReadOnlyList<ClusterStatus.PartitionLine> Partitions)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    // A broker answers from memory; one that needs longer is as good as silent for someone who looks at a screen.
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(3);

    /// <summary>One broker. State is ready, starting, silent or dead.</summary>
    internal sealed record Broker(int Id, string State, string Address, int? Pid, long ResidentBytes, long? Epoch, int Leads, int Replicas);

    /// <summary>One partition. HighWatermark is the leader's, -1 when the leader did not answer.</summary>
    internal sealed record PartitionLine(
        string Topic, int Partition, int Leader, int LeaderEpoch, IReadOnlyList<int> Replicas, IReadOnlyList<int> Isr,
        long HighWatermark, IReadOnlyDictionary<int, long> LogEndOffsets);

    /// <summary>Asks everyone.</summary>
    public static async Task<ClusterStatus> ReadAsync(ClusterState state, string dataDirectory, CancellationToken cancel)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = AnswerWithin };
        var answers = await Task.WhenAll(state.Brokers.Select(b => AskAsync(http, b, cancel))).ConfigureAwait(false);
        var (controller, epoch, ensemble) = await ReadControllerAsync(state, dataDirectory, cancel).ConfigureAwait(false);
        return new ClusterStatus(
            state.BootstrapServers, state.ZooKeeperConnect, ensemble, controller, epoch,
            [.. state.Brokers.Zip(answers, Line)], Merge(answers.OfType<BrokerAnswer>().ToList()));
    }

    private static Broker Line(BrokerState broker, BrokerAnswer? answer)
    {
        var state = !broker.IsRunning() ? "dead" : answer is null ? "silent" : answer.Ready ? "ready" : "starting";
        return new Broker(
            broker.Id, state, $"{broker.Host}:{broker.Port}", state == "dead" ? null : broker.Process!.Id, broker.Process?.ResidentBytes ?? 0,
            answer?.BrokerEpoch, answer?.Partitions.Count(p => p.IsLeader) ?? 0, answer?.Partitions.Count ?? 0);
    }

    private static List<PartitionLine> Merge(IReadOnlyList<BrokerAnswer> answers) =>
        [.. answers
            .SelectMany(a => a.Partitions.Select(p => (a.BrokerId, Line: p)))
            .GroupBy(p => (p.Line.Topic, p.Line.Partition))
            .OrderBy(g => g.Key.Topic, StringComparer.Ordinal).ThenBy(g => g.Key.Partition)
            .Select(replicas =>
            {
                var latest = replicas.OrderByDescending(r => r.Line.LeaderEpoch).ThenByDescending(r => r.Line.IsLeader).First().Line;
                var leader = replicas.Where(r => r.Line.IsLeader).OrderByDescending(r => r.Line.LeaderEpoch).Select(r => r.Line).FirstOrDefault();
                return new PartitionLine(
                    latest.Topic, latest.Partition, latest.Leader, latest.LeaderEpoch, latest.Replicas, latest.Isr, leader?.HighWatermark ?? -1,
                    replicas.OrderBy(r => r.BrokerId).ToDictionary(r => r.BrokerId, r => r.Line.LogEndOffset));
            })];

    private static async Task<BrokerAnswer?> AskAsync(HttpClient http, BrokerState broker, CancellationToken cancel)
    {
        if (!broker.IsRunning()) return null;
        try
        {
            var text = await http.GetStringAsync($"http://{broker.Host}:{broker.HttpPort}/status", cancel).ConfigureAwait(false);
            return JsonSerializer.Deserialize<BrokerAnswer>(text, Json);
        }
        catch (Exception silent) when (silent is HttpRequestException || (silent is TaskCanceledException && !cancel.IsCancellationRequested))
        {
            return null;
        }
    }

    private static async Task<(int? Id, int? Epoch, string Ensemble)> ReadControllerAsync(ClusterState state, string dataDirectory, CancellationToken cancel)
    {
        var ensemble = await OwnEnsemble.DescribeAsync(dataDirectory, cancel).ConfigureAwait(false);
        try
        {
            await using var zk = await ZooKeeperAccess.ConnectAsync(state.ZooKeeperConnect, cancel).ConfigureAwait(false);
            var seat = await zk.TryGetAsync(ControllerNode.Path, ct: cancel).ConfigureAwait(false);
            var epoch = await zk.TryGetAsync(ControllerEpochNode.Path, ct: cancel).ConfigureAwait(false);
            return (seat is null ? null : ControllerNode.Decode(seat.Data), epoch is null ? null : ControllerEpochNode.Decode(epoch.Data).Value, ensemble ?? "answers");
        }
        catch (Exception silent) when (silent is ClusterException or ZooKeeperException or TimeoutException)
        {
            return (null, null, ensemble ?? "does not answer");
        }
    }

    // The broker's /status, as far as it is shown.
    private sealed record BrokerAnswer(int BrokerId, long BrokerEpoch, int ControllerId, bool Ready, IReadOnlyList<ReplicaAnswer> Partitions);

    private sealed record ReplicaAnswer(
        string Topic, int Partition, int Leader, int LeaderEpoch, bool IsLeader, IReadOnlyList<int> Replicas, IReadOnlyList<int> Isr,
        long LogEndOffset, long HighWatermark);
}
