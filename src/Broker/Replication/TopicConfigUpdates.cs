using ClassicBroker.Broker.Log;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Replication;

/// <summary>
/// Gives every open log of a topic the topic's configuration as it is now, laid over the broker's. A value that cannot be used leaves the logs as they were and is
/// logged. Owner: the configuration's listener calls it, one change at a time.
/// </summary>
public sealed class TopicConfigUpdates(PartitionRegistry partitions, LogOptions defaults, ILogger<TopicConfigUpdates> logger)
{
    /// <param name="config">The topic's own configuration, whole: a key that is not in it is at the broker's value again.</param>
    public void Apply(string topic, IReadOnlyDictionary<string, string> config)
    {
        try
        {
            var options = defaults.WithTopicConfig(config);
            foreach (var partition in partitions.All)
                if (partition.Id.Topic == topic) partition.Log.Options = options;
        }
        catch (FormatException bad)
        {
            logger.LogError("topic {Topic}: {Reason} Its logs keep the settings they have", topic, bad.Message);
        }
    }
}
