using System.Net.Sockets;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination.ZooKeeper;
using ClassicBroker.Testing;

namespace ClassicBroker.Cli;

/// <summary>Which failures are the world's and told in a sentence, and which are ours and deserve their stack trace.</summary>
internal static class Failures
{
    /// <summary>The sentence for people; null when the failure is a mistake of the program.</summary>
    public static string? Explain(Exception failure) => failure switch
    {
        ClusterException told => told.Message,
        InvalidDataException told => told.Message,
        ZooKeeperException told => $"ZooKeeper: {told.Message}",
        BrokerErrorException told => told.Message,
        ProtocolException broken => $"a broker's answer could not be read: {broken.Message}",
        SocketException refused => $"the cluster cannot be reached ({refused.Message}). Is it up? See ./classic status",
        InvalidOperationException told when told.Source == typeof(ClusterProcesses).Assembly.GetName().Name => told.Message,
        TimeoutException late => late.Message,
        IOException disk => disk.Message,
        UnauthorizedAccessException denied => denied.Message,
        _ => null,
    };
}
