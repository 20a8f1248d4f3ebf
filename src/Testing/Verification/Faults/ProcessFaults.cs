namespace ClassicBroker.Testing.Verification;

/// <summary>Brokers that die, freeze, or are restarted (rows 1 to 5 of the fault matrix).</summary>
internal static class ProcessFaults
{
    // Whoever restarts brokers one by one waits between them until nothing is under-replicated; but not for ever.
    private static readonly TimeSpan RollOnAfter = TimeSpan.FromSeconds(30);

    public static IReadOnlyList<Fault> All { get; } =
    [
        Kill("kill-leader", "SIGKILL to the leader of some partition", async (site, cancel) => [await site.SomeLeaderAsync(cancel).ConfigureAwait(false)]),
        Kill("kill-follower", "SIGKILL to a follower", async (site, cancel) => [await site.SomeFollowerAsync(cancel).ConfigureAwait(false)]),
        Kill("kill-controller", "SIGKILL to the controller", async (site, cancel) => [await site.ControllerAsync(cancel).ConfigureAwait(false)]),
        Kill("kill-two", "SIGKILL to controller and leader, or another, at once", async (site, cancel) =>
        {
            var controller = await site.ControllerAsync(cancel).ConfigureAwait(false);
            var leader = await site.SomeLeaderAsync(cancel).ConfigureAwait(false);
            return [controller, leader == controller ? site.Another(controller) : leader];
        }),
        Kill("kill-all", "SIGKILL to every broker at once", (site, _) => Task.FromResult<List<int>>(site.Running)),
        new("kill-double", "kill", "SIGKILL to the leader, and to its successor as soon as it leads", DoubleAsync),
        Freeze("stop-leader-short", "SIGSTOP to a leader for 1 s", (_, _) => TimeSpan.FromSeconds(1), (site, cancel) => site.SomeLeaderAsync(cancel)),
        Freeze("stop-leader-almost", "SIGSTOP to a leader for 0.9 of its session timeout", (site, _) => site.SessionTimeout * 0.9, (site, cancel) => site.SomeLeaderAsync(cancel)),
        Freeze("stop-leader-long", "SIGSTOP to a leader for three session timeouts", (site, _) => site.SessionTimeout * 3, (site, cancel) => site.SomeLeaderAsync(cancel)),
        Freeze("stop-follower", "SIGSTOP to a follower for two session timeouts", (site, _) => site.SessionTimeout * 2, (site, cancel) => site.SomeFollowerAsync(cancel)),
        Freeze("stop-controller", "SIGSTOP to the controller for two session timeouts, its writes queued", (site, _) => site.SessionTimeout * 2, (site, cancel) => site.ControllerAsync(cancel)),
        new("last-standing", "stop", "all brokers but one freeze until they are out of sync; the last is killed, and starts after the others go on", LastStandingAsync),
        new("restart-rolling", "restart", "SIGTERM and start, one broker after the other", RollingAsync),
    ];

    private static Fault Kill(string name, string told, Func<FaultSite, CancellationToken, Task<List<int>>> victims) => new(name, "kill", told, async (site, cancel) =>
    {
        var dead = (await victims(site, cancel).ConfigureAwait(false)).Where(id => id >= 0).Distinct().ToList();
        await Task.WhenAll(dead.Select(id => site.Cluster.KillBrokerAsync(id, cancel))).ConfigureAwait(false);
        return new FaultInEffect(Names(dead), site.Between(0, 2.5 * site.SessionTimeout.TotalSeconds), _ => Start(site, dead));
    });

    private static async Task<FaultInEffect> DoubleAsync(FaultSite site, CancellationToken cancel)
    {
        var first = await site.SomeLeaderAsync(cancel).ConfigureAwait(false);
        await site.Cluster.KillBrokerAsync(first, cancel).ConfigureAwait(false);
        // About when the session of the first runs out and its partitions get new leaders.
        await Task.Delay(site.SessionTimeout + site.Between(-0.3, 0.7), site.Time, cancel).ConfigureAwait(false);
        var second = await site.SomeLeaderAsync(cancel).ConfigureAwait(false);
        await site.Cluster.KillBrokerAsync(second, cancel).ConfigureAwait(false);
        return new FaultInEffect(Names([first, second]), site.Between(0, 3), _ => Start(site, [first, second]));
    }

    private static Fault Freeze(string name, string told, Func<FaultSite, CancellationToken, TimeSpan> hold, Func<FaultSite, CancellationToken, Task<int>> victim) =>
        new(name, "stop", told, async (site, cancel) =>
        {
            var id = await victim(site, cancel).ConfigureAwait(false);
            var process = site.Cluster.Broker(id).Process!;
            process.Freeze();
            return new FaultInEffect(Names([id]), hold(site, cancel), _ =>
            {
                process.Thaw();
                return Task.CompletedTask;
            });
        });

    // With unclean elections on and one replica enough for an acknowledgement this loses records for certain; with the right settings none.
    private static async Task<FaultInEffect> LastStandingAsync(FaultSite site, CancellationToken cancel)
    {
        var last = await site.SomeLeaderAsync(cancel).ConfigureAwait(false);
        var others = site.Running.Where(id => id != last).Select(id => site.Cluster.Broker(id).Process!).ToList();
        others.ForEach(process => process.Freeze());
        return new FaultInEffect($"all but broker {last}", site.SessionTimeout * 3, async token =>
        {
            await site.Cluster.KillBrokerAsync(last, token).ConfigureAwait(false);
            others.ForEach(process => process.Thaw());
            await Task.Delay(site.SessionTimeout * 2, site.Time, token).ConfigureAwait(false);
            site.Cluster.LaunchBroker(last);
        });
    }

    private static Task<FaultInEffect> RollingAsync(FaultSite site, CancellationToken cancel) =>
        Task.FromResult(new FaultInEffect("every broker in turn", TimeSpan.Zero, async token =>
        {
            foreach (var id in site.Running)
            {
                if (!await site.Cluster.StopBrokerAsync(id, token).ConfigureAwait(false))
                    throw new ClusterException($"broker {id} did not end within its time after SIGTERM and was killed");
                await site.Cluster.StartBrokerAsync(id, token).ConfigureAwait(false);
                await site.AllInSyncAsync(RollOnAfter, token).ConfigureAwait(false);
            }
        }));

    // All at the same time, as after a power cut. Whoever made the fault waits until they are ready.
    private static Task Start(FaultSite site, List<int> dead)
    {
        foreach (var id in dead) site.Cluster.LaunchBroker(id);
        return Task.CompletedTask;
    }

    private static string Names(IReadOnlyList<int> brokers) => $"broker {string.Join(", ", brokers)}";
}
