using ClassicBroker.Clients.Admin;
using ClassicBroker.Clients.Metadata;
using ClassicBroker.Clients.Network;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Testing.Verification;

/// <summary>What faults are made on: the processes of a cluster and its ensemble, and how to find who leads what. Owned by the loop that makes the faults.</summary>
internal sealed class FaultSite(
    VerificationCluster cluster, AdminClient admin, IReadOnlyList<TopicPartition> partitions, TimeSpan sessionTimeout, Random random, TimeProvider time)
{
    // Without an answer in this time the cluster is asked no longer, and chance decides who is hit.
    private static readonly TimeSpan AskFor = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    public ClusterProcesses Cluster => cluster.Brokers;

    public ZooKeeperEnsemble Ensemble => cluster.Ensemble;

    /// <summary>The lines between the processes, when they go through proxies.</summary>
    public ProxiedLines Lines => cluster.Lines ?? throw new ClusterException("the lines of this cluster do not go through proxies");

    /// <summary>The network of the brokers, when they have one of their own.</summary>
    public NetworkNamespaces Network => cluster.Network ?? throw new ClusterException("the brokers of this cluster are in no network namespaces");

    public Random Random => random;

    public TimeProvider Time => time;

    /// <summary><c>zookeeper.session.timeout.ms</c> of the brokers.</summary>
    public TimeSpan SessionTimeout => sessionTimeout;

    /// <summary>The brokers that run now.</summary>
    public List<int> Running => [.. Cluster.State.Brokers.Where(broker => broker.IsRunning()).Select(broker => broker.Id)];

    /// <summary>The leader of some partition.</summary>
    public async Task<int> SomeLeaderAsync(CancellationToken cancel) => Alive((await SomePartitionAsync(cancel).ConfigureAwait(false))?.Leader ?? -1);

    /// <summary>A replica of some partition that does not lead it.</summary>
    public async Task<int> SomeFollowerAsync(CancellationToken cancel)
    {
        var view = await SomePartitionAsync(cancel).ConfigureAwait(false);
        return Alive(view?.Isr.Where(id => id != view.Leader).DefaultIfEmpty(-1).First() ?? -1);
    }

    /// <summary>The controller.</summary>
    public async Task<int> ControllerAsync(CancellationToken cancel) =>
        Alive(await AskAsync(async token => (await admin.DescribeClusterAsync(token).ConfigureAwait(false)).ControllerId, -1, cancel).ConfigureAwait(false));

    /// <summary>One of the running brokers that is none of these; -1 when there is none.</summary>
    public int Another(params ReadOnlySpan<int> than)
    {
        var not = than.ToArray();
        var others = Running.Where(id => !not.Contains(id)).ToList();
        return others.Count == 0 ? -1 : others[random.Next(others.Count)];
    }

    /// <summary>A time between these.</summary>
    public TimeSpan Between(double seconds, double and) => TimeSpan.FromSeconds(seconds + ((and - seconds) * random.NextDouble()));

    /// <summary>Whether every partition has a leader and all its replicas in sync, as a broker tells it; and if not, what is missing.</summary>
    public static async Task<string?> MissingAsync(AdminClient admin, IReadOnlyList<TopicPartition> partitions, CancellationToken cancel)
    {
        var topics = await admin.DescribeTopicsAsync([.. partitions.Select(p => p.Topic).Distinct()], cancel).ConfigureAwait(false);
        foreach (var partition in partitions)
        {
            var view = topics.FirstOrDefault(t => t.Name == partition.Topic)?.Find(partition.Partition);
            if (view is null) return $"{partition} is not known";
            if (view.Leader < 0) return $"{partition} has no leader";
            if (view.Isr.Count < view.Replicas.Count) return $"the ISR of {partition} is {string.Join(',', view.Isr)} of replicas {string.Join(',', view.Replicas)}";
        }

        return null;
    }

    /// <summary>Waits until every replica is in sync, at most so long.</summary>
    public async Task AllInSyncAsync(TimeSpan within, CancellationToken cancel)
    {
        var began = time.GetTimestamp();
        while (time.GetElapsedTime(began) < within
               && await AskAsync(token => MissingAsync(admin, partitions, token), "no answer", cancel).ConfigureAwait(false) is not null)
            await Task.Delay(LookEvery, time, cancel).ConfigureAwait(false);
    }

    private int Alive(int broker)
    {
        var running = Running;
        return running.Contains(broker) ? broker : running.Count > 0 ? running[random.Next(running.Count)] : -1;
    }

    private Task<PartitionView?> SomePartitionAsync(CancellationToken cancel)
    {
        var partition = partitions[random.Next(partitions.Count)];
        return AskAsync(async token => (await admin.DescribeTopicsAsync([partition.Topic], token).ConfigureAwait(false)).Single().Find(partition.Partition), null, cancel);
    }

    private async Task<T> AskAsync<T>(Func<CancellationToken, Task<T>> ask, T otherwise, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(AskFor, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        try
        {
            return await ask(either.Token).ConfigureAwait(false);
        }
        catch (Exception silent) when (silent is BrokerConnectionException or BrokerErrorException || (silent is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return otherwise;
        }
    }
}
