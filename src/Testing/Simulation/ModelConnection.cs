using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Testing.Simulation;

/// <summary>What a server answers: an error, or what the kind of request gives.</summary>
internal readonly record struct ModelReply(ZooKeeperError Error, object? Value = null);

/// <summary>One request on its way. A write has <see cref="Steps"/>; everything else has a <see cref="Look"/> at the server's tree and its watches.</summary>
internal sealed class ModelRequest(string name)
{
    public string Name { get; } = name;

    public IReadOnlyList<ZooKeeperOp>? Steps { get; init; }

    public Func<ModelTree, ModelWatches, ModelReply>? Look { get; init; }

    /// <summary>Closes the session.</summary>
    public bool IsClose { get; init; }

    /// <summary>What the client notes about its own watches when the answer is there.</summary>
    public Action<ModelWatches, ModelReply>? Noted { get; init; }

    public long SentAt { get; set; }

    public TaskCompletionSource<ModelReply> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>
/// One connection of a client to a server. The server works on a connection's requests one after the other and answers in order; events go the same way,
/// so a client never sees a state before the event that tells of it.
/// </summary>
internal sealed class ModelConnection(ModelEnsemble ensemble, ModelZooKeeper client, ModelServer server, int clientNode)
{
    private readonly Lane _up = new(clientNode, server.Node), _down = new(server.Node, clientNode);
    private readonly Queue<ModelRequest> _inbox = new();
    private bool _busy, _broken;

    public ModelServer Server { get; } = server;

    public ModelSession? Session { get; private set; }

    /// <summary>The server's watches for this connection.</summary>
    public ModelWatches Watches { get; } = new();

    /// <summary>Asks for a session: a new one for id 0. The client hears the outcome, unless it never arrives.</summary>
    public void Shake(long sessionId, byte[] password, TimeSpan timeout, long lastZxid, Action<ModelSession?, bool> answered) => ensemble.Network.Send(_up, () =>
    {
        if (!Server.Serves || Server.View.Zxid < lastZxid)
        {
            Answer(() => answered(null, false));
            return;
        }
        var session = sessionId == 0 ? ensemble.Open(timeout) : ensemble.Session(sessionId);
        if (session is null || (sessionId != 0 && !session.Password.AsSpan().SequenceEqual(password)))
        {
            Answer(() => answered(null, true));
            return;
        }
        session.Connection?.Break("the session moved");
        (session.Connection, Session, session.LastHeard) = (this, session, ensemble.Scheduler.Now);
        Server.Attach(this);
        Answer(() => answered(session, false));
    });

    public void Send(ModelRequest request) => ensemble.Network.Send(_up, () => Receive(request));

    public void Tell(ZNodeEvent fired) => Answer(() => client.Fired(this, fired));

    /// <summary>The server closes it; the client learns when the news gets through.</summary>
    public void Break(string why)
    {
        if (_broken) return;
        _broken = true;
        Server.Detach(this);
        Answer(() => client.Lost(this, why));
    }

    /// <summary>The client closes it.</summary>
    public void Close()
    {
        _up.IsClosed = _down.IsClosed = true;
        // The server finds out when it next writes; until then it may go on firing watches into the void.
        ensemble.Network.Send(_up, () =>
        {
            _broken = true;
            Server.Detach(this);
        });
    }

    private void Answer(Action arrived) => ensemble.Network.Send(_down, () => client.Process(arrived));

    private void Receive(ModelRequest request)
    {
        if (_broken || !Server.Serves || Session is null) return;
        if (Session.Connection == this) Session.LastHeard = ensemble.Scheduler.Now;
        _inbox.Enqueue(request);
        Next();
    }

    private void Next()
    {
        if (_busy || _broken || !_inbox.TryDequeue(out var request)) return;
        if (Session!.IsOver || Session.Connection != this)
        {
            Reply(request, new ModelReply(Session.IsOver ? ZooKeeperError.SessionExpired : ZooKeeperError.SessionMoved));
            Break("the session is over here");
            return;
        }
        if (request.Look is { } look)
        {
            Reply(request, look(Server.View, Watches));
            Next();
            return;
        }
        _busy = true;
        if (request.IsClose) ensemble.End(Session, "closed", Server, outcome => Answered(request, outcome));
        else ensemble.Propose(Session, request.Steps!, Server, outcome => Answered(request, outcome));
    }

    private void Answered(ModelRequest request, ModelOutcome outcome)
    {
        _busy = false;
        Reply(request, new ModelReply(outcome.Guilty < 0 ? ZooKeeperError.Ok : outcome.Results[outcome.Guilty].Error, outcome));
        Next();
    }

    private void Reply(ModelRequest request, ModelReply reply)
    {
        var zxid = Server.View.Zxid;
        Answer(() => client.Answered(this, request, reply, zxid));
    }
}
