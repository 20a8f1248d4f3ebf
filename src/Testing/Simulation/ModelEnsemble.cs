using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Testing.Simulation;

/// <summary>A transaction that has just been committed: who asked for it, what it was, and the tree before and after.</summary>
internal sealed record ModelCommit(ModelSession Session, IReadOnlyList<ZooKeeperOp> Steps, ModelTree Before, ModelOutcome Outcome);

/// <summary>A session as the ensemble's leader keeps it.</summary>
internal sealed class ModelSession(long id, byte[] password, long timeout)
{
    public long Id { get; } = id;

    public byte[] Password { get; } = password;

    /// <summary>Ticks without a word after which it expires.</summary>
    public long Timeout { get; } = timeout;

    public long LastHeard { get; set; }

    public bool IsOver { get; set; }

    /// <summary>When it ended, and whether it was ended while its owner was in touch: then nobody had told the owner yet.</summary>
    public (long At, bool ByForce) Ended { get; set; }

    /// <summary>Where it is served now; what arrives on an earlier connection is refused (session moved).</summary>
    public ModelConnection? Connection { get; set; }
}

/// <summary>
/// A ZooKeeper ensemble in memory. The leader puts writes into one order and commits them while a quorum of servers is up; every server applies them in that
/// order, each a little later than the others; reads are answered by the server a client is connected to, from what it has applied, so they can be stale, as
/// in the original; a client sees its own writes, and a watch event before the state it tells of. Sessions expire by the leader's clock.
/// </summary>
internal sealed class ModelEnsemble
{
    /// <summary>Node numbers of the servers in the <see cref="Network"/>: this plus the server's index.</summary>
    public const int FirstNode = 1000;

    private static readonly long CommitTime = Scheduler.Ticks(1.5);

    private readonly Dictionary<long, ModelSession> _sessions = [];
    private long _lastSession = 0x1000;
    private long _lastCommitDue;

    public ModelEnsemble(Scheduler scheduler, Network network, int servers = 3)
    {
        (Scheduler, Network) = (scheduler, network);
        Servers = [.. Enumerable.Range(0, servers).Select(index => new ModelServer(this, FirstNode + index))];
    }

    public Scheduler Scheduler { get; }

    public Network Network { get; }

    public IReadOnlyList<ModelServer> Servers { get; }

    /// <summary>What has been committed.</summary>
    public ModelTree Tree { get; private set; } = ModelTree.Empty;

    public bool HasQuorum => Servers.Count(server => server.IsUp) * 2 > Servers.Count;

    /// <summary>Raised at every commit, before any server has applied it.</summary>
    public event Action<ModelCommit>? Committed;

    private long NowMs => Scheduler.World.Clock.GetUtcNow().ToUnixTimeMilliseconds();

    public ModelSession? Session(long id) => _sessions.GetValueOrDefault(id) is { IsOver: false } live ? live : null;

    public ModelSession Open(TimeSpan timeout)
    {
        var password = new byte[16];
        Scheduler.Chance.NextBytes(password);
        var session = new ModelSession(++_lastSession, password, timeout.Ticks) { LastHeard = Scheduler.Now };
        _sessions[session.Id] = session;
        WatchOver(session);
        return session;
    }

    /// <summary>Puts a write into the one order. <paramref name="done"/> runs when <paramref name="at"/> has applied it; never, when the server went down before.</summary>
    public void Propose(ModelSession session, IReadOnlyList<ZooKeeperOp> steps, ModelServer at, Action<ModelOutcome> done)
    {
        _lastCommitDue = Math.Max(_lastCommitDue, Scheduler.Now + Scheduler.Ticks(0.2) + Scheduler.Chance.NextInt64(CommitTime));
        Scheduler.At(_lastCommitDue, Scheduler.World, _ =>
        {
            if (!HasQuorum) return;   // its connection is broken: the client does not know, and this time it was not done
            if (session.IsOver) at.After(() => done(new ModelOutcome(Tree, [new ZooKeeperOpResult(ZooKeeperError.SessionExpired, null, null)], [], 0)));
            else Commit(session, steps, Tree.Apply(steps, session.Id, NowMs), at, done);
        });
    }

    /// <summary>Ends a session: expired, closed by its owner, or taken over and closed.</summary>
    public void End(ModelSession session, string why, ModelServer? at = null, Action<ModelOutcome>? done = null)
    {
        if (session.IsOver) return;
        session.IsOver = true;
        session.Ended = (Scheduler.Now, Scheduler.Now - session.LastHeard < session.Timeout);
        Scheduler.Note("zk", $"session {session.Id:x} {why}");
        Commit(session, [], Tree.CloseSession(session.Id, NowMs), at, done);
    }

    /// <summary>Without a quorum every server drops its clients; with one again, the new leader gives every session its whole timeout.</summary>
    public void SetUp(ModelServer server, bool up)
    {
        var before = HasQuorum;
        server.SetUp(up, Tree);
        Scheduler.Note("zk", $"server {server.Node} {(up ? "up" : "down")}");
        if (before && !HasQuorum)
            foreach (var each in Servers) each.DropClients();
        if (before || !HasQuorum) return;
        foreach (var session in _sessions.Values.Where(session => !session.IsOver))
        {
            session.LastHeard = Scheduler.Now;
            WatchOver(session);
        }
    }

    /// <summary>Somebody deletes a znode with a tool.</summary>
    public void DeleteByHand(string path)
    {
        if (!HasQuorum) return;
        var operatorsSession = new ModelSession(1, [], long.MaxValue);
        IReadOnlyList<ZooKeeperOp> steps = [new ZooKeeperOp.Delete(path, -1)];
        Commit(operatorsSession, steps, Tree.Apply(steps, operatorsSession.Id, NowMs), null, null);
    }

    private void Commit(ModelSession session, IReadOnlyList<ZooKeeperOp> steps, ModelOutcome outcome, ModelServer? at, Action<ModelOutcome>? done)
    {
        var commit = new ModelCommit(session, steps, Tree, outcome);
        Tree = outcome.Tree;
        Scheduler.Note((ulong)Tree.Zxid);
        if (Scheduler.Trace is not null)
            Scheduler.Tell("zk", $"zxid {Tree.Zxid} session {session.Id:x} {(outcome.Guilty < 0 ? "" : $"REFUSED {outcome.Results[outcome.Guilty].Error} ")}{string.Join("; ", steps.Select(Told))}");
        if (outcome.Guilty < 0) Committed?.Invoke(commit);
        foreach (var server in Servers) server.Learn(outcome, server == at ? done : null);
    }

    private static string Told(ZooKeeperOp step) => step switch
    {
        ZooKeeperOp.Set set => $"set {set.Path} v{set.Version} {System.Text.Encoding.UTF8.GetString(set.Data)}",
        ZooKeeperOp.Create create => $"create {create.Path} {create.Mode}",
        ZooKeeperOp.Check check => $"check {check.Path} v{check.Version}",
        _ => $"delete {step.Path}",
    };

    private void WatchOver(ModelSession session)
    {
        // Expiry is found by a tick of the leader, never early.
        var due = session.LastHeard + session.Timeout + Scheduler.Chance.NextInt64(session.Timeout / 10 + 1);
        Scheduler.At(due, Scheduler.World, _ =>
        {
            if (session.IsOver || !HasQuorum) return;
            if (Scheduler.Now - session.LastHeard >= session.Timeout) End(session, "expired");
            else WatchOver(session);
        });
    }
}
