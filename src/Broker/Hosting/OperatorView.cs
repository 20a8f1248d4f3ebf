using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Broker.Log;
using ClassicBroker.Broker.Log.Compaction;
using ClassicBroker.Broker.Metadata;
using ClassicBroker.Broker.Replication;
using Microsoft.Extensions.DependencyInjection;

namespace ClassicBroker.Broker.Hosting;

/// <summary>
/// What operators see of the broker: is it ready, and what does it hold. There from the first moment of the process, before the parts it looks at.
/// Owner: <see cref="BrokerServer"/> attaches the parts and says when clients are served; read by HTTP requests.
/// </summary>
internal sealed class OperatorView
{
    private volatile IServiceProvider? _parts;
    private volatile bool _serving;

    public bool IsServing
    {
        get => _serving;
        set => _serving = value;
    }

    public void Attach(IServiceProvider? parts) => _parts = parts;

    public HealthAnswer Ready()
    {
        if (!_serving || _parts is not { } parts)
        {
            return new HealthAnswer(false, _parts is { } starting ? $"starting or stopping; {Loading(starting)}" : "starting or stopping");
        }

        return parts.GetRequiredService<MetadataCache>().Current.Brokers.ContainsKey(parts.GetRequiredService<BrokerIdentity>().BrokerId)
            ? new HealthAnswer(true, "registered, told the cluster by the controller, serving")
            : new HealthAnswer(false, "registered, but the controller has not told the cluster yet");
    }

    private static string Loading(IServiceProvider parts) =>
        string.Join("; ", parts.GetRequiredService<LogDirectories>().All.Select(d => $"{d.Path}: {d.Progress}"));

    public BrokerStatus Status()
    {
        if (_parts is not { } parts)
        {
            return new BrokerStatus(-1, BrokerIdentity.NotRegistered.Value, "", -1, false, [], [], []);
        }

        var identity = parts.GetRequiredService<BrokerIdentity>();
        var snapshot = parts.GetRequiredService<MetadataCache>().Current;
        return new BrokerStatus(
            identity.BrokerId,
            identity.BrokerEpoch.Value,
            identity.ClusterId,
            snapshot.ControllerId ?? -1,
            Ready().Ok,
            [.. snapshot.Brokers.Values.OrderBy(b => b.Id).Select(b =>
                new BrokerLine(b.Id, b.Epoch, b.Rack, b.Endpoints.ConvertAll(e => $"{e.Listener}://{e.Host}:{e.Port}")))],
            [.. parts.GetRequiredService<PartitionRegistry>().All.Select(p => Line(p.Status()))
                .OrderBy(l => l.Topic, StringComparer.Ordinal).ThenBy(l => l.Partition)],
            [.. parts.GetRequiredService<LogDirectories>().All.Select(Line)],
            Line(parts.GetRequiredService<LogCleaner>().Status, parts.GetRequiredService<TimeProvider>()));
    }

    private static CleanerLine Line(CleanerStatus status, TimeProvider time) => new(
        status.MaxDirtyPercent,
        status.LastLook is { } last ? (long)(time.GetUtcNow() - last).TotalMilliseconds : -1,
        status.Rounds, status.BytesRead, status.BytesWritten, status.RecordsRead, status.RecordsKept, status.MaxMapPercent,
        (long)status.LongestRound.TotalMilliseconds,
        [.. status.Uncleanable.Select(u => $"{u.Key}: {u.Value}")]);

    private static LogDirectoryLine Line(LogDirectory directory) => new(
        directory.Path, !directory.IsOffline, directory.IsFull, directory.Waiting.TotalSeconds, directory.Failure?.Message, directory.Progress.Logs,
        directory.Progress.LogsLoaded, directory.Progress.SegmentsToScan, directory.Progress.SegmentsScanned, directory.Progress.MegabytesPerSecond,
        directory.Progress.BytesCut, directory.Progress.SegmentsDamaged, [.. directory.UnusableLogs.Values]);

    private static PartitionLine Line(PartitionStatus status) => new(
        status.Id.Topic, status.Id.Partition, status.TopicId, status.Leader, status.LeaderEpoch, status.IsLeader, status.Replicas, status.Isr,
        status.LogStartOffset, status.LogEndOffset, status.HighWatermark, status.ZkVersion);
}
