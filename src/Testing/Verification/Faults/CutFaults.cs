namespace ClassicBroker.Testing.Verification;

/// <summary>
/// Lines between brokers, and between brokers and ZooKeeper, that break, stall or slow down (rows 6 to 8 and 11 of the fault matrix). They need a
/// cluster whose lines go through proxies (<see cref="ProxiedLines"/>), which a run starts when one of these is chosen.
/// </summary>
internal static class CutFaults
{
    public const string Group = "cut";

    private static readonly TimeSpan SlowBy = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FlapEvery = TimeSpan.FromSeconds(2);
    private const int Flaps = 5;

    public static IReadOnlyList<Fault> All { get; } =
    [
        new("cut-pair", Group, "leader and one follower cannot fetch from each other", CutPairAsync),
        Leader("cut-leader", "nobody can fetch from a leader: its connections break", LineState.Broken),
        Leader("stall-leader", "nobody can fetch from a leader, and nobody is told: every packet is lost", LineState.Stalled),
        Leader("stall-leader-answers", "fetches reach a leader, its answers reach nobody", LineState.AnswersStalled),
        ZooKeeper("cut-zk", "one broker is cut off from ZooKeeper", LineState.Broken, site => [site.Another()]),
        ZooKeeper("stall-zk", "what one broker asks ZooKeeper is lost without a word", LineState.Stalled, site => [site.Another()]),
        ZooKeeper("stall-zk-answers", "ZooKeeper's answers to one broker are lost", LineState.AnswersStalled, site => [site.Another()]),
        new("cut-zk-controller", Group, "the controller is cut off from ZooKeeper, and its writes with it", CutControllerAsync),
        ZooKeeper("cut-zk-all", "every broker is cut off from ZooKeeper", LineState.Broken, site => site.Running),
        ZooKeeper("slow-zk", "every answer of ZooKeeper comes 2 s later", LineState.AnswersSlow, site => site.Running),
        new("flap-zk", Group, "one broker's lines to ZooKeeper break and mend every 2 s", FlapAsync),
    ];

    private static async Task<FaultInEffect> CutPairAsync(FaultSite site, CancellationToken cancel)
    {
        var leader = await site.SomeLeaderAsync(cancel).ConfigureAwait(false);
        var follower = site.Another(leader);
        site.Lines.To(leader).Set(LineState.Broken, onlyFrom: follower);
        site.Lines.To(follower).Set(LineState.Broken, onlyFrom: leader);
        return Held(site, $"brokers {leader} and {follower}");
    }

    private static Fault Leader(string name, string told, LineState state) => new(name, Group, told, async (site, cancel) =>
    {
        var leader = await site.SomeLeaderAsync(cancel).ConfigureAwait(false);
        site.Lines.To(leader).Set(state);
        return Held(site, $"broker {leader}");
    });

    private static Fault ZooKeeper(string name, string told, LineState state, Func<FaultSite, List<int>> victims) => new(name, Group, told, (site, _) =>
    {
        var cut = victims(site);
        Set(site, cut, state);
        return Task.FromResult(Held(site, $"broker {string.Join(", ", cut)}"));
    });

    private static async Task<FaultInEffect> CutControllerAsync(FaultSite site, CancellationToken cancel)
    {
        var controller = await site.ControllerAsync(cancel).ConfigureAwait(false);
        Set(site, [controller], LineState.Broken);
        return Held(site, $"broker {controller}");
    }

    private static Task<FaultInEffect> FlapAsync(FaultSite site, CancellationToken cancel)
    {
        var broker = site.Another();
        return Task.FromResult(new FaultInEffect($"broker {broker}", TimeSpan.Zero, async token =>
        {
            for (var i = 0; i < Flaps; i++)
            {
                Set(site, [broker], LineState.Broken);
                await Task.Delay(FlapEvery, site.Time, token).ConfigureAwait(false);
                site.Lines.Mend();
                await Task.Delay(FlapEvery, site.Time, token).ConfigureAwait(false);
            }
        }));
    }

    private static void Set(FaultSite site, List<int> brokers, LineState state)
    {
        foreach (var line in brokers.SelectMany(site.Lines.ToZooKeeper)) line.Set(state, delay: SlowBy);
    }

    // Long enough for a session to run out, or for a follower to be out of sync; or too short for it.
    private static FaultInEffect Held(FaultSite site, string target) =>
        new(target, site.Between(0.5 * site.SessionTimeout.TotalSeconds, 3 * site.SessionTimeout.TotalSeconds), _ =>
        {
            site.Lines.Mend();
            return Task.CompletedTask;
        });
}
