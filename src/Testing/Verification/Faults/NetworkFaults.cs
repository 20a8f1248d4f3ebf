namespace ClassicBroker.Testing.Verification;

/// <summary>
/// Packets that are really dropped, the controller's orders among them (rows 6 to 8 of the fault matrix). They need brokers in network namespaces
/// (<see cref="NetworkNamespaces"/>), so a run makes these faults or those of <see cref="CutFaults"/>, not both.
/// </summary>
internal static class NetworkFaults
{
    public const string Group = "net";

    private static readonly TimeSpan FlapEvery = TimeSpan.FromSeconds(2);
    private const int Flaps = 5;

    public static IReadOnlyList<Fault> All { get; } =
    [
        new("net-cut-pair", Group, "two brokers lose each other; the third sees both", async (site, cancel) =>
        {
            var leader = await site.SomeLeaderAsync(cancel).ConfigureAwait(false);
            var other = site.Another(leader);
            await site.Network.DropAsync(leader, [other], bothWays: true).ConfigureAwait(false);
            return Held(site, $"brokers {leader} and {other}");
        }),
        new("net-one-way", Group, "a leader hears nothing of the others, and they hear it", async (site, cancel) =>
        {
            var leader = await site.SomeLeaderAsync(cancel).ConfigureAwait(false);
            await site.Network.DropAsync(leader, Others(site, leader), bothWays: false).ConfigureAwait(false);
            return Held(site, $"broker {leader}");
        }),
        new("net-leader", Group, "a leader loses the other brokers; ZooKeeper and clients reach it", async (site, cancel) =>
        {
            var leader = await site.SomeLeaderAsync(cancel).ConfigureAwait(false);
            await site.Network.DropAsync(leader, Others(site, leader), bothWays: true).ConfigureAwait(false);
            return Held(site, $"broker {leader}");
        }),
        new("net-controller", Group, "the controller loses the other brokers; ZooKeeper and clients reach it", async (site, cancel) =>
        {
            var controller = await site.ControllerAsync(cancel).ConfigureAwait(false);
            await site.Network.DropAsync(controller, Others(site, controller), bothWays: true).ConfigureAwait(false);
            return Held(site, $"broker {controller}");
        }),
        new("net-zk", Group, "a leader loses ZooKeeper; brokers and clients reach it", async (site, cancel) =>
        {
            var leader = await site.SomeLeaderAsync(cancel).ConfigureAwait(false);
            await site.Network.DropZooKeeperAsync(leader).ConfigureAwait(false);
            return Held(site, $"broker {leader}");
        }),
        new("net-zk-all", Group, "every broker loses ZooKeeper", async (site, _) =>
        {
            foreach (var broker in site.Network.Brokers) await site.Network.DropZooKeeperAsync(broker).ConfigureAwait(false);
            return Held(site, "every broker");
        }),
        new("net-alone", Group, "a leader loses brokers and ZooKeeper; only clients reach it", async (site, cancel) =>
        {
            var leader = await site.SomeLeaderAsync(cancel).ConfigureAwait(false);
            await site.Network.DropAsync(leader, Others(site, leader), bothWays: true).ConfigureAwait(false);
            await site.Network.DropZooKeeperAsync(leader).ConfigureAwait(false);
            return Held(site, $"broker {leader}");
        }),
        new("net-cable", Group, "a leader's cable is out: nobody reaches it", async (site, cancel) =>
        {
            var leader = await site.SomeLeaderAsync(cancel).ConfigureAwait(false);
            await site.Network.SetLinkAsync(leader, up: false).ConfigureAwait(false);
            return Held(site, $"broker {leader}");
        }),
        new("net-flap", Group, "a broker's cable is out and in every 2 s", FlapAsync),
    ];

    private static IEnumerable<int> Others(FaultSite site, int broker) => site.Network.Brokers.Where(id => id != broker);

    private static Task<FaultInEffect> FlapAsync(FaultSite site, CancellationToken cancel)
    {
        var broker = site.Another();
        return Task.FromResult(new FaultInEffect($"broker {broker}", TimeSpan.Zero, async token =>
        {
            for (var i = 0; i < Flaps; i++)
            {
                await site.Network.SetLinkAsync(broker, up: false).ConfigureAwait(false);
                await Task.Delay(FlapEvery, site.Time, token).ConfigureAwait(false);
                await site.Network.SetLinkAsync(broker, up: true).ConfigureAwait(false);
                await Task.Delay(FlapEvery, site.Time, token).ConfigureAwait(false);
            }
        }));
    }

    private static FaultInEffect Held(FaultSite site, string target) =>
        new(target, site.Between(0.5 * site.SessionTimeout.TotalSeconds, 3 * site.SessionTimeout.TotalSeconds), _ => site.Network.MendAsync());
}
