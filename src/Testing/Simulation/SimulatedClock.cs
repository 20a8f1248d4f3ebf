namespace ClassicBroker.Testing.Simulation;

/// <summary>
/// The clock of one process: timestamps are the scheduler's virtual time, the wall clock may be off by a constant, timers are events of the process.
/// </summary>
public sealed class SimulatedClock(Scheduler scheduler, SimulatedProcess process, TimeSpan wallClockError) : TimeProvider
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>How far the wall clock is off; may be changed at any moment, as an operator or NTP does.</summary>
    public TimeSpan WallClockError { get; set; } = wallClockError;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long GetTimestamp() => scheduler.Now;

    public override DateTimeOffset GetUtcNow() => Start.AddTicks(scheduler.Now) + WallClockError;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new Timer(scheduler, process, callback, state, dueTime, period);

    private sealed class Timer : ITimer
    {
        private readonly Scheduler _scheduler;
        private readonly SimulatedProcess _process;
        private readonly TimerCallback _callback;
        private readonly object? _state;
        private long _period;
        private Due? _next;

        public Timer(Scheduler scheduler, SimulatedProcess process, TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            (_scheduler, _process, _callback, _state) = (scheduler, process, callback, state);
            Change(dueTime, period);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (_next is { } old) old.Timer = null;
            _next = null;
            _period = period > TimeSpan.Zero ? period.Ticks : 0;
            if (dueTime >= TimeSpan.Zero) Schedule(dueTime.Ticks);
            return true;
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Schedule(long ticks)
        {
            _next = new Due { Timer = this };
            _scheduler.After(ticks, _process, static due => ((Due)due!).Timer?.Fire(), _next);
        }

        private void Fire()
        {
            _next = null;
            if (_period > 0) Schedule(_period);
            _callback(_state);
        }

        // A cancelled firing stays in the queue and finds no timer.
        private sealed class Due
        {
            public Timer? Timer { get; set; }
        }
    }
}
