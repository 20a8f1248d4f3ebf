using ClassicBroker.Testing.Simulation;

namespace ClassicBroker.Unit.Simulation;

public class SimulationTests(ITestOutputHelper output)
{
    /// <summary>`./classic test simulation` runs more; this many fit into a unit test.</summary>
    private const int Seeds = 8;

    [Fact]
    public void One_seed_replays_one_history()
    {
        var first = SimulationRun.Of(1);
        var again = SimulationRun.Of(1);
        Assert.Equal(first, again);
        Assert.NotEqual(first.Fingerprint, SimulationRun.Of(2).Fingerprint);
    }

    [Fact]
    public void Reading_the_trace_changes_nothing()
    {
        var lines = 0;
        var told = SimulationRun.Of(3, trace: _ => lines++);
        Assert.Equal(SimulationRun.Of(3), told);
        Assert.True(lines > 100);
    }

    [Fact]
    public async Task Every_promise_is_kept_under_faults()
    {
        var results = await SimulationSweep.RunAsync(1, Seeds, Environment.ProcessorCount, Fence.None, untilBroken: true, null, CancellationToken.None);
        var broken = results.FirstOrDefault(result => result.Broken is not null);
        if (broken is not null)
            foreach (var line in SimulationSweep.LastOf(broken.Seed, Fence.None, 80)) output.WriteLine(line);
        Assert.Null(broken is null ? null : $"seed {broken.Seed}, step {broken.Steps}: {broken.Broken} (replay: ./classic simulate --seed {broken.Seed} --trace)");
        Assert.True(results.Sum(result => result.Acknowledged) > 100 * Seeds, "the simulated producers got through");
    }
}
