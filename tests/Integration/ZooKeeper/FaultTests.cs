using System.Diagnostics;
using ClassicBroker.Conformance;
using ClassicBroker.Coordination.ZooKeeper;
using ClassicBroker.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClassicBroker.Integration.ZooKeeper;

[Collection(EnsembleTests.Name)]
public class FaultTests(EnsembleFixture fixture)
{
    private ZooKeeperEnsemble Ensemble => fixture.Ensemble;

    [Fact]
    public async Task Ten_thousand_requests_in_flight_are_all_answered_in_order()
    {
        await using var zk = await fixture.ConnectAsync();
        int answered = 0;
        bool inOrder = true;
        async Task CreateAsync(int i)
        {
            var created = await zk.CreateAsync("/s-", default, CreateMode.PersistentSequential);
            inOrder &= created.Path == $"/s-{i:D10}";
            Interlocked.Increment(ref answered);
        }

        await Task.WhenAll(Enumerable.Range(0, 10_000).Select(CreateAsync));
        Assert.Equal(10_000, answered);
        Assert.True(inOrder);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_server_killed_under_load_costs_only_what_was_in_flight_and_the_session_goes_on(bool killTheLeader)
    {
        string chroot = fixture.NewChroot();
        int leader = (await Ensemble.LeaderAsync())!.Value;
        var victim = Ensemble.Nodes.First(node => node.Id == leader == killTheLeader);
        // connected to the victim first, free to go to the others after
        await using var zk = await ConnectToAsync(victim.Id, chroot);
        var seen = new Observed(zk);
        long session = zk.SessionId;
        await zk.CreateAsync("/mine", default, CreateMode.Ephemeral);

        var writes = Enumerable.Range(0, 4_000).Select(i => CreateAsync(zk, i)).ToList();
        await writes[200];
        await Ensemble.KillAsync(victim.Id);
        var outcomes = await Task.WhenAll(writes);
        Assert.All(outcomes, outcome => Assert.True(outcome is ZooKeeperError.Ok or ZooKeeperError.ConnectionLoss, $"{outcome}"));
        Assert.Equal([ZooKeeperSessionState.Suspended, ZooKeeperSessionState.Connected], await seen.UntilAsync(ZooKeeperSessionState.Connected));
        Assert.Equal(session, zk.SessionId);

        await zk.SyncAsync("/");
        var there = (await zk.ChildrenAsync("/")).Names.ToHashSet();
        Assert.Contains("mine", there);
        for (int i = 0; i < outcomes.Length; i++)
        {
            if (outcomes[i] == ZooKeeperError.Ok) Assert.Contains($"w{i}", there);
        }

        Assert.InRange(outcomes.Count(outcome => outcome == ZooKeeperError.ConnectionLoss), 0, 1024);
        await Ensemble.RestartAsync(victim.Id);
    }

    [Fact]
    public async Task A_server_that_falls_silent_is_left_for_another_before_the_session_ends()
    {
        await using var zk = await ConnectToAsync(1, fixture.NewChroot());
        var seen = new Observed(zk);
        long session = zk.SessionId;
        await zk.CreateAsync("/mine", default, CreateMode.Ephemeral);
        int pid = Ensemble.Nodes[0].Pid;
        await SignalAsync("STOP", pid);
        try
        {
            Assert.Equal([ZooKeeperSessionState.Suspended, ZooKeeperSessionState.Connected], await seen.UntilAsync(ZooKeeperSessionState.Connected));
            Assert.Equal(session, zk.SessionId);
            Assert.NotNull(await zk.ExistsAsync("/mine"));
        }
        finally
        {
            await SignalAsync("CONT", pid);
        }
    }

    [Fact]
    public async Task Without_quorum_requests_wait_and_when_it_is_back_they_are_done_in_the_same_session()
    {
        await using var zk = await fixture.ConnectAsync(configure: options => options.SessionTimeout = TimeSpan.FromSeconds(40));
        var seen = new Observed(zk);
        long session = zk.SessionId;
        await zk.CreateAsync("/mine", default, CreateMode.Ephemeral);
        await Ensemble.KillAsync(1);
        await Ensemble.KillAsync(2);
        await seen.UntilAsync(ZooKeeperSessionState.Suspended);

        var waiting = zk.CreateAsync("/waited", default, CreateMode.Persistent);
        Assert.False(waiting.IsCompleted);
        await Ensemble.LaunchAgainAsync(1);
        await Ensemble.LaunchAgainAsync(2);
        await Ensemble.WaitUntilServingAsync();

        Assert.Equal("/waited", (await waiting).Path);
        Assert.Equal(session, zk.SessionId);
        Assert.NotNull(await zk.ExistsAsync("/mine"));
    }

    [Fact]
    public async Task A_session_closed_by_takeover_expires_exactly_once_and_a_new_one_follows_by_itself()
    {
        string chroot = fixture.NewChroot();
        await using var zk = await fixture.ConnectAsync(chroot);
        var seen = new Observed(zk);
        long old = zk.SessionId;
        await zk.CreateAsync("/mine", default, CreateMode.Ephemeral);
        await zk.AddWatchAsync("/", WatchMode.PersistentRecursive);

        Assert.True(await CloseAsync(old, zk.SessionPassword.ToArray()));

        var states = await seen.UntilAsync(ZooKeeperSessionState.Connected);
        if (!states.Contains(ZooKeeperSessionState.Expired)) states.AddRange(await seen.UntilAsync(ZooKeeperSessionState.Connected));
        Assert.Single(states, ZooKeeperSessionState.Expired);
        Assert.NotEqual(old, zk.SessionId);
        Assert.Null(await zk.ExistsAsync("/mine"));
        await zk.CreateAsync("/mine", default, CreateMode.Ephemeral);
    }

    [Fact]
    public async Task Requests_waiting_when_the_session_is_found_gone_fail_with_session_expired()
    {
        string chroot = fixture.NewChroot();
        await using var proxy = new TcpProxy(Ensemble.Nodes[0].ClientPort);
        await using var zk = await fixture.ConnectAsync(chroot, options => options.ConnectString = $"127.0.0.1:{proxy.Port}{chroot}");
        var seen = new Observed(zk);
        byte[] password = zk.SessionPassword.ToArray();
        proxy.Cut();
        await seen.UntilAsync(ZooKeeperSessionState.Suspended);
        Assert.Equal(ZooKeeperSessionState.Suspended, zk.State);
        var waiting = zk.CreateAsync("/mine", default, CreateMode.Ephemeral);
        Assert.True(await CloseAsync(zk.SessionId, password));
        proxy.Mend();

        Assert.Equal(ZooKeeperError.SessionExpired, (await Assert.ThrowsAsync<ZooKeeperException>(() => waiting)).Error);
        Assert.Equal([ZooKeeperSessionState.Expired, ZooKeeperSessionState.Connected], await seen.UntilAsync(ZooKeeperSessionState.Connected));
        Assert.Null(await zk.ExistsAsync("/mine"));
    }

    [Fact]
    public async Task While_cut_off_the_time_out_of_touch_grows_beyond_the_session_timeout_and_reconnecting_resets_it()
    {
        string chroot = fixture.NewChroot();
        await using var proxy = new TcpProxy(Ensemble.Nodes[0].ClientPort);
        await using var zk = await fixture.ConnectAsync(chroot, options =>
        {
            options.ConnectString = $"127.0.0.1:{proxy.Port}{chroot}";
            options.SessionTimeout = TimeSpan.FromSeconds(2);
        });
        var seen = new Observed(zk);
        Assert.Equal(TimeSpan.FromSeconds(2), zk.SessionTimeout);
        proxy.Cut();
        await seen.UntilAsync(ZooKeeperSessionState.Suspended);
        while (zk.SinceLastHeard <= zk.SessionTimeout) await Task.Delay(20);
        Assert.Equal(ZooKeeperSessionState.Suspended, zk.State); // only a server can say that it is expired
        proxy.Mend();
        await seen.UntilAsync(ZooKeeperSessionState.Connected);
        Assert.True(zk.SinceLastHeard < zk.SessionTimeout);
    }

    [Fact]
    public async Task An_idle_session_is_kept_alive_by_pings()
    {
        await using var zk = await fixture.ConnectAsync(configure: options => options.SessionTimeout = TimeSpan.FromSeconds(2));
        var seen = new Observed(zk);
        long session = zk.SessionId;
        await Task.Delay(TimeSpan.FromSeconds(5)); // the passing of time is what is tested
        Assert.NotNull(await zk.ExistsAsync("/"));
        Assert.Equal(session, zk.SessionId);
        Assert.Equal(ZooKeeperSessionState.Connected, zk.State);
    }

    [Fact]
    public async Task A_session_left_by_a_dead_process_can_be_gone_on_with_or_closed_and_closed_again_is_already_gone()
    {
        string chroot = fixture.NewChroot();
        await using var first = await fixture.ConnectAsync(chroot);
        await first.CreateAsync("/mine", default, CreateMode.Ephemeral);
        long id = first.SessionId;
        byte[] password = first.SessionPassword.ToArray();

        await using (var second = await fixture.ConnectAsync(chroot, options =>
        {
            options.AttachSessionId = id;
            options.AttachPassword = password;
        }))
        {
            Assert.Equal(id, second.SessionId);
            Assert.Equal(id, (await second.ExistsAsync("/mine"))!.EphemeralOwner);
        }

        Assert.False(await CloseAsync(id, password));
    }

    [Fact]
    public async Task A_wrong_password_takes_nothing_over()
    {
        await using var zk = await fixture.ConnectAsync();
        await zk.CreateAsync("/mine", default, CreateMode.Ephemeral);
        Assert.False(await CloseAsync(zk.SessionId, new byte[16]));
        Assert.NotNull(await zk.ExistsAsync("/mine"));
    }

    [Fact]
    public async Task Credentials_are_sent_again_after_reconnecting()
    {
        string chroot = fixture.NewChroot();
        await using var open = await fixture.ConnectAsync(chroot);
        await using var proxy = new TcpProxy(Ensemble.Nodes[0].ClientPort);
        await using var alice = await fixture.ConnectAsync(chroot, options =>
        {
            options.ConnectString = $"127.0.0.1:{proxy.Port}{chroot}";
            options.DigestUser = "alice";
            options.DigestPassword = "s3cret";
            options.CreatorOnlyAcl = true;
        });
        var seen = new Observed(alice);
        await alice.CreateAsync("/secret", default, CreateMode.Persistent);
        proxy.Cut();
        await seen.UntilAsync(ZooKeeperSessionState.Suspended);
        proxy.Mend();
        Assert.Empty((await alice.GetAsync("/secret")).Data);
    }

    [Fact]
    public async Task Persistent_watches_are_set_again_on_another_server()
    {
        string chroot = fixture.NewChroot();
        await using var other = await fixture.ConnectAsync(chroot);
        await other.CreateAsync("/n", default, CreateMode.Persistent);
        await using var zk = await ConnectToAsync(1, chroot);
        var seen = new Observed(zk);
        await zk.AddWatchAsync("/", WatchMode.PersistentRecursive);
        await Ensemble.KillAsync(1);
        await seen.UntilAsync(ZooKeeperSessionState.Connected);
        await zk.SyncAsync("/"); // answered after the watches were set again
        await other.SetAsync("/n", default);
        Assert.Equal(new ZNodeEvent(ZNodeEventType.DataChanged, "/n"), await seen.NextEventAsync());
        await Ensemble.RestartAsync(1);
    }

    [Fact]
    public async Task When_nobody_serves_connecting_fails_in_time_and_says_who_was_tried()
    {
        var options = new ZooKeeperOptions { ConnectString = "127.0.0.1:1", ConnectTimeout = TimeSpan.FromSeconds(1) };
        var failed = await Assert.ThrowsAsync<ZooKeeperException>(() => EnsembleFixture.ConnectAsync(options));
        Assert.Equal(ZooKeeperError.ConnectionLoss, failed.Error);
        Assert.Contains("127.0.0.1:1", failed.Message, StringComparison.Ordinal);
    }

    /// <summary>A client that knows all servers and is connected to this one.</summary>
    private async Task<ZooKeeperClient> ConnectToAsync(int id, string chroot)
    {
        for (int attempt = 0; attempt < 100; attempt++)
        {
            var client = await fixture.ConnectAsync(chroot);
            if (await fixture.ServerOfAsync(client) == id) return client;
            await client.DisposeAsync();
        }

        throw new InvalidOperationException($"a hundred clients, and none chose server {id}");
    }

    private Task<bool> CloseAsync(long session, byte[] password) =>
        SessionTakeover.CloseSessionAsync(fixture.Options(""), session, password, TimeProvider.System, NullLogger.Instance, CancellationToken.None);

    private static async Task SignalAsync(string signal, int pid)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{pid}"]);
        await kill.WaitForExitAsync();
    }

    private static Task<ZooKeeperError> CreateAsync(IZooKeeper zk, int i) => EnsembleFixture.ErrorOfAsync(() => zk.CreateAsync($"/w{i}", default, CreateMode.Persistent));
}
