using System.CommandLine;
using System.CommandLine.Help;
using ClassicBroker.Cli;
using ClassicBroker.Cli.Commands;

// The whole tool on one page: a command per line, each in a file of its own name.
var root = new Command("./classic", "ClassicBroker: the ZooKeeper-era design of Kafka. Start a real cluster, use it, break it, look inside.")
{
    UpCommand.Build(),
    DownCommand.Build(),
    StatusCommand.Build(),
    TopicsCommand.Build(),
    ProduceCommand.Build(),
    ConsumeCommand.Build(),
    ZkCommand.Build(),
    LogCommand.Build(),
    KillCommand.Build(),
    StartCommand.Build(),
    EnsembleCommand.Build(),
    VerifyCommand.Build(),
    TestCommand.Build(),
    BenchCommand.Build(),
    SimulateCommand.Build(),
    new HelpOption(),
    GlobalOptions.Data,
    GlobalOptions.Output,
};
return await CommandLine.RunAsync(root, args);
