using System.Globalization;
using ClassicBroker.Broker.Configuration;
using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Broker.Metadata;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Coordination;
using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Broker.Api;

/// <summary>What happened to one resource of an alter request; a null message goes with success.</summary>
public readonly record struct ConfigOutcome(ErrorCode Error, string? Message);

/// <summary>
/// The topics and brokers whose configuration can be asked for and changed: finds the entity a resource names, and writes it, first the entity, then the
/// notification that makes every broker read it again. Any broker does this; the settings of one broker that broker only.
/// </summary>
public sealed class ConfigResources(ConfigStore store, MetadataCache metadata, BrokerIdentity identity, BrokerOptions options)
{
    /// <summary>Resource types, by the protocol's numbers.</summary>
    public const sbyte Topic = 2, Broker = 4;

    /// <summary>The entity below <c>/config</c>.</summary>
    /// <exception cref="RequestRefusedException">There is no such topic, it is another broker, or the type is neither.</exception>
    public string Entity(sbyte type, string name) => type switch
    {
        Topic => $"topics/{Known(name)}",
        Broker when name.Length == 0 => ConfigChanges.AllBrokers,
        Broker => ConfigChanges.OfBroker(Own(name)),
        _ => throw new RequestRefusedException(ErrorCode.InvalidRequest, $"Resource type {type} is not served: 2 is a topic, 4 a broker."),
    };

    public async Task<ConfigOutcome> AlterAsync(sbyte type, string name, IReadOnlyList<ConfigAlteration> changes, bool validateOnly) =>
        await WriteAsync(type, name, config => ConfigAlteration.Apply(
            config, changes, type == Topic ? TopicConfigRules.Of : BrokerConfigRules.Of, key => type == Topic ? Inherited(key) : ""), validateOnly);

    /// <summary>Replaces the whole configuration.</summary>
    public async Task<ConfigOutcome> ReplaceAsync(sbyte type, string name, IReadOnlyList<ConfigAlteration> all, bool validateOnly) =>
        await WriteAsync(type, name, _ => ConfigAlteration.Apply(new Dictionary<string, string>(), all, static _ => null, static _ => ""), validateOnly);

    private async Task<ConfigOutcome> WriteAsync(
        sbyte type, string name, Func<IReadOnlyDictionary<string, string>, Dictionary<string, string>> change, bool validateOnly)
    {
        try
        {
            string entity = Entity(type, name);
            if (validateOnly) Checked(await store.ReadAsync(entity));
            else
            {
                // Not cancelled with the client: what is written must be announced. Where the session ends in between, the client's retry announces it.
                await store.UpdateAsync(entity, Checked);
                await store.NotifyAsync(entity);
            }
            return new ConfigOutcome(ErrorCode.None, null);
        }
        catch (RequestRefusedException e)
        {
            return new ConfigOutcome(e.Code, e.Message);
        }
        catch (ZooKeeperException e)
        {
            return new ConfigOutcome(ErrorCode.UnknownServerError, $"ZooKeeper: {e.Message}");
        }

        IReadOnlyDictionary<string, string> Checked(IReadOnlyDictionary<string, string> before)
        {
            var after = change(before);
            if (type == Topic) TopicConfigRules.Check(after);
            else Check(before, after);
            return after;
        }
    }

    // What somebody else left there and is not touched now is not this client's mistake.
    private static void Check(IReadOnlyDictionary<string, string> before, Dictionary<string, string> after)
    {
        foreach (var (key, value) in after)
            if (before.GetValueOrDefault(key) != value) BrokerConfigRules.Check(key, value);
    }

    private string Inherited(string key) =>
        EffectiveTopicConfig.Of(new Dictionary<string, string>(), options.AsWritten).FirstOrDefault(setting => setting.Name == key).Value ?? "";

    private string Known(string topic)
    {
        if (!TopicNames.IsLegal(topic))
            throw new RequestRefusedException(ErrorCode.InvalidTopicException, $"Topic name is invalid: '{topic}'");
        return metadata.Current.Topics.ContainsKey(topic)
            ? topic
            : throw new RequestRefusedException(ErrorCode.UnknownTopicOrPartition, $"The topic '{topic}' does not exist.");
    }

    private int Own(string name)
    {
        if (!int.TryParse(name, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int id))
            throw new RequestRefusedException(ErrorCode.InvalidRequest, $"Broker id must be an integer, but it is: {name}");
        return id == identity.BrokerId
            ? id
            : throw new RequestRefusedException(ErrorCode.InvalidRequest, $"Unexpected broker id, expected {identity.BrokerId} or empty string, but received {id}");
    }
}
