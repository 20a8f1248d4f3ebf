using System.Buffers.Binary;

namespace ClassicBroker.Coordination.ZooKeeper.Driver;

/// <summary>Reads the body of a successful answer.</summary>
internal delegate T ReplyBody<out T>(ref JuteReader body);

/// <summary>
/// A request from the moment it is issued until it is answered: its finished frame (only the xid is still missing) and the
/// promise to its caller. Owner: first the request queue, then the connection that sends it; each hands it on completely.
/// </summary>
internal abstract class PendingRequest(byte[] frame, string operation, string? path)
{
    private volatile bool _abandoned;

    public byte[] Frame { get; } = frame;

    public string Operation { get; } = operation;

    /// <summary>The path as the caller wrote it.</summary>
    public string? Path { get; } = path;

    /// <summary>What a successful answer changes about the watches.</summary>
    public WatchChange Watch { get; init; } = WatchChange.None;

    public int Xid { get; private set; }

    /// <summary>Timestamp of the sending, for the session's clock.</summary>
    public long SentAt { get; private set; }

    /// <summary>The caller gave up; not worth sending if it has not been sent.</summary>
    public bool IsAbandoned => _abandoned;

    public void Abandon() => _abandoned = true;

    public void StampForSending(int xid, long now)
    {
        Xid = xid;
        SentAt = now;
        BinaryPrimitives.WriteInt32BigEndian(Frame.AsSpan(4), xid);
    }

    public abstract void Answer(ZooKeeperError error, ref JuteReader body);

    public abstract void Fail(Exception failure);
}

/// <summary>A request whose answer is a <typeparamref name="T"/>.</summary>
internal sealed class PendingRequest<T>(byte[] frame, string operation, string? path, ReplyBody<T> readBody) : PendingRequest(frame, operation, path)
{
    // continuations run on the pool: the receive loop must never run a caller's code
    private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>True: NoNode is an answer (the default of <typeparamref name="T"/>), not an error.</summary>
    public bool MayBeAbsent { get; init; }

    public Task<T> Task => _answer.Task;

    public override void Answer(ZooKeeperError error, ref JuteReader body)
    {
        if (error == ZooKeeperError.Ok) _answer.TrySetResult(readBody(ref body));
        else if (error == ZooKeeperError.NoNode && MayBeAbsent) _answer.TrySetResult(default!);
        else Fail(new ZooKeeperException(error, Path, $"{Operation} {Path}: {error}"));
    }

    public override void Fail(Exception failure)
    {
        _answer.TrySetException(failure);
        _ = _answer.Task.Exception; // seen: a caller that was cancelled does not look any more
    }
}
