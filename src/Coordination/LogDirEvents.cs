using ClassicBroker.Coordination.ZNodes;
using ClassicBroker.Coordination.ZooKeeper;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Coordination;

/// <summary>One notification: its path, to delete it when handled, and the broker (null when the content is junk).</summary>
public sealed record LogDirEvent(string Path, int? Broker);

/// <summary>How a broker tells the controller that one of its log directories failed. Remembers nothing.</summary>
public sealed class LogDirEvents(IZooKeeper zk, ILogger<LogDirEvents>? log = null)
{
    /// <summary>Written twice after a lost reply is harmless: it is only a hint to ask the broker.</summary>
    public Task WriteAsync(int brokerId, CancellationToken ct = default) =>
        LostReplies.RepeatAsync(() => zk.CreateAsync(LogDirEventNode.Prefix, LogDirEventNode.Encode(brokerId), CreateMode.PersistentSequential, ct));

    /// <summary>All notifications, oldest first.</summary>
    public async Task<IReadOnlyList<LogDirEvent>> ReadAsync(CancellationToken ct = default)
    {
        var children = await LostReplies.RepeatAsync(() => zk.ChildrenAsync(LogDirEventNode.Parent, watch: false, ct));
        string[] paths = [.. children.Names.Order(StringComparer.Ordinal).Select(name => $"{LogDirEventNode.Parent}/{name}")];
        var results = await Batches.GetAsync(zk, paths, ct);
        return [.. paths.Zip(results).Where(pair => pair.Second.Data is not null).Select(pair => new LogDirEvent(pair.First, Broker(pair.First, pair.Second.Data!)))];
    }

    /// <exception cref="ControllerMovedException">another controller was elected; it will handle them again.</exception>
    public Task DeleteAsync(IReadOnlyCollection<string> paths, ControllerTerm term, CancellationToken ct = default) =>
        PartitionStateWrites.DeleteAsync(zk, paths, term, ct);

    private int? Broker(string path, byte[] data)
    {
        try
        {
            return LogDirEventNode.Decode(path, data);
        }
        catch (ZNodeFormatException e)
        {
            log?.LogWarning("{Reason}", e.Message);
            return null;
        }
    }
}
