using ClassicBroker.Coordination;
using ClassicBroker.Coordination.ZooKeeper;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClassicBroker.Testing.Verification;

/// <summary>The ensemble fails, in part or whole, and sessions are ended by strangers (rows 9 and 10 of the fault matrix).</summary>
internal static class ZooKeeperFaults
{
    public static IReadOnlyList<Fault> All { get; } =
    [
        new("zk-kill-leader", "zk", "SIGKILL to the leader of the ensemble", KillLeaderAsync),
        new("pause-zk", "zk", "SIGSTOP to the leader of the ensemble for 8 s", PauseLeaderAsync),
        new("zk-quorum-loss", "zk", "SIGKILL to all but one server of the ensemble, for 10 s", LoseQuorumAsync),
        new("zk-restart", "zk", "SIGKILL to the whole ensemble, and start", RestartAsync),
        new("session-takeover", "session", "another client takes over a broker's session and closes it", TakeOverAsync),
        new("session-takeover-controller", "session", "another client takes over the controller's session and closes it", TakeOverControllerAsync),
    ];

    private static async Task<FaultInEffect> KillLeaderAsync(FaultSite site, CancellationToken cancel)
    {
        var leader = await LeaderAsync(site, cancel).ConfigureAwait(false);
        await site.Ensemble.KillAsync(leader).ConfigureAwait(false);
        return new FaultInEffect($"server {leader}", site.Between(1, 8), _ => site.Ensemble.LaunchAgainAsync(leader));
    }

    private static async Task<FaultInEffect> PauseLeaderAsync(FaultSite site, CancellationToken cancel)
    {
        var leader = await LeaderAsync(site, cancel).ConfigureAwait(false);
        var process = ProcessIdentity.Find(site.Ensemble.Nodes.Single(node => node.Id == leader).Pid);
        process.Freeze();
        return new FaultInEffect($"server {leader}", TimeSpan.FromSeconds(8), _ =>
        {
            process.Thaw();
            return Task.CompletedTask;
        });
    }

    private static async Task<FaultInEffect> LoseQuorumAsync(FaultSite site, CancellationToken cancel)
    {
        var dead = site.Ensemble.Nodes.Select(node => node.Id).OrderBy(_ => site.Random.Next()).Skip(1).ToList();
        foreach (var id in dead) await site.Ensemble.KillAsync(id).ConfigureAwait(false);
        return new FaultInEffect($"servers {string.Join(", ", dead)}", TimeSpan.FromSeconds(10), _ => StartAsync(site, dead));
    }

    private static async Task<FaultInEffect> RestartAsync(FaultSite site, CancellationToken cancel)
    {
        var all = site.Ensemble.Nodes.Select(node => node.Id).ToList();
        foreach (var id in all) await site.Ensemble.KillAsync(id).ConfigureAwait(false);
        return new FaultInEffect("every server", site.Between(0, 3), _ => StartAsync(site, all));
    }

    private static async Task<FaultInEffect> TakeOverAsync(FaultSite site, CancellationToken cancel) =>
        await TakeOverAsync(site, site.Another(), cancel).ConfigureAwait(false);

    private static async Task<FaultInEffect> TakeOverControllerAsync(FaultSite site, CancellationToken cancel) =>
        await TakeOverAsync(site, await site.ControllerAsync(cancel).ConfigureAwait(false), cancel).ConfigureAwait(false);

    // The session's id and password lie in the broker's own folder; who has them may end it.
    private static async Task<FaultInEffect> TakeOverAsync(FaultSite site, int broker, CancellationToken cancel)
    {
        var saved = new SavedSession(site.Cluster.Broker(broker).DataDirectory, NullLogger<SavedSession>.Instance).Load();
        var options = new ZooKeeperOptions { ConnectString = site.Ensemble.ConnectString, SessionTimeout = site.SessionTimeout };
        var closed = saved is { } session
            && await SessionTakeover.CloseSessionAsync(options, session.Id, session.Password, site.Time, NullLogger.Instance, cancel).ConfigureAwait(false);
        return new FaultInEffect($"broker {broker}{(closed ? "" : " (had no session)")}", TimeSpan.Zero, _ => Task.CompletedTask);
    }

    private static async Task<int> LeaderAsync(FaultSite site, CancellationToken cancel) =>
        await site.Ensemble.LeaderAsync(cancel).ConfigureAwait(false) ?? site.Ensemble.Nodes[0].Id;

    private static async Task StartAsync(FaultSite site, List<int> dead)
    {
        foreach (var id in dead) await site.Ensemble.LaunchAgainAsync(id).ConfigureAwait(false);
    }
}
