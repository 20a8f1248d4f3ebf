namespace ClassicBroker.Bench.Log;

/// <summary>
/// One line of the table: what we do, and the machine doing the same without us. Both answer in the unit, measured once per call;
/// the runner decides how often and in which order.
/// </summary>
/// <param name="Name">what is measured</param>
/// <param name="Unit">MB/s, GB/s, ns, …</param>
/// <param name="Ours">one measurement of ours</param>
/// <param name="Limit">one measurement of the machine's own; null when there is none to compare with</param>
/// <param name="LimitName">what the limit is</param>
/// <param name="LowerIsBetter">times rather than rates</param>
internal sealed record Measure(string Name, string Unit, Func<double> Ours, Func<double>? Limit = null, string LimitName = "", bool LowerIsBetter = false)
{
    /// <summary>The asked share of the limit (0.7 = at least 70 % of it), or with no limit the asked value in the unit; null when none is asked.</summary>
    public double? Asked { get; init; }
}
