namespace ClassicBroker.Testing;

/// <summary>How an ensemble of local processes is to be started.</summary>
public sealed class ZooKeeperEnsembleOptions
{
    /// <summary>Number of nodes, 1 to 9; 3 by default, the smallest that survives the loss of one.</summary>
    public int Nodes { get; init; } = 3;

    /// <summary>Where data, configuration, logs and <c>ensemble.json</c> go, and stay. Null: a temporary folder, removed when the ensemble is disposed.</summary>
    public string? DataFolder { get; init; }

    /// <summary>
    /// False: the processes are killed when the ensemble is disposed, and also when this process dies without disposing it.
    /// True: they go on until somebody stops them, found again through <c>ensemble.json</c>.
    /// </summary>
    public bool Detached { get; init; }

    /// <summary>ZooKeeper's clock beat: sessions can be as short as two of them. 1 s by default, as everything here is on one machine.</summary>
    public TimeSpan TickTime { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary><c>jute.maxbuffer</c> of the servers, bytes; the same as the default of our client.</summary>
    public int MaxFrameBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>How long all nodes together may take until they serve.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The only clock used.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
