namespace ClassicBroker.Broker.Log;

/// <summary>Who wants records appended; clients are trusted least.</summary>
public enum AppendOrigin
{
    /// <summary>A producer: no control batches, sequences are checked.</summary>
    Client = 0,

    /// <summary>A group or transaction coordinator of this broker: may write control batches.</summary>
    Coordinator = 1,
}

/// <summary>What an append as leader may contain beyond what the topic's <see cref="LogOptions"/> say.</summary>
/// <param name="Origin">who appends</param>
/// <param name="RefuseZstd">the producer's request version (below 7) does not know zstd</param>
public readonly record struct AppendRules(AppendOrigin Origin, bool RefuseZstd = false)
{
    public static AppendRules FromClient(short produceVersion) => new(AppendOrigin.Client, produceVersion < 7);

    public static AppendRules FromCoordinator => new(AppendOrigin.Coordinator);
}
