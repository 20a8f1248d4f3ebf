using ClassicBroker.Broker.Configuration;
using ClassicBroker.Broker.Hosting;
using ClassicBroker.Coordination;
using Microsoft.Extensions.Logging;
using Serilog.Extensions.Logging;

// Reads the configuration, lays the foundation (directories, session, ids), builds the graph, starts it, waits until asked to stop.
CommandLine line;
BrokerConfiguration configuration;
try
{
    line = CommandLine.Parse(args);
    if (line.ShowHelp)
    {
        Console.WriteLine(CommandLine.Usage);
        return ExitCode.Ok;
    }

    configuration = ReadConfiguration(line);
}
catch (ConfigurationException e)
{
    Console.Error.WriteLine("The configuration cannot be used:");
    foreach (var problem in e.Problems)
    {
        Console.Error.WriteLine("  " + problem);
    }

    return ExitCode.BadConfiguration;
}

await using var output = LogOutput.Create(line.JsonLogFile, line.Verbose);
using var loggers = new SerilogLoggerFactory(output);
var log = loggers.CreateLogger<Program>();
foreach (var warning in configuration.Warnings)
{
    HostingLog.Configuration(log, warning);
}

using var until = new UntilAsked();
try
{
    return await RunAsync(configuration.Options, loggers, until);
}
catch (Exception e) when (e is StartupException or BrokerIdInUseException)
{
    HostingLog.CannotStart(log, e.Message);
    return ExitCode.Failed;
}
catch (OperationCanceledException) when (until.Token.IsCancellationRequested)
{
    return ExitCode.Ok;
}
catch (Exception e)
{
    HostingLog.Failed(log, e);
    return ExitCode.Failed;
}

static BrokerConfiguration ReadConfiguration(CommandLine line)
{
    try
    {
        var text = line.PropertiesFile is { } file ? File.ReadAllText(file) : null;
        return BrokerOptionsReader.Read(text, Environment.GetEnvironmentVariables(), line.Overrides);
    }
    catch (Exception e) when (e is IOException or UnauthorizedAccessException)
    {
        throw new ConfigurationException([$"{line.PropertiesFile} cannot be read: {e.Message}"]);
    }
}

static async Task<int> RunAsync(BrokerOptions options, ILoggerFactory loggers, UntilAsked until)
{
    var view = new OperatorView();
    await using var http = HttpFace.Begin(options.Listeners, view, loggers, until.Token);
    await using var foundation = await Foundation.LayAsync(options, loggers, TimeProvider.System, until.Token);
    await using var server = new BrokerServer(
        options, foundation, BrokerGraph.Build(options, foundation, loggers, TimeProvider.System), http, view, TimeProvider.System);
    await server.StartAsync(until.Token);
    var end = await Task.WhenAny(until.Asked, server.Failed);
    await server.StopAsync(await end);
    return end == until.Asked ? ExitCode.Ok : ExitCode.Failed;
}
