using ClassicBroker.Coordination.ZooKeeper;
using ClassicBroker.Testing;

namespace ClassicBroker.Integration.ZooKeeper;

public class EnsembleCommandsTests
{
    [Fact]
    public async Task An_ensemble_is_started_killed_restarted_and_stopped_from_separate_commands_and_keeps_its_data()
    {
        string folder = Directory.CreateTempSubdirectory("classic-ensemble-").FullName;
        try
        {
            Assert.Equal((0, true), await RunAsync("standalone", "up", "--nodes", "1", "--data", folder));
            await using (var zk = await ConnectAsync(folder))
            {
                await zk.CreateAsync("/kept", default, CreateMode.Persistent);
            }

            Assert.Equal((0, true), await RunAsync("down", "kill", "1", "--data", folder));
            Assert.Equal((3, true), await RunAsync("down", "status", "--data", folder));
            Assert.Equal((0, true), await RunAsync("standalone", "restart", "1", "--data", folder));
            Assert.Equal((0, true), await RunAsync("zookeeper.log", "logs", "--data", folder));
            Assert.Equal((0, true), await RunAsync("stopped", "down", "--data", folder));
            Assert.Equal((0, true), await RunAsync("standalone", "up", "--nodes", "1", "--data", folder));
            await using (var zk = await ConnectAsync(folder))
            {
                Assert.NotNull(await zk.ExistsAsync("/kept"));
            }
        }
        finally
        {
            await EnsembleCommands.RunAsync(["down", "--data", folder], TextWriter.Null);
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData(2, "usage")]
    [InlineData(2, "usage", "jump")]
    [InlineData(2, "usage", "kill")]
    [InlineData(2, "usage", "kill", "x")]
    [InlineData(1, "no ensemble.json", "status", "--data", "no-such-folder")]
    public async Task A_wrong_command_line_is_answered_with_what_is_right(int exitCode, string says, params string[] args) =>
        Assert.Equal((exitCode, true), await RunAsync(says, args));

    private static async Task<(int ExitCode, bool Says)> RunAsync(string says, params string[] args)
    {
        var output = new StringWriter();
        int exitCode = await EnsembleCommands.RunAsync(args, output);
        bool said = output.ToString().Contains(says, StringComparison.Ordinal);
        if (!said) TestContext.Current.SendDiagnosticMessage(output.ToString());
        return (exitCode, said);
    }

    private static Task<ZooKeeperClient> ConnectAsync(string folder) =>
        EnsembleFixture.ConnectAsync(new ZooKeeperOptions { ConnectString = ZooKeeperEnsemble.Find(folder)!.ConnectString });
}
