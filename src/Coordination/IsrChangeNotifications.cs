using ClassicBroker.Coordination.ZNodes;
using ClassicBroker.Coordination.ZooKeeper;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Coordination;

/// <summary>One notification as found: its path (to delete it when handled) and the partitions it names.</summary>
public sealed record IsrChange(string Path, IReadOnlyList<(string Topic, int Partition)> Partitions);

/// <summary>
/// How leaders tell the controller that ISRs changed: sequential znodes that carry only names, many partitions in one. The
/// controller reads the states themselves and then deletes what it handled. Remembers nothing.
/// </summary>
public sealed class IsrChangeNotifications(IZooKeeper zk, ILogger<IsrChangeNotifications>? log = null)
{
    /// <summary>Partitions in one notification; about 1,000 names stay far below the size of a znode.</summary>
    private const int NamesPerNotification = 1000;

    public async Task WriteAsync(IReadOnlyCollection<(string Topic, int Partition)> partitions, CancellationToken ct = default)
    {
        // Written twice after a lost reply is harmless: it is only a hint to look.
        foreach (var batch in partitions.Chunk(NamesPerNotification))
            await LostReplies.RepeatAsync(() => zk.CreateAsync(IsrChangeNode.Prefix, IsrChangeNode.Encode(batch), CreateMode.PersistentSequential, ct));
    }

    /// <summary>All notifications, oldest first; one with junk content is returned without names, so that it gets deleted.</summary>
    public async Task<IReadOnlyList<IsrChange>> ReadAsync(CancellationToken ct = default)
    {
        var children = await LostReplies.RepeatAsync(() => zk.ChildrenAsync(IsrChangeNode.Parent, watch: false, ct));
        string[] paths = [.. children.Names.Order(StringComparer.Ordinal).Select(name => $"{IsrChangeNode.Parent}/{name}")];
        var results = await Batches.GetAsync(zk, paths, ct);
        return [.. paths.Zip(results).Where(pair => pair.Second.Data is not null)
            .Select(pair => new IsrChange(pair.First, Names(pair.First, pair.Second.Data!)))];
    }

    /// <summary>Deletes handled notifications, behind the controller's fence.</summary>
    /// <exception cref="ControllerMovedException">another controller was elected; it will handle them again.</exception>
    public Task DeleteAsync(IReadOnlyCollection<string> paths, ControllerTerm term, CancellationToken ct = default) =>
        PartitionStateWrites.DeleteAsync(zk, paths, term, ct);

    private IReadOnlyList<(string, int)> Names(string path, byte[] data)
    {
        try
        {
            return IsrChangeNode.Decode(path, data);
        }
        catch (ZNodeFormatException e)
        {
            log?.LogWarning("{Reason}", e.Message);
            return [];
        }
    }
}
