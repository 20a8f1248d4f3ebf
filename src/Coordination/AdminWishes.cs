using ClassicBroker.Coordination.ZNodes;
using ClassicBroker.Coordination.ZooKeeper;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Coordination;

/// <summary>
/// What old tools ask for by writing a znode below <c>/admin</c>: reassignments and preferred elections. Removing them is the controller's, behind its
/// fence. A znode with junk in it is reported and read as no wish at all, so that the controller removes it. Remembers nothing.
/// </summary>
public sealed class AdminWishes(IZooKeeper zk, ILogger<AdminWishes>? log = null)
{
    /// <summary>Null when there is no such znode.</summary>
    public Task<IReadOnlyList<(string Topic, int Partition, int[] Replicas)>?> ReassignmentsAsync(CancellationToken ct = default) =>
        ReadAsync(ReassignPartitionsNode.Path, data => ReassignPartitionsNode.Decode(data), ct);

    /// <summary>Null when there is no such znode.</summary>
    public Task<IReadOnlyList<(string Topic, int Partition)>?> PreferredElectionsAsync(CancellationToken ct = default) =>
        ReadAsync(PreferredElectionNode.Path, data => PreferredElectionNode.Decode(data), ct);

    /// <summary>Leaves only these reassignments; none removes the znode.</summary>
    /// <exception cref="ControllerMovedException">another controller was elected.</exception>
    public Task KeepReassignmentsAsync(IReadOnlyCollection<(string Topic, int Partition, int[] Replicas)> left, ControllerTerm term, CancellationToken ct = default) =>
        DoneAsync(left.Count == 0
            ? new ZooKeeperOp.Delete(ReassignPartitionsNode.Path, -1)
            : new ZooKeeperOp.Set(ReassignPartitionsNode.Path, ReassignPartitionsNode.Encode(left), -1), term, ct);

    /// <exception cref="ControllerMovedException">another controller was elected.</exception>
    public Task RemovePreferredElectionsAsync(ControllerTerm term, CancellationToken ct = default) =>
        DoneAsync(new ZooKeeperOp.Delete(PreferredElectionNode.Path, -1), term, ct);

    private async Task<IReadOnlyList<T>?> ReadAsync<T>(string path, Func<byte[], IReadOnlyList<T>> decode, CancellationToken ct)
    {
        var node = await LostReplies.RepeatAsync(() => zk.TryGetAsync(path, watch: false, ct));
        if (node is null) return null;
        try
        {
            return decode(node.Data);
        }
        catch (ZNodeFormatException e)
        {
            log?.LogError("{Reason} It is removed", e.Message);
            return [];
        }
    }

    private async Task DoneAsync(ZooKeeperOp step, ControllerTerm term, CancellationToken ct)
    {
        try
        {
            await LostReplies.RepeatAsync(() => PartitionStateWrites.FencedMultiAsync(zk, [step], term, ct));
        }
        catch (ZooKeeperException e) when (e.Error == ZooKeeperError.NoNode)
        {
            return;   // gone already
        }
    }
}
