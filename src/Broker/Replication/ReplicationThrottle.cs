using System.Collections.Concurrent;
using System.Globalization;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Replication;

/// <summary>
/// How much replication may take in one direction, so that moving partitions does not starve clients: a rate for the whole broker, and the replicas it is for.
/// Throttled are only replicas that are catching up; who is in sync is never slowed, though its traffic counts.
/// </summary>
/// <remarks>Rate and lists are replaced whole by the configuration's listener; read by all without a lock.</remarks>
public sealed class ReplicationThrottle(RateWindow window)
{
    /// <summary>No rate is set.</summary>
    public const long Unlimited = long.MaxValue;

    private readonly ConcurrentDictionary<string, IReadOnlySet<int>?> _topics = new(StringComparer.Ordinal);
    private long _rate = Unlimited;

    /// <summary>Bytes per second.</summary>
    public long Rate { get => Volatile.Read(ref _rate); set => Volatile.Write(ref _rate, value); }

    /// <summary>When to look again once the rate was exceeded.</summary>
    public TimeSpan LookAgainAfter => window.Size;

    public bool IsExceeded => Rate != Unlimited && window.PerSecond() > Rate;

    /// <summary>Is this replica of ours one the rate is for?</summary>
    public bool Covers(TopicPartition id) =>
        _topics.TryGetValue(id.Topic, out var listed) && (listed is null || listed.Contains(id.Partition));

    /// <summary>Counts bytes of a covered replica; others do not count.</summary>
    public void Record(TopicPartition id, int bytes)
    {
        if (bytes > 0 && Covers(id)) window.Record(bytes);
    }

    /// <summary>
    /// The topic's list: <c>partition:broker,…</c>, or <c>*</c> for all; null or empty for none. <paramref name="brokerId"/> is this broker: only its pairs count.
    /// </summary>
    /// <exception cref="FormatException">Neither.</exception>
    public void SetReplicas(string topic, string? list, int brokerId)
    {
        var pairs = (list ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (pairs.Length == 0) _topics.TryRemove(topic, out _);
        else _topics[topic] = pairs is ["*"] ? null : pairs.Select(Pair).Where(p => p.Broker == brokerId).Select(static p => p.Partition).ToHashSet();
    }

    private static (int Partition, int Broker) Pair(string pair)
    {
        var colon = pair.IndexOf(':');
        return colon > 0 && Number(pair.AsSpan(0, colon), out var partition) && Number(pair.AsSpan(colon + 1), out var broker)
            ? (partition, broker)
            : throw new FormatException($"\"{pair}\" is no throttled replica: allowed are partition:broker pairs, comma-separated, or * for all");
    }

    private static bool Number(ReadOnlySpan<char> text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
