using System.Globalization;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Replication;

/// <summary>
/// Both directions of the replication throttle and the configuration they follow: <c>leader.replication.throttled.rate</c> and <c>follower.…</c> of the broker, in
/// bytes per second, and <c>leader.replication.throttled.replicas</c> and <c>follower.…</c> of topics. All of it is dynamic: whoever listens to
/// <c>/config/changes</c> calls the two methods here with the whole configuration as it is now. A value that cannot be read changes nothing and is logged.
/// </summary>
public sealed class ReplicationThrottles(int brokerId, RateWindow toFollowers, RateWindow fromLeaders, ILogger<ReplicationThrottles> logger)
{
    public const string LeaderRate = "leader.replication.throttled.rate", FollowerRate = "follower.replication.throttled.rate";

    public const string LeaderReplicas = "leader.replication.throttled.replicas", FollowerReplicas = "follower.replication.throttled.replicas";

    /// <summary>What we send to followers that catch up.</summary>
    public ReplicationThrottle Leader { get; } = new(toFollowers);

    /// <summary>What we fetch while catching up.</summary>
    public ReplicationThrottle Follower { get; } = new(fromLeaders);

    /// <summary>The topic's own configuration, whole; a key that is not in it is not set.</summary>
    public void TopicConfigChanged(string topic, IReadOnlyDictionary<string, string> config)
    {
        Set(topic, LeaderReplicas, config, Leader);
        Set(topic, FollowerReplicas, config, Follower);
    }

    /// <summary>This broker's dynamic configuration, whole, cluster-wide defaults included.</summary>
    public void BrokerConfigChanged(IReadOnlyDictionary<string, string> config)
    {
        Leader.Rate = Rate(LeaderRate, config, Leader.Rate);
        Follower.Rate = Rate(FollowerRate, config, Follower.Rate);
    }

    private void Set(string topic, string key, IReadOnlyDictionary<string, string> config, ReplicationThrottle throttle)
    {
        try
        {
            throttle.SetReplicas(topic, config.GetValueOrDefault(key), brokerId);
        }
        catch (FormatException bad)
        {
            logger.LogError("topic {Topic}, {Key}: {Reason}; the list stays as it was", topic, key, bad.Message);
        }
    }

    private long Rate(string key, IReadOnlyDictionary<string, string> config, long now)
    {
        if (!config.TryGetValue(key, out var text)) return ReplicationThrottle.Unlimited;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var rate)) return rate;
        logger.LogError("{Key}={Value} is no rate in bytes per second, from 0; it stays at {Rate}", key, text, now);
        return now;
    }
}
