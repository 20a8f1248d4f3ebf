using System.CommandLine;
using ClassicBroker.Clients.Metadata;
using ClassicBroker.Testing;

namespace ClassicBroker.Cli;

/// <summary>Which cluster a command of records and topics talks to: the one in the folder, or any other by its bootstrap servers.</summary>
internal static class Bootstrap
{
    /// <summary>The option; add it to the command.</summary>
    public static Option<string?> Servers { get; } = new("--bootstrap-server", "-b")
    {
        Description = "Talk to this cluster instead of the one started with up",
        HelpName = "HOST:PORT,…",
        Recursive = true,
    };

    /// <summary>Options of a client of that cluster.</summary>
    /// <exception cref="ClusterException">No servers were named and no cluster was started in the folder.</exception>
    public static ClusterOptions Cluster(this ParseResult parsed)
    {
        var servers = parsed.GetValue(Servers)
                      ?? ClusterState.Load(parsed.DataDirectory())?.BootstrapServers
                      ?? throw RunningCluster.Missing(parsed.DataDirectory());
        return ClusterOptions.For(servers);
    }
}
