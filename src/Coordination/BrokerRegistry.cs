using ClassicBroker.Coordination.ZNodes;
using ClassicBroker.Coordination.ZooKeeper;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Coordination;

/// <summary>
/// Who is alive. A broker registers with one transaction that creates its ephemeral empty and then writes it expecting version
/// 0 (as Kafka does); the czxid is its broker epoch. When the znode exists already, its owner decides: this very session means that the
/// reply was lost; one of our own earlier sessions is a left-over (ZooKeeper may show it for a moment after the
/// session ended, ZOOKEEPER-2985) and is deleted; anybody else is another live process.
/// Remembers only the sessions registered with, to know its own left-overs; owner: the one caller that registers.
/// </summary>
public sealed class BrokerRegistry(IZooKeeper zk, TimeProvider time, ILogger<BrokerRegistry> log)
{
    /// <summary>A process sees few sessions end; more than this many back, a left-over cannot exist any more.</summary>
    private const int SessionsRemembered = 16;

    private readonly Queue<long> _earlierSessions = new();

    /// <summary>Lets a left-over of this session (of a previous run that could not be closed) count as our own.</summary>
    public void RememberSession(long sessionId)
    {
        if (_earlierSessions.Contains(sessionId)) return;
        _earlierSessions.Enqueue(sessionId);
        if (_earlierSessions.Count > SessionsRemembered) _earlierSessions.Dequeue();
    }

    /// <returns>The broker epoch.</returns>
    /// <exception cref="BrokerIdInUseException">another live process has this id or one of these addresses.</exception>
    public async Task<BrokerEpoch> RegisterAsync(BrokerRegistration broker, CancellationToken ct = default)
    {
        await RefuseSharedAddressAsync(broker, ct);
        string path = BrokerIdNode.Path(broker.BrokerId);
        byte[] data = BrokerIdNode.Encode(broker, time.GetUtcNow().ToUnixTimeMilliseconds());
        while (true)
        {
            try
            {
                var results = await zk.MultiAsync(
                    [new ZooKeeperOp.Create(path, [], CreateMode.Ephemeral), new ZooKeeperOp.Set(path, data, 0)], ct);
                RememberSession(zk.SessionId);
                long? epoch = results[1].Stat?.Czxid;
                return new BrokerEpoch(epoch ?? (await zk.GetAsync(path, watch: false, ct)).Stat.Czxid);
            }
            catch (ZooKeeperException e) when (e.Error is ZooKeeperError.NodeExists or ZooKeeperError.ConnectionLoss)
            {
                if (await SettleAsync(broker, path, ct) is { } epoch) return epoch;
            }
        }
    }

    /// <summary>All live brokers. One whose znode holds junk is reported in the log and left out: nobody could reach it.</summary>
    public async Task<IReadOnlyList<BrokerRegistration>> ListAsync(CancellationToken ct = default)
    {
        var children = await LostReplies.RepeatAsync(() => zk.ChildrenAsync(BrokerIdNode.Parent, watch: false, ct));
        int[] ids = [.. children.Names.Select(name => int.TryParse(name, out int id) ? id : -1).Where(id => id >= 0).Order()];
        var results = await Batches.GetAsync(zk, [.. ids.Select(BrokerIdNode.Path)], ct);
        var brokers = new List<BrokerRegistration>();
        foreach (var (id, result) in ids.Zip(results))
            if (Decode(id, result) is { } broker) brokers.Add(broker);
        return brokers;
    }

    private async Task<BrokerEpoch?> SettleAsync(BrokerRegistration broker, string path, CancellationToken ct)
    {
        var node = await LostReplies.RepeatAsync(() => zk.TryGetAsync(path, watch: false, ct));
        if (node is null) return null;
        long owner = node.Stat.EphemeralOwner;
        if (owner == zk.SessionId)
        {
            RememberSession(owner);
            return new BrokerEpoch(node.Stat.Czxid);
        }
        if (!_earlierSessions.Contains(owner)) throw InUse(broker.BrokerId, node);
        log.LogInformation("Deleting the left-over registration of broker {Broker} (session 0x{Session:x})", broker.BrokerId, owner);
        await DeleteAsync(path, node.Stat.Version, ct);
        return null;
    }

    private async Task DeleteAsync(string path, int version, CancellationToken ct)
    {
        try
        {
            await zk.DeleteAsync(path, version, ct);
        }
        catch (ZooKeeperException e) when (e.Error is ZooKeeperError.NoNode or ZooKeeperError.BadVersion or ZooKeeperError.ConnectionLoss)
        {
            return;   // the caller looks again
        }
    }

    private static BrokerIdInUseException InUse(int brokerId, ZNode node)
    {
        string who = "an unreadable registration";
        try
        {
            var holder = BrokerIdNode.Decode(brokerId, node.Data, new BrokerEpoch(node.Stat.Czxid));
            who = string.Join(", ", holder.Endpoints.Select(e => $"{e.Listener}://{e.Host}:{e.Port}"));
        }
        catch (ZNodeFormatException e)
        {
            who += $" ({e.Message})";
        }
        return new BrokerIdInUseException(
            $"broker.id {brokerId} is in use by a live process at {who} (ZooKeeper session 0x{node.Stat.EphemeralOwner:x}, registered "
            + $"{DateTimeOffset.FromUnixTimeMilliseconds(node.Stat.CreatedMs):u}). Stop it, or give this broker another broker.id.");
    }

    private async Task RefuseSharedAddressAsync(BrokerRegistration broker, CancellationToken ct)
    {
        foreach (var other in await ListAsync(ct))
        {
            if (other.BrokerId == broker.BrokerId) continue;
            var shared = other.Endpoints.FirstOrDefault(theirs => broker.Endpoints.Any(ours => ours.Host == theirs.Host && ours.Port == theirs.Port));
            if (shared is not null)
                throw new BrokerIdInUseException(
                    $"Broker {other.BrokerId} already advertises {shared.Host}:{shared.Port} ({shared.Listener}); two brokers cannot share an address.");
        }
    }

    private BrokerRegistration? Decode(int id, ZooKeeperReadResult result)
    {
        if (result.Data is null || result.Stat is null) return null;   // gone between listing and reading
        try
        {
            return BrokerIdNode.Decode(id, result.Data, new BrokerEpoch(result.Stat.Czxid));
        }
        catch (ZNodeFormatException e)
        {
            log.LogError("Broker {Broker} is left out: {Reason}", id, e.Message);
            return null;
        }
    }
}
