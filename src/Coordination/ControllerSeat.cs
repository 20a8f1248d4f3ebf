using ClassicBroker.Coordination.ZNodes;
using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Coordination;

/// <summary>
/// A term as controller: the epoch that goes into every order, and the version of <c>/controller_epoch</c> that fences every write.
/// </summary>
public sealed record ControllerTerm(ControllerEpoch Epoch, ZkVersion EpochZkVersion);

/// <summary>The outcome of trying: won (<see cref="Term"/>), or who holds the seat (null: nobody right now, try again at the next event).</summary>
public readonly record struct SeatResult(ControllerTerm? Term, int? Holder);

/// <summary>
/// The controller's seat, <c>/controller</c>. It is taken in one transaction that creates the ephemeral and raises
/// <c>/controller_epoch</c> from exactly the version read before: so an epoch is learned only by winning it, and of two candidates one
/// fails whole. A lost reply is settled by reading both znodes back. Remembers nothing.
/// </summary>
public sealed class ControllerSeat(IZooKeeper zk, int brokerId, TimeProvider time)
{
    public async Task<SeatResult> TryTakeAsync(CancellationToken ct = default)
    {
        while (true)
        {
            var seat = await LostReplies.RepeatAsync(() => zk.TryGetAsync(ControllerNode.Path, watch: false, ct));
            if (seat is not null)
            {
                if (seat.Stat.EphemeralOwner != zk.SessionId) return new SeatResult(null, ControllerNode.Decode(seat.Data));
                await GiveBackAsync(seat.Stat, ct);   // left over from a term of this session whose end was not heard
            }
            var (epoch, version) = await EpochAsync(ct);
            try
            {
                return new SeatResult(await TakeAsync(epoch, version, ct), brokerId);
            }
            catch (ZooKeeperException e) when (e.Error is ZooKeeperError.NodeExists or ZooKeeperError.BadVersion)
            {
                return new SeatResult(null, await HolderAsync(ct));
            }
            catch (ZooKeeperException e) when (e.Error == ZooKeeperError.ConnectionLoss)
            {
                if (await WonAsync(epoch.Next, ct) is { } term) return new SeatResult(term, brokerId);
            }
        }
    }

    /// <summary>The broker in the seat; null when it is free.</summary>
    public async Task<int?> HolderAsync(CancellationToken ct = default)
    {
        var seat = await LostReplies.RepeatAsync(() => zk.TryGetAsync(ControllerNode.Path, watch: false, ct));
        return seat is null ? null : ControllerNode.Decode(seat.Data);
    }

    /// <summary>True while this session holds the seat.</summary>
    public async Task<bool> IsOursAsync(CancellationToken ct = default)
    {
        var seat = await LostReplies.RepeatAsync(() => zk.TryGetAsync(ControllerNode.Path, watch: false, ct));
        return seat is not null && seat.Stat.EphemeralOwner == zk.SessionId;
    }

    /// <summary>Frees the seat if the term is still the current one; a seat that has passed to another is left alone.</summary>
    public async Task ResignAsync(ControllerTerm term, CancellationToken ct = default)
    {
        try
        {
            await LostReplies.RepeatAsync(() => PartitionStateWrites.FencedMultiAsync(
                zk, [new ZooKeeperOp.Delete(ControllerNode.Path, -1)], term, ct));
        }
        catch (Exception e) when (e is ControllerMovedException || e is ZooKeeperException { Error: ZooKeeperError.NoNode or ZooKeeperError.SessionExpired })
        {
            return;   // already free, or already another's
        }
    }

    private async Task<ControllerTerm> TakeAsync(ControllerEpoch epoch, ZkVersion version, CancellationToken ct)
    {
        var results = await zk.MultiAsync(
        [
            new ZooKeeperOp.Create(ControllerNode.Path, ControllerNode.Encode(brokerId, time.GetUtcNow().ToUnixTimeMilliseconds()), CreateMode.Ephemeral),
            new ZooKeeperOp.Set(ControllerEpochNode.Path, ControllerEpochNode.Encode(epoch.Next), version.Value),
        ], ct);
        return new ControllerTerm(epoch.Next, results[1].Stat is { } stat ? new ZkVersion(stat.Version) : version.Next);
    }

    private async Task<(ControllerEpoch Epoch, ZkVersion Version)> EpochAsync(CancellationToken ct)
    {
        while (true)
        {
            var node = await LostReplies.RepeatAsync(() => zk.TryGetAsync(ControllerEpochNode.Path, watch: false, ct));
            if (node is not null) return (ControllerEpochNode.Decode(node.Data), new ZkVersion(node.Stat.Version));
            try
            {
                await zk.CreateAsync(ControllerEpochNode.Path, ControllerEpochNode.Encode(new ControllerEpoch(0)), CreateMode.Persistent, ct);
            }
            catch (ZooKeeperException e) when (e.Error is ZooKeeperError.NodeExists or ZooKeeperError.ConnectionLoss)
            {
                continue;   // somebody made it, perhaps we: read it
            }
        }
    }

    private async Task<ControllerTerm?> WonAsync(ControllerEpoch epoch, CancellationToken ct)
    {
        if (!await IsOursAsync(ct)) return null;
        var node = await LostReplies.RepeatAsync(() => zk.GetAsync(ControllerEpochNode.Path, watch: false, ct));
        return ControllerEpochNode.Decode(node.Data) == epoch ? new ControllerTerm(epoch, new ZkVersion(node.Stat.Version)) : null;
    }

    private async Task GiveBackAsync(ZNodeStat stat, CancellationToken ct)
    {
        try
        {
            await zk.DeleteAsync(ControllerNode.Path, stat.Version, ct);
        }
        catch (ZooKeeperException e) when (e.Error is ZooKeeperError.NoNode or ZooKeeperError.ConnectionLoss)
        {
            return;   // the caller looks again
        }
    }
}
