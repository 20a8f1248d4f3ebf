using ClassicBroker.Clients.Metadata;
using ClassicBroker.Clients.Network;

namespace ClassicBroker.Testing.Verification;

/// <summary>What all writers and readers of a run share: where the cluster is, the history, the values given out, the stop. Safe for concurrent use.</summary>
internal sealed class RunContext(string bootstrapServers, WorkloadOptions options, HistoryRecorder history, int seed, TimeProvider time, CancellationToken stop)
{
    private long _lastValue;
    private int _lastRandom;

    public WorkloadOptions Options => options;

    public HistoryRecorder History => history;

    public TimeProvider Time => time;

    /// <summary>Cancelled when writing and reading are to end.</summary>
    public CancellationToken Stop => stop;

    /// <summary>A client that would rather ask again than wait: a frozen broker must not freeze the workload.</summary>
    public ClusterOptions Client { get; } = ClusterOptions.For(bootstrapServers) with
    {
        Connection = new BrokerConnectionOptions
        {
            ClientId = "verify", ConnectTimeout = TimeSpan.FromSeconds(2), RequestTimeout = TimeSpan.FromSeconds(6), MaxInFlight = 64,
        },
        RetryBackoff = TimeSpan.FromMilliseconds(50),
        RetryBackoffMax = TimeSpan.FromMilliseconds(250),
    };

    /// <summary>How long a leader may wait for its followers; shorter than the client waits for the leader.</summary>
    public static TimeSpan AckTimeout { get; } = TimeSpan.FromSeconds(4);

    /// <summary>A value nobody else gets.</summary>
    public long NextValue() => Interlocked.Increment(ref _lastValue);

    /// <summary>A source of chance for one loop; the same for the same seed and the same order of asking.</summary>
    public Random NewRandom() => new(HashCode.Combine(seed, Interlocked.Increment(ref _lastRandom)));
}
