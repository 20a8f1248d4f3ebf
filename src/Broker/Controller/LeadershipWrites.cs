using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Controller;

/// <summary>What came of storing decisions: the new view, and the partitions whose state was changed by us.</summary>
public readonly record struct LeadershipResult(ControllerState State, IReadOnlyList<TopicPartition> Changed);

/// <summary>
/// Decides and stores: every decision is written by compare-and-set behind the controller's fence, and a partition whose leader wrote in
/// between is decided again on what is stored now. The view only ever takes over what is in ZooKeeper.
/// </summary>
public sealed class LeadershipWrites(ControllerEffects effects)
{
    /// <summary>A partition loses the race to its leader at most now and then; more often than this points to a defect.</summary>
    private const int Attempts = 10;

    /// <param name="decide">Pure: the state to store, or null to leave the partition alone.</param>
    /// <exception cref="ControllerMovedException">another controller was elected, or has written a state already.</exception>
    public async Task<LeadershipResult> StoreAsync(
        ControllerState state, IEnumerable<TopicPartition> partitions, Func<ControllerState, TopicPartition, PartitionState?> decide, CancellationToken ct)
    {
        var changed = new List<TopicPartition>();
        List<TopicPartition> open = [.. partitions];
        for (int attempt = 0; open.Count > 0 && attempt < Attempts; attempt++)
        {
            var writes = new List<PartitionStateWrite>();
            foreach (var partition in open)
            {
                if (decide(state, partition) is not { } wanted) continue;
                var version = state.Partitions.TryGetValue(partition, out var known) ? known.ZkVersion : ZkVersion.Create;
                writes.Add(new PartitionStateWrite(partition.Topic, partition.Partition, wanted, version));
            }
            var results = await effects.StateWrites.WriteAsync(writes, state.Term, ct);
            (state, open) = Settle(state, writes, results, changed);
        }
        if (open.Count > 0) effects.Log.LogError("Gave up storing the state of {Count} partitions, first {Partition}: others keep writing them", open.Count, open[0]);
        return new LeadershipResult(state, changed);
    }

    private (ControllerState State, List<TopicPartition> Open) Settle(
        ControllerState state, List<PartitionStateWrite> writes, IReadOnlyList<IsrWriteResult> results, List<TopicPartition> changed)
    {
        var open = new List<TopicPartition>();
        var partitions = state.Partitions.ToBuilder();
        foreach (var (write, result) in writes.Zip(results))
        {
            var partition = new TopicPartition(write.Topic, write.Partition);
            if (result.Current is null)
            {
                effects.Log.LogWarning("The state of {Partition} could not be stored: its znode is gone or unreadable", partition);
                partitions.Remove(partition);
                continue;
            }
            if (result.Current.State.ControllerEpoch > state.Term.Epoch) throw new ControllerMovedException();
            partitions[partition] = result.Current;
            (result.Written ? changed : open).Add(partition);
            if (result.Written) effects.Log.LogDebug("{Partition}: {State}", partition, result.Current.State);
        }
        return (state with { Partitions = partitions.ToImmutable() }, open);
    }
}
