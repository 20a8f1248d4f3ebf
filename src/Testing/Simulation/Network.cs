namespace ClassicBroker.Testing.Simulation;

/// <summary>
/// Links between machines, named by numbers. Each direction of each pair can be cut and made slow. What travels keeps to what TCP allows: bytes of one
/// direction of one connection (a <see cref="Lane"/>) arrive in order or not at all; a cut holds them back until it is mended, and what the sender gave up
/// meanwhile may still arrive, or not; different connections overtake each other freely.
/// </summary>
internal sealed class Network(Scheduler scheduler)
{
    private static readonly long Shortest = Scheduler.Ticks(0.05), Usual = Scheduler.Ticks(0.5), Hiccup = Scheduler.Ticks(20);

    private readonly HashSet<(int From, int To)> _cut = [];
    private readonly Dictionary<(int From, int To), long> _slow = [];
    private readonly List<Lane> _stalled = [];

    public bool HasCuts => _cut.Count > 0;

    public bool IsCut(int from, int to) => _cut.Contains((from, to));

    public void Cut(int from, int to) => _cut.Add((from, to));

    /// <summary>Adds up to <paramref name="delay"/> to everything that goes this way.</summary>
    public void Slow(int from, int to, TimeSpan delay) => _slow[(from, to)] = delay.Ticks;

    public void Mend(int from, int to)
    {
        _slow.Remove((from, to));
        if (!_cut.Remove((from, to))) return;
        foreach (var lane in _stalled.Where(lane => lane.From == from && lane.To == to).ToList())
        {
            _stalled.Remove(lane);
            var waiting = lane.Stalled;
            lane.Stalled = 0;
            for (var i = 0; i < waiting; i++) Pump(lane);
        }
    }

    public void MendAll()
    {
        _slow.Clear();
        foreach (var (from, to) in _cut.Order().ToList()) Mend(from, to);
    }

    /// <summary>Delivers in the lane's order; runs <paramref name="arrived"/> in the world, which hands it to the receiver's process.</summary>
    public void Send(Lane lane, Action arrived)
    {
        lane.Waiting.Enqueue(arrived);
        Pump(lane);
    }

    private void Pump(Lane lane)
    {
        lane.LastDue = Math.Max(lane.LastDue, scheduler.Now + Latency(lane.From, lane.To));
        scheduler.At(lane.LastDue, scheduler.World, _ => Arrive(lane));
    }

    private void Arrive(Lane lane)
    {
        if (lane.Waiting.Count == 0) return;
        if (IsCut(lane.From, lane.To))
        {
            if (lane.Stalled++ == 0) _stalled.Add(lane);
            return;
        }
        var arrived = lane.Waiting.Dequeue();
        // What was given up: its sender's kernel may have passed it on, or not.
        if (lane.IsClosed && scheduler.Chance.Next(2) == 0) return;
        arrived();
    }

    private long Latency(int from, int to)
    {
        var chance = scheduler.Chance;
        var latency = Shortest + chance.NextInt64(Usual);
        if (chance.Next(200) == 0) latency += chance.NextInt64(Hiccup);
        if (_slow.TryGetValue((from, to), out var slow)) latency += chance.NextInt64(slow) + 1;
        return latency;
    }
}

/// <summary>One direction of one connection.</summary>
internal sealed class Lane(int from, int to)
{
    public int From { get; } = from;

    public int To { get; } = to;

    /// <summary>The sender has given this connection up.</summary>
    public bool IsClosed { get; set; }

    public Queue<Action> Waiting { get; } = new();

    public long LastDue { get; set; }

    /// <summary>Arrivals held back by a cut.</summary>
    public int Stalled { get; set; }
}
