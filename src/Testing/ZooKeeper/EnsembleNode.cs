namespace ClassicBroker.Testing;

/// <summary>One node of a local ensemble, as written to <c>ensemble.json</c>.</summary>
/// <param name="Id">1, 2, 3 …: ZooKeeper's myid.</param>
/// <param name="ClientPort">Where clients connect.</param>
/// <param name="QuorumPort">Where followers reach this node when it leads.</param>
/// <param name="ElectionPort">Where the nodes vote.</param>
/// <param name="Folder">Its data, configuration and logs.</param>
public sealed record EnsembleNode(int Id, int ClientPort, int QuorumPort, int ElectionPort, string Folder)
{
    /// <summary>Process id of the running node; 0 when it was stopped or killed by us.</summary>
    public int Pid { get; set; }

    internal string ConfigFile => Path.Combine(Folder, "zoo.cfg");

    internal string LogFile => Path.Combine(Folder, "zookeeper.log");

    internal string OutputFile => Path.Combine(Folder, "output.txt");
}

/// <summary>The content of <c>ensemble.json</c>: enough to find the processes again from another process.</summary>
internal sealed record EnsembleState(string ConnectString, int TickMs, int MaxFrameBytes, IReadOnlyList<EnsembleNode> Nodes);
