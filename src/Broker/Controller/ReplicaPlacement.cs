namespace ClassicBroker.Broker.Controller;

/// <summary>A broker as placement sees it.</summary>
public readonly record struct PlaceableBroker(int Id, string? Rack);

/// <summary>
/// Which brokers get the replicas of a new topic. Pure, given the random starting points. Leaders go round the brokers from a
/// random start; the other replicas of partition i follow at a distance that grows by one each time the round is complete, so that
/// the followers of one broker's partitions are spread over all others. When all brokers name a rack, the round alternates between
/// racks and no rack gets a second replica before every rack has one. (Kafka: AdminUtils, KIP-36.)
/// </summary>
public static class ReplicaPlacement
{
    /// <param name="brokers">Live brokers, at least <paramref name="replicationFactor"/>.</param>
    /// <param name="start">Random number, 0 or more: where partition 0 begins.</param>
    /// <param name="shift">Random number, 0 or more: the first distance between leader and follower.</param>
    /// <param name="firstPartition">Number of the first partition to place; more than 0 when partitions are added.</param>
    /// <returns>Replicas by partition, the preferred leader first.</returns>
    /// <exception cref="ArgumentException">too few brokers, or only some of them name a rack.</exception>
    public static Dictionary<int, int[]> Assign(
        IReadOnlyCollection<PlaceableBroker> brokers, int partitions, int replicationFactor, int start, int shift, int firstPartition = 0)
    {
        if (replicationFactor < 1 || replicationFactor > brokers.Count)
            throw new ArgumentException($"A replication factor of {replicationFactor} needs as many brokers; there are {brokers.Count}.");
        int withRack = brokers.Count(broker => broker.Rack is not null);
        if (withRack > 0 && withRack < brokers.Count)
            throw new ArgumentException("Some brokers name a rack and some do not; name one for all of them or for none.");
        return withRack > 0
            ? AcrossRacks(brokers, partitions, replicationFactor, start, shift, firstPartition)
            : Plain([.. brokers.Select(broker => broker.Id).Order()], partitions, replicationFactor, start, shift, firstPartition);
    }

    /// <summary>Brokers so that neighbours are in different racks: the first of every rack, then the second of every rack, …</summary>
    public static int[] AlternatingRacks(IEnumerable<PlaceableBroker> brokers)
    {
        var racks = brokers.GroupBy(broker => broker.Rack!, StringComparer.Ordinal)
            .OrderBy(rack => rack.Key, StringComparer.Ordinal)
            .Select(rack => new Queue<int>(rack.Select(broker => broker.Id).Order()))
            .ToList();
        var order = new List<int>();
        while (racks.Exists(rack => rack.Count > 0))
            foreach (var rack in racks)
                if (rack.TryDequeue(out int broker)) order.Add(broker);
        return [.. order];
    }

    private static Dictionary<int, int[]> Plain(int[] brokers, int partitions, int replicationFactor, int start, int shift, int firstPartition)
    {
        var assignment = new Dictionary<int, int[]>(partitions);
        for (int partition = firstPartition; partition < firstPartition + partitions; partition++)
        {
            if (partition > 0 && partition % brokers.Length == 0) shift++;
            int leader = (int)(((long)partition + start) % brokers.Length);
            var replicas = new int[replicationFactor];
            replicas[0] = brokers[leader];
            for (int j = 1; j < replicationFactor; j++) replicas[j] = brokers[FollowerIndex(leader, shift, j - 1, brokers.Length)];
            assignment[partition] = replicas;
        }
        return assignment;
    }

    private static Dictionary<int, int[]> AcrossRacks(
        IReadOnlyCollection<PlaceableBroker> brokers, int partitions, int replicationFactor, int start, int shift, int firstPartition)
    {
        int[] order = AlternatingRacks(brokers);
        var rackOf = brokers.ToDictionary(broker => broker.Id, broker => broker.Rack!);
        int racks = rackOf.Values.Distinct(StringComparer.Ordinal).Count();
        var assignment = new Dictionary<int, int[]>(partitions);
        for (int partition = firstPartition; partition < firstPartition + partitions; partition++)
        {
            if (partition > 0 && partition % order.Length == 0) shift++;
            int leader = (int)(((long)partition + start) % order.Length);
            var replicas = new List<int>(replicationFactor) { order[leader] };
            var usedRacks = new HashSet<string>(StringComparer.Ordinal) { rackOf[order[leader]] };
            for (int step = 0; replicas.Count < replicationFactor; step++)
            {
                // the distance grows in units of racks, so that the next candidate stands in another rack than the last
                int candidate = order[FollowerIndex(leader, shift * racks, step, order.Length)];
                bool fresh = !replicas.Contains(candidate) && (usedRacks.Count == racks || !usedRacks.Contains(rackOf[candidate]));
                if (!fresh) continue;
                replicas.Add(candidate);
                usedRacks.Add(rackOf[candidate]);
            }
            assignment[partition] = [.. replicas];
        }
        return assignment;
    }

    // Walks all other brokers, never the leader itself.
    private static int FollowerIndex(int leader, int shift, int follower, int brokers)
    {
        if (brokers == 1) return leader;
        int distance = 1 + (int)(((long)shift + follower) % (brokers - 1));
        return (leader + distance) % brokers;
    }
}
