using ClassicBroker.Broker.Api;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;
using ClassicBroker.Coordination;
using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Testing.Simulation;

/// <summary>Creates and deletes topics while the rest goes on, sometimes one of the same name at once (row 28 of the fault matrix).</summary>
internal sealed class SimulatedAdmin(SimulatedCluster cluster, int node) : SimulatedClient(cluster, node, "admin")
{
    private const int Names = 2;

    protected override async Task RunAsync()
    {
        while (!IsStopping)
        {
            await PauseAsync(1500);
            var name = $"passing-{Cluster.Scheduler.Chance.Next(Names)}";
            var creates = Cluster.Scheduler.Chance.Next(2) == 0;
            try
            {
                var outcome = await AskAsync(Cluster.Machines[Cluster.Scheduler.Chance.Next(Cluster.Machines.Count)].Id, broker => creates ? CreateAsync(broker, name) : DeleteAsync(broker, name));
                Cluster.Scheduler.Note(Process.Name, $"{(creates ? "create" : "delete")} {name}: {outcome}");
            }
            catch (Exception failure) when (failure is IOException or TimeoutException)
            {
                continue;   // nobody knows whether it was done; the next one finds out
            }
        }
    }

    private static async Task<ErrorCode> CreateAsync(SimulatedBroker broker, string name) =>
        (await broker.Part<TopicCreation>().CreateAsync(new NewTopic(name, 2, 2), validateOnly: false, CancellationToken.None)).Error;

    private static async Task<ErrorCode> DeleteAsync(SimulatedBroker broker, string name)
    {
        var topics = broker.Part<TopicStore>();
        if (!(await topics.ListAsync()).Contains(name)) return ErrorCode.UnknownTopicOrPartition;
        await topics.MarkForDeletionAsync(name);
        return ErrorCode.None;
    }
}
