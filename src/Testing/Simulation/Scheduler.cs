namespace ClassicBroker.Testing.Simulation;

/// <summary>
/// Virtual time: one queue of events, each with the moment it is due and a number. <see cref="Step"/> takes the next one, moves the clock there and runs it on
/// the caller's thread; nothing else moves the clock, and nothing runs beside it. All chance comes from one seeded <see cref="Random"/>, so one seed replays
/// one history. <see cref="Fingerprint"/> is a hash over every step and every <see cref="Note"/>: two runs are the same history when it is the same.
/// Owner: the one thread that calls <see cref="Step"/>; a continuation that comes back on another thread is an error that says where it came from.
/// </summary>
public sealed class Scheduler
{
    private readonly record struct Event(SimulatedProcess? Owner, SendOrPostCallback Run, object? State);

    /// <summary>So many steps at one moment are a loop that never waits.</summary>
    private const int MostStepsAtOnce = 100_000;

    private readonly PriorityQueue<Event, (long Due, long Number)> _timed = new();
    private readonly Queue<Event> _ready = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private long _number;
    private int _stepsNow;
    private volatile bool _over;
    private volatile string? _stray;

    public Scheduler(int seed)
    {
        Chance = new Random(seed);
        World = new SimulatedProcess(this, "world");
    }

    /// <summary>The seeded source of every decision the simulation draws.</summary>
    public Random Chance { get; }

    /// <summary>The process of what is no broker and no client: the network, the ensemble, the fault schedule. It never dies.</summary>
    public SimulatedProcess World { get; }

    /// <summary>Virtual time since the start, in ticks of 100 ns.</summary>
    public long Now { get; private set; }

    /// <summary>Is this the scheduler's thread?</summary>
    public bool IsHere => Environment.CurrentManagedThreadId == _thread;

    /// <summary>Events run so far.</summary>
    public long Steps { get; private set; }

    public ulong Fingerprint { get; private set; } = 14695981039346656037;

    /// <summary>Takes lines for a readable trace; null when nobody reads them.</summary>
    public Action<string>? Trace { get; set; }

    /// <summary>A process whose event has just run; checks look at it after every step.</summary>
    public event Action<SimulatedProcess>? Stepped;

    public static long Ticks(double milliseconds) => (long)(milliseconds * TimeSpan.TicksPerMillisecond);

    /// <summary>Runs <paramref name="run"/> in <paramref name="owner"/> (null: nobody's) after <paramref name="ticks"/>.</summary>
    public void After(long ticks, SimulatedProcess? owner, SendOrPostCallback run, object? state = null) => At(Now + Math.Max(0, ticks), owner, run, state);

    public void At(long due, SimulatedProcess? owner, SendOrPostCallback run, object? state = null)
    {
        if (IsStray(owner)) return;
        if (due <= Now) _ready.Enqueue(new Event(owner, run, state));
        else _timed.Enqueue(new Event(owner, run, state), (due, _number++));
    }

    public void After(TimeSpan span, Action run) => After(span.Ticks, World, static action => ((Action)action!)(), run);

    /// <summary>Runs the next event; false when there is none at or before <paramref name="limit"/>.</summary>
    public bool Step(long limit = long.MaxValue)
    {
        if (_stray is { } stray) throw new InvalidOperationException(stray);
        if (!_ready.TryDequeue(out var next))
        {
            if (!_timed.TryPeek(out _, out var first) || first.Due > limit) return false;
            next = _timed.Dequeue();
            if (first.Due > Now) _stepsNow = 0;
            Now = first.Due;
        }
        var owner = next.Owner ?? World;
        if (owner.IsDead) return true;
        if (owner.IsPaused)
        {
            owner.Defer(next.Run, next.State);
            return true;
        }
        Steps++;
        if (++_stepsNow > MostStepsAtOnce) throw new InvalidOperationException($"{owner.Name} goes round and round while no time passes");
        Note((ulong)Now ^ (ulong)owner.Number << 56);
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(owner);
        try
        {
            next.Run(next.State);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
        Stepped?.Invoke(owner);
        return true;
    }

    /// <summary>Runs until the condition holds; false when nothing is left to do before <paramref name="limit"/> of virtual time.</summary>
    public bool RunUntil(Func<bool> condition, TimeSpan limit)
    {
        var end = Now + limit.Ticks;
        while (!condition())
            if (!Step(end)) return condition();
        return true;
    }

    /// <summary>Runs everything due within <paramref name="span"/> of virtual time.</summary>
    public void RunFor(TimeSpan span)
    {
        var end = Now + span.Ticks;
        while (Step(end)) { }
        AdvanceTo(end);
    }

    /// <summary>Nothing is due before: the clock stands there.</summary>
    public void AdvanceTo(long moment) => Now = Math.Max(Now, moment);

    /// <summary>Mixes something that happened into the fingerprint.</summary>
    public void Note(ulong what) => Fingerprint = (Fingerprint ^ what) * 1099511628211;

    /// <summary>Mixes it in, and writes it when somebody reads the trace.</summary>
    public void Note(string who, string what)
    {
        foreach (var c in what) Note(c);
        Tell(who, what);
    }

    /// <summary>Writes it when somebody reads the trace.</summary>
    public void Tell(string who, string what) => Trace?.Invoke($"{Now / (double)TimeSpan.TicksPerSecond,10:F4} {who,-9} {what}");

    /// <summary>The history ends here: finalizers of what it leaves behind find nobody.</summary>
    public void End() => _over = true;

    private bool IsStray(SimulatedProcess? owner)
    {
        if (Environment.CurrentManagedThreadId == _thread) return false;
        if (!_over && owner is not { IsDead: true })
            _stray ??= $"Something of {owner?.Name ?? "the world"} left the simulator for a thread of the pool: {new System.Diagnostics.StackTrace()}";
        return true;
    }
}
