namespace ClassicBroker.Testing.Verification;

/// <summary>Something that goes wrong, with real processes.</summary>
/// <param name="Name">As given to <c>--faults</c> and told in the report.</param>
/// <param name="Group">What it belongs to; <c>--faults kill</c> means all of the group.</param>
/// <param name="Told">What happens, for people.</param>
/// <param name="StartAsync">Makes it; when this returns the fault is in effect.</param>
internal sealed record Fault(string Name, string Group, string Told, Func<FaultSite, CancellationToken, Task<FaultInEffect>> StartAsync);

/// <summary>A fault that goes on.</summary>
/// <param name="Target">What it hit.</param>
/// <param name="Hold">How long it is to go on.</param>
/// <param name="HealAsync">Takes its cause away: launches what was killed, mends what was cut. It need not wait: what else is needed the cluster does alone.</param>
internal sealed record FaultInEffect(string Target, TimeSpan Hold, Func<CancellationToken, Task> HealAsync);
