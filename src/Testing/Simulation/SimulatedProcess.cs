namespace ClassicBroker.Testing.Simulation;

/// <summary>
/// One process of the simulation: its synchronization context (everything it awaits continues in it), its clock, and its life. A dead process (kill -9) runs
/// nothing any more; a paused one (SIGSTOP) runs what came meanwhile when it goes on, in order. A restarted broker is a new process.
/// Owner: the <see cref="Scheduler"/>'s thread.
/// </summary>
public sealed class SimulatedProcess : SynchronizationContext
{
    /// <summary>One posted continuation in so many is late, as on a busy machine: that is where races show.</summary>
    private const int LateOneIn = 40;

    private static readonly long LateBy = Scheduler.Ticks(2);

    private readonly Scheduler _scheduler;
    private readonly Queue<(SendOrPostCallback Run, object? State)> _deferred = new();

    public SimulatedProcess(Scheduler scheduler, string name, int number = 0, TimeSpan wallClockError = default)
    {
        _scheduler = scheduler;
        Name = name;
        Number = number;
        Clock = new SimulatedClock(scheduler, this, wallClockError);
    }

    public string Name { get; }

    public int Number { get; }

    /// <summary>This machine's clock: monotonic time is virtual time, the wall clock may be wrong.</summary>
    public SimulatedClock Clock { get; }

    public bool IsDead { get; private set; }

    public bool IsPaused { get; private set; }

    /// <summary>A failure that nobody caught; checks report it.</summary>
    public Exception? Failure { get; private set; }

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (IsDead) return;
        if (Number > 0 && _scheduler.IsHere && _scheduler.Chance.Next(LateOneIn) == 0) _scheduler.After(_scheduler.Chance.NextInt64(LateBy), this, d, state);
        else _scheduler.After(0, this, d, state);
    }

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("Nothing blocks in the simulator.");

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Starts asynchronous work in this process; what it throws is its <see cref="Failure"/>.</summary>
    public void Run(Func<Task> work) => Post(static pair =>
    {
        var (process, begin) = ((SimulatedProcess, Func<Task>))pair!;
        _ = process.GuardAsync(begin);
    }, (this, work));

    public void Kill()
    {
        IsDead = true;
        IsPaused = false;
        _deferred.Clear();
    }

    public void Pause() => IsPaused = !IsDead;

    public void Resume()
    {
        IsPaused = false;
        while (_deferred.TryDequeue(out var next)) _scheduler.After(0, this, next.Run, next.State);
    }

    internal void Defer(SendOrPostCallback run, object? state) => _deferred.Enqueue((run, state));

    private async Task GuardAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception failure)
        {
            Failure ??= failure;
            _scheduler.Note(Name, $"FAILED: {failure}");
        }
    }
}
