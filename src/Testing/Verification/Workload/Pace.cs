namespace ClassicBroker.Testing.Verification;

/// <summary>Gives one writer its moments: evenly apart with some chance in it, and no burst after a silence. Owned by its writer's loop.</summary>
internal sealed class Pace(double perSecond, Random random, TimeProvider time)
{
    private readonly TimeSpan _apart = TimeSpan.FromSeconds(1 / perSecond);

    /// <summary>Waits for the next moment.</summary>
    public Task NextAsync(CancellationToken cancel) => Task.Delay(_apart * (0.5 + random.NextDouble()), time, cancel);
}
