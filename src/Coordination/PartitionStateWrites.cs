using ClassicBroker.Coordination.ZNodes;
using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Coordination;

/// <summary>One state the controller wants stored. <see cref="ZkVersion.Create"/>: the partition has no state znode yet.</summary>
public sealed record PartitionStateWrite(string Topic, int Partition, PartitionState State, ZkVersion ExpectedZkVersion)
{
    public bool IsCreate => ExpectedZkVersion == ZkVersion.Create;
}

/// <summary>
/// The controller's writes of partition states, 200 to a transaction. Every transaction begins with a check that
/// <c>/controller_epoch</c> has the version this controller won, so a deposed controller cannot change anything
/// (KAFKA-6082). When a transaction is refused because the leader of some partition wrote in between, or its reply was lost, the states are
/// read back: what landed counts, what lost the race is reported, the rest is tried again.
/// </summary>
public sealed class PartitionStateWrites(IZooKeeper zk, PartitionStateStore states)
{
    /// <returns>One result per write, in order: written with the new version, or what is stored instead.</returns>
    /// <exception cref="ControllerMovedException">another controller was elected.</exception>
    public async Task<IReadOnlyList<IsrWriteResult>> WriteAsync(
        IReadOnlyList<PartitionStateWrite> writes, ControllerTerm term, CancellationToken ct = default)
    {
        var fresh = writes.Where(write => write.IsCreate).ToList();
        if (fresh.Count > 0) await MakeParentsAsync(fresh, term, ct);
        var batches = writes.Chunk(Batches.Size).Select(batch => WriteBatchAsync(batch, term, ct));
        return [.. (await Task.WhenAll(batches)).SelectMany(results => results)];
    }

    private async Task<IsrWriteResult[]> WriteBatchAsync(PartitionStateWrite[] batch, ControllerTerm term, CancellationToken ct)
    {
        var results = new IsrWriteResult?[batch.Length];
        while (true)
        {
            int[] open = [.. Enumerable.Range(0, batch.Length).Where(i => results[i] is null)];
            if (open.Length == 0) return [.. results.Select(result => result!.Value)];
            try
            {
                var stored = await FencedMultiAsync(zk, [.. open.Select(i => StateOp(batch[i]))], term, ct);
                for (int i = 0; i < open.Length; i++)
                {
                    var version = stored[i].Stat is { } stat ? new ZkVersion(stat.Version) : batch[open[i]].ExpectedZkVersion.Next;
                    results[open[i]] = new IsrWriteResult(true, new VersionedPartitionState(batch[open[i]].State, version));
                }
            }
            catch (ZooKeeperException e) when (e.Error is ZooKeeperError.ConnectionLoss or ZooKeeperError.BadVersion
                or ZooKeeperError.NodeExists or ZooKeeperError.NoNode)
            {
                await SettleAsync(batch, open, results, ct);
            }
        }
    }

    private async Task SettleAsync(PartitionStateWrite[] batch, int[] open, IsrWriteResult?[] results, CancellationToken ct)
    {
        var current = await states.ReadAsync([.. open.Select(i => (batch[i].Topic, batch[i].Partition))], ct);
        foreach (int i in open)
        {
            var stored = current.GetValueOrDefault((batch[i].Topic, batch[i].Partition));
            bool untouched = stored is null
                ? batch[i].IsCreate && await CanBeCreatedAsync(batch[i], ct)
                : stored.ZkVersion == batch[i].ExpectedZkVersion;
            if (!untouched) results[i] = new IsrWriteResult(stored?.State.Equals(batch[i].State) == true, stored);
        }
    }

    // No readable state: either there is no znode (try again) or it holds junk (a person has to look, trying again would never end),
    // or its parent went because the topic was deleted.
    private async Task<bool> CanBeCreatedAsync(PartitionStateWrite write, CancellationToken ct)
    {
        string parent = PartitionStateNode.Parent(write.Topic, write.Partition);
        string path = PartitionStateNode.Path(write.Topic, write.Partition);
        return await LostReplies.RepeatAsync(() => zk.ExistsAsync(parent, watch: false, ct)) is not null
            && await LostReplies.RepeatAsync(() => zk.ExistsAsync(path, watch: false, ct)) is null;
    }

    private static ZooKeeperOp StateOp(PartitionStateWrite write)
    {
        string path = PartitionStateNode.Path(write.Topic, write.Partition);
        byte[] data = PartitionStateNode.Encode(write.State);
        return write.IsCreate
            ? new ZooKeeperOp.Create(path, data, CreateMode.Persistent)
            : new ZooKeeperOp.Set(path, data, write.ExpectedZkVersion.Value);
    }

    private async Task MakeParentsAsync(List<PartitionStateWrite> fresh, ControllerTerm term, CancellationToken ct)
    {
        await MakeMissingAsync([.. fresh.Select(write => PartitionStateNode.Partitions(write.Topic)).Distinct()], term, ct);
        await MakeMissingAsync([.. fresh.Select(write => PartitionStateNode.Parent(write.Topic, write.Partition))], term, ct);
    }

    // Optimistic: most often none of them exists. When one does (or its topic is gone), look which are missing and try the rest.
    private async Task MakeMissingAsync(IReadOnlyList<string> paths, ControllerTerm term, CancellationToken ct)
    {
        foreach (var batch in paths.Chunk(Batches.Size))
        {
            string[] missing = batch;
            while (missing.Length > 0)
            {
                try
                {
                    await FencedMultiAsync(zk, [.. missing.Select(path => new ZooKeeperOp.Create(path, [], CreateMode.Persistent))], term, ct);
                    break;
                }
                catch (ZooKeeperException e) when (e.Error is ZooKeeperError.ConnectionLoss or ZooKeeperError.NodeExists or ZooKeeperError.NoNode)
                {
                    var found = await Batches.GetAsync(zk, missing, ct);
                    string[] parents = [.. missing.Select(path => path[..path.LastIndexOf('/')])];
                    var foundParents = await Batches.GetAsync(zk, parents, ct);
                    missing = [.. missing.Where((_, i) => found[i].Error == ZooKeeperError.NoNode && foundParents[i].Error == ZooKeeperError.Ok)];
                }
            }
        }
    }

    /// <summary>Deletes znodes of which some may be gone already, 200 to a transaction, behind the controller's fence.</summary>
    internal static async Task DeleteAsync(IZooKeeper zk, IReadOnlyCollection<string> paths, ControllerTerm term, CancellationToken ct)
    {
        foreach (var batch in paths.Chunk(Batches.Size))
        {
            string[] left = batch;
            while (left.Length > 0)
            {
                try
                {
                    await FencedMultiAsync(zk, [.. left.Select(path => new ZooKeeperOp.Delete(path, -1))], term, ct);
                    break;
                }
                catch (ZooKeeperException e) when (e.Error is ZooKeeperError.ConnectionLoss or ZooKeeperError.NoNode)
                {
                    var found = await Batches.GetAsync(zk, left, ct);
                    left = [.. left.Where((_, i) => found[i].Error == ZooKeeperError.Ok)];
                }
            }
        }
    }

    /// <summary>The steps in one transaction behind the controller's fence; the results are those of the steps, without the check's.</summary>
    internal static async Task<IReadOnlyList<ZooKeeperOpResult>> FencedMultiAsync(
        IZooKeeper zk, IReadOnlyList<ZooKeeperOp> steps, ControllerTerm term, CancellationToken ct)
    {
        try
        {
            var results = await zk.MultiAsync([new ZooKeeperOp.Check(ControllerEpochNode.Path, term.EpochZkVersion.Value), .. steps], ct);
            return [.. results.Skip(1)];
        }
        catch (ZooKeeperException e) when (e.Error == ZooKeeperError.BadVersion && e.Path == ControllerEpochNode.Path)
        {
            throw new ControllerMovedException();
        }
    }
}
