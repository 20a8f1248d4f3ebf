using ClassicBroker.Testing.Simulation;

namespace ClassicBroker.Unit.Simulation;

/// <summary>The checks can see: with any one fence removed, some seed breaks a promise.</summary>
public class FenceTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(Fence.LeaderEpoch, 1, 10)]
    public async Task Without_a_fence_a_promise_is_broken(Fence without, int first, int within)
    {
        var results = await SimulationSweep.RunAsync(first, within, Environment.ProcessorCount, without, untilBroken: true, null, CancellationToken.None);
        var broken = results.FirstOrDefault(result => result.Broken is not null);
        output.WriteLine($"without {without}: seed {broken?.Seed}: {broken?.Broken}");
        Assert.NotNull(broken);
    }
}
