using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Controller;

/// <summary>May a partition be reassigned to these replicas? Pure; the errors are Kafka's.</summary>
public static class ReassignmentRules
{
    /// <param name="target">Null asks for a cancellation.</param>
    public static RequestOutcome Check(ControllerState view, TopicPartition partition, int[]? target)
    {
        int[] replicas = view.Replicas(partition);
        if (replicas.Length == 0 || view.Deleting.ContainsKey(partition.Topic))
            return new RequestOutcome(ErrorCode.UnknownTopicOrPartition, $"The partition {partition} does not exist.");
        if (!view.Partitions.ContainsKey(partition))
            return new RequestOutcome(ErrorCode.LeaderNotAvailable, $"The partition {partition} has never had a leader.");
        if (target is null) return IsOngoing(view, partition) ? RequestOutcome.Done : new RequestOutcome(ErrorCode.NoReassignmentInProgress);
        if (target.Length == 0) return Refused("Empty replica list specified in partition reassignment.");
        if (Array.Exists(target, id => id < 0)) return Refused("Invalid broker id in replica list.");
        if (target.Distinct().Count() != target.Length) return Refused("Duplicate replica ids in partition reassignment replica list.");
        int[] dead = [.. target.Except(replicas).Where(id => !view.IsUp(id))];
        return dead.Length == 0 ? RequestOutcome.Done : Refused($"Replica assignment has brokers that are not alive. Dead brokers: [{string.Join(",", dead)}].");

        static RequestOutcome Refused(string why) => new(ErrorCode.InvalidReplicaAssignment, why);
    }

    private static bool IsOngoing(ControllerState view, TopicPartition partition) =>
        view.Topics[partition.Topic].Adding.ContainsKey(partition.Partition) || view.Topics[partition.Topic].Removing.ContainsKey(partition.Partition);
}
