using System.CommandLine;
using System.Runtime.InteropServices;
using ClassicBroker.Testing;
using Spectre.Console;

namespace ClassicBroker.Cli.Commands;

/// <summary>
/// <c>up</c>: an ensemble and brokers, ready for any Kafka client. In the foreground it watches them until Ctrl-C and then stops
/// everything it started; detached it leaves them running for <c>down</c>.
/// </summary>
internal static class UpCommand
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);

    private static readonly Option<int> Brokers = Count("--brokers", 3, "How many brokers");

    private static readonly Option<int> ZooKeepers = Count("--zookeepers", 3, "How many ZooKeeper servers; 3 survive the loss of one");

    private static readonly Option<int> Port = new("--port")
    {
        Description = "Client port of the first broker, the others follow; 0: any free ports",
        DefaultValueFactory = _ => 9092,
    };

    private static readonly Option<bool> Detach = new("--detach", "-d") { Description = "Return when the cluster is ready; stop it with: down" };

    private static readonly Option<string[]> Config = new("--config")
    {
        Description = "A broker setting by Kafka's name, for every broker; may be given many times",
        HelpName = "KEY=VALUE",
    };

    private static readonly Option<string?> ZooKeeper = new("--zookeeper")
    {
        Description = "Use this ensemble instead of starting one",
        HelpName = "HOST:PORT,…",
    };

    public static Command Build() =>
        new Command("up", "Start a ZooKeeper ensemble and brokers, and say how to reach them") { Brokers, ZooKeepers, Port, Detach, Config, ZooKeeper }
            .Runs(RunAsync);

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        // A closed terminal is as good a goodbye as Ctrl-C: nothing may stay behind.
        using var hangUp = new CancellationTokenSource();
        using var onHangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            hangUp.Cancel();
        });
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, hangUp.Token);

        var screen = parsed.Screen();
        var data = parsed.DataDirectory();
        var settings = KeyValues.Parse("--config", parsed.GetValue(Config) ?? []);
        var begun = TimeProvider.System.GetTimestamp();
        await using var cluster = await screen.WhileAsync("starting …", say => StartAsync(parsed, data, settings, say, both.Token)).ConfigureAwait(false);
        Show(screen, cluster, data, TimeProvider.System.GetElapsedTime(begun));
        if (parsed.GetValue(Detach)) return ExitCode.Ok;

        cluster.KeepInForeground();
        screen.Say("Ctrl-C stops everything.");
        await WatchAsync(screen, cluster, data, both.Token).ConfigureAwait(false);
        if (ClusterState.Load(data) is null) return ExitCode.Ok; // stopped by ./classic down
        screen.Say(DownCommand.Told(await DownCommand.StopAsync(screen, cluster, data).ConfigureAwait(false)));
        return ExitCode.Ok;
    }

    private static async Task<ClusterProcesses> StartAsync(
        ParseResult parsed, string data, IReadOnlyDictionary<string, string> settings, Action<string> say, CancellationToken cancel)
    {
        var port = parsed.GetValue(Port);
        var own = parsed.GetValue(ZooKeeper) is null;
        ClusterProcesses.RefuseWhenRunning(data);
        if (own) say($"starting {parsed.GetValue(ZooKeepers)} ZooKeeper servers …");
        var connect = parsed.GetValue(ZooKeeper)
                      ?? await OwnEnsemble.StartAsync(data, parsed.GetValue(ZooKeepers), cancel).ConfigureAwait(false);
        var count = parsed.GetValue(Brokers);
        say($"starting {count} brokers …");
        try
        {
            var options = new ClusterPlan
            {
                DataDirectory = data,
                ZooKeeperConnect = connect,
                Brokers = count,
                FirstPort = port == 0 ? null : port,
                Settings = settings,
                OwnsEnsemble = own,
            };
            var ready = 0;
            var progress = new Told(_ => say($"{Interlocked.Increment(ref ready)} of {count} brokers ready …"));
            return await ClusterProcesses.StartAsync(options, TimeProvider.System, progress, cancel).ConfigureAwait(false);
        }
        catch when (own)
        {
            await OwnEnsemble.StopAsync(data).ConfigureAwait(false);
            throw;
        }
    }

    private static void Show(Screen screen, ClusterProcesses cluster, string data, TimeSpan took)
    {
        var state = cluster.State;
        var result = new
        {
            bootstrapServers = state.BootstrapServers,
            zooKeeperConnect = state.ZooKeeperConnect,
            dataDirectory = data,
            secondsToReady = Math.Round(took.TotalSeconds, 2),
            brokers = state.Brokers.Select(b => new { b.Id, b.Host, b.Port, b.HttpPort, pid = b.Process?.Id, b.LogFile }),
        };
        screen.Show(result, (console, up) =>
        {
            var table = Cli.Screen.Table("", "");
            table.HideHeaders();
            table.AddRow("bootstrap servers", Markup.Escape(up.bootstrapServers));
            table.AddRow("ZooKeeper", Markup.Escape(up.zooKeeperConnect));
            table.AddRow("data and logs", Markup.Escape(data));
            table.AddRow("look with", $"kcat -b {Markup.Escape(up.bootstrapServers.Split(',')[0])} -L");
            table.AddRow("ready after", $"{up.secondsToReady:0.0} s");
            console.Write(table);
        });
    }

    // Returns when the cluster is to be stopped, or was stopped by somebody else.
    private static async Task WatchAsync(Screen screen, ClusterProcesses cluster, string data, CancellationToken cancel)
    {
        var dead = new HashSet<int>();
        try
        {
            while (ClusterState.Load(data) is { } state)
            {
                foreach (var broker in state.Brokers)
                {
                    if (broker.IsRunning()) dead.Remove(broker.Id);
                    else if (dead.Add(broker.Id))
                        screen.Say($"broker {broker.Id} is gone; its log: {broker.LogFile}; start it again with: ./classic start {broker.Id}");
                }

                cluster.Refresh();
                await Task.Delay(LookEvery, TimeProvider.System, cancel).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            screen.Say("stopping …");
        }
    }

    private static Option<int> Count(string name, int usual, string what)
    {
        var option = new Option<int>(name) { Description = what, DefaultValueFactory = _ => usual };
        option.Validators.Add(result =>
        {
            var value = result.GetValueOrDefault<int>();
            if (value is < 1 or > 100) result.AddError($"{name} {value}: must be between 1 and 100");
        });
        return option;
    }

    // Progress<T> would post to a thread pool and mix the order.
    private sealed class Told(Action<int> tell) : IProgress<int>
    {
        public void Report(int value) => tell(value);
    }
}
