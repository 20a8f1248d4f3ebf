using System.Text.Json;

namespace ClassicBroker.Testing;

/// <summary>
/// What a running cluster is: written as <c>cluster.json</c> into its data directory, so that a second command
/// (<c>status</c>, <c>kill</c>, <c>down</c>) finds the processes the first one started.
/// The file is written beside and renamed: a reader sees the old state or the new one, never half of it.
/// </summary>
public sealed record ClusterState
{
    /// <summary>Name of the file inside the data directory.</summary>
    public const string FileName = "cluster.json";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>ZooKeeper's servers, as brokers are given them: <c>host:port,host:port</c>, perhaps with a chroot.</summary>
    public required string ZooKeeperConnect { get; init; }

    /// <summary>True when the ensemble was started together with the brokers and stops with them.</summary>
    public bool OwnsEnsemble { get; init; }

    /// <summary>The process that runs <c>up</c> in the foreground; null when detached.</summary>
    public ProcessIdentity? Foreground { get; init; }

    /// <summary>Broker settings that were given for all brokers, by Kafka's names.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>The brokers by ascending id, running or not.</summary>
    public IReadOnlyList<BrokerState> Brokers { get; init; } = [];

    /// <summary>What a client is given: <c>host:port,host:port</c> of all brokers.</summary>
    public string BootstrapServers => string.Join(',', Brokers.Select(b => $"{b.Host}:{b.Port}"));

    /// <summary>Reads the state of a data directory; null when no cluster was started there.</summary>
    /// <exception cref="InvalidDataException">The file is there and cannot be read as a cluster's state.</exception>
    public static ClusterState? Load(string dataDirectory)
    {
        var file = Path.Combine(dataDirectory, FileName);
        if (!File.Exists(file)) return null;
        try
        {
            return JsonSerializer.Deserialize<ClusterState>(File.ReadAllText(file), Json);
        }
        catch (JsonException broken)
        {
            throw new InvalidDataException(
                $"{file} is not a cluster's state: {broken.Message} Stop the processes by hand and delete the file.", broken);
        }
    }

    /// <summary>Writes the state into a data directory.</summary>
    public void Save(string dataDirectory)
    {
        var file = Path.Combine(dataDirectory, FileName);
        var beside = file + ".tmp";
        File.WriteAllText(beside, JsonSerializer.Serialize(this, Json));
        File.Move(beside, file, overwrite: true);
    }

    /// <summary>Forgets the cluster: its processes are gone. Data and logs stay.</summary>
    public static void Forget(string dataDirectory) => File.Delete(Path.Combine(dataDirectory, FileName));
}

/// <summary>One broker of a <see cref="ClusterState"/>: where it listens, where its data is, which process it is.</summary>
/// <param name="Id">broker.id</param>
/// <param name="Host">Host name of all its listeners.</param>
/// <param name="Port">Port for clients and followers.</param>
/// <param name="ControlPlanePort">Port for the controller's orders.</param>
/// <param name="HttpPort">Port of /health and /status.</param>
/// <param name="DataDirectory">Its log.dirs.</param>
/// <param name="LogFile">Where its console output goes.</param>
/// <param name="Process">Its last known process; null before the first start.</param>
public sealed record BrokerState(
    int Id, string Host, int Port, int ControlPlanePort, int HttpPort, string DataDirectory, string LogFile, ProcessIdentity? Process)
{
    /// <summary>True while the process of this broker runs.</summary>
    public bool IsRunning() => Process?.IsAlive == true;
}
