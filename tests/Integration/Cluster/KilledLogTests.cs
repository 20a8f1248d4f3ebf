using ClassicBroker.Soak.LogCrash;

namespace ClassicBroker.Integration.Cluster;

/// <summary>The short form of tests/soak/kill-log: a process that appends is killed with SIGKILL, and its log is opened and read.</summary>
public sealed class KilledLogTests
{
    [Fact]
    public async Task Twenty_kills_lose_nothing_that_was_acknowledged()
    {
        var verdict = await KillLoop.RunAsync(kills: 20, seed: 7);
        Assert.True(verdict.Passed, verdict.ToString());
        Assert.Equal(20, verdict.Kills);
    }
}
