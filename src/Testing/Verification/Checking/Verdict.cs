namespace ClassicBroker.Testing.Verification;

/// <summary>What a history shows: the promises hold, or which were broken and by what.</summary>
public sealed record Verdict
{
    /// <summary>How the run was started; null in a history that was cut.</summary>
    public RunStarted? Run { get; init; }

    /// <summary>Length of the history.</summary>
    public double Seconds { get; init; }

    /// <summary>The writes by class.</summary>
    public IReadOnlyList<WriteCounts> Writes { get; init; } = [];

    /// <summary>The faults by kind.</summary>
    public IReadOnlyList<FaultRecovery> Faults { get; init; } = [];

    /// <summary>Everything that must not be. Empty: the promises hold.</summary>
    public IReadOnlyList<Anomaly> Anomalies { get; init; } = [];

    /// <summary>True when nothing was found and there was something to look at.</summary>
    public bool Holds => Anomalies.Count == 0 && Promised > 0;

    /// <summary>The last line of the report.</summary>
    public string LastLine => (Anomalies.Count, Promised) switch
    {
        (0, 0) => "verdict: nothing was acknowledged with acks=all, so nothing was shown",
        (0, var promised) => $"verdict: no acknowledged record lost ({promised} acknowledged with acks=all, {Faults.Sum(f => f.Count)} faults, no anomaly)",
        _ => $"verdict: BROKEN: {string.Join(", ", Anomalies.GroupBy(a => a.Kind).OrderBy(g => g.Key).Select(g => $"{g.Count()} {Words(g.Key)}"))}",
    };

    private int Promised => Writes.Where(w => w.Acks == -1).Sum(w => w.Acknowledged);

    /// <summary>A kind as people say it: "lost write".</summary>
    public static string Words(AnomalyKind kind) =>
        string.Concat(kind.ToString().Select((c, i) => char.IsUpper(c) ? (i > 0 ? " " : "") + char.ToLowerInvariant(c) : $"{c}"));
}
