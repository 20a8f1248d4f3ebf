using ClassicBroker.Testing.Verification;

namespace ClassicBroker.Integration.Verification;

/// <summary>
/// <c>./classic verify</c> in small: a real cluster, real faults, a verdict. And the same with settings under which records must be lost: a check that
/// cannot fail shows nothing.
/// </summary>
public sealed class VerificationTests(ITestOutputHelper output) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("classic-verify-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Nothing_acknowledged_is_lost_while_brokers_and_ZooKeeper_are_killed_frozen_and_robbed_of_their_sessions()
    {
        var verdict = await RunAsync(new VerificationOptions
        {
            Folder = Path.Combine(_folder, "run"),
            Duration = TimeSpan.FromSeconds(80),
            Faults = "kill-leader,kill-controller,kill-all,stop-leader-long,session-takeover,zk-kill-leader",
            Workload = new WorkloadOptions { OperationsPerSecond = 300 },
        });

        Assert.True(verdict.Holds, verdict.LastLine);
        Assert.True(verdict.Faults.Count >= 2);
        Assert.All(verdict.Writes, writes => Assert.True(writes.Read > 0, writes.Name));
    }

    [Fact]
    public async Task With_unclean_elections_and_one_replica_enough_the_loss_is_seen()
    {
        var verdict = await RunAsync(new VerificationOptions
        {
            Folder = Path.Combine(_folder, "run"),
            Duration = TimeSpan.FromSeconds(1),
            Faults = "last-standing",
            SessionTimeout = TimeSpan.FromSeconds(2),
            Settings = new Dictionary<string, string> { ["unclean.leader.election.enable"] = "true" },
            Workload = new WorkloadOptions { Topics = 1, OperationsPerSecond = 100, MinInsyncReplicas = 1 },
        });

        Assert.False(verdict.Holds);
        Assert.Contains(verdict.Anomalies, anomaly => anomaly.Kind == AnomalyKind.LostWrite);
        Assert.Contains("lost write", verdict.LastLine);
        Assert.Contains(HistoryChecker.Check(HistoryFile.Read(Path.Combine(_folder, "run", "history.jsonl"))).Anomalies, anomaly => anomaly.Kind == AnomalyKind.LostWrite);
    }

    private async Task<Verdict> RunAsync(VerificationOptions options)
    {
        var verdict = await VerificationRun.RunAsync(options, output.WriteLine, TimeProvider.System, TestContext.Current.CancellationToken);
        foreach (var writes in verdict.Writes) output.WriteLine(writes.ToString());
        foreach (var fault in verdict.Faults) output.WriteLine(fault.ToString());
        foreach (var anomaly in verdict.Anomalies.Take(20)) output.WriteLine($"{anomaly.Kind} {anomaly.Partition} {anomaly.Told}");
        output.WriteLine(verdict.LastLine);
        return verdict;
    }
}
