using ClassicBroker.Broker.Configuration;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;
using ClassicBroker.Coordination;
using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Broker.Api;

/// <summary>
/// Shows the settings of topics and of this broker, with where each value comes from. No keys named means all; a name that is no setting is left out. Documentation
/// is not sent.
/// </summary>
public sealed class DescribeConfigsHandler(ConfigResources resources, ConfigStore store, BrokerOptions options)
    : RequestHandler<DescribeConfigsRequest, DescribeConfigsResponse>
{
    private readonly IReadOnlyDictionary<string, KnownSetting> _known = BrokerOptionsReader.KnownSettings();

    public override async ValueTask<HandlerResult<DescribeConfigsResponse>> HandleAsync(DescribeConfigsRequest request, RequestContext context)
    {
        var response = new DescribeConfigsResponse();
        foreach (var resource in request.Resources) response.Results.Add(await DescribeAsync(resource, request.IncludeSynonyms, context.Aborted));
        return response;
    }

    private async Task<DescribeConfigsResponse.DescribeConfigsResult> DescribeAsync(
        DescribeConfigsRequest.DescribeConfigsResource resource, bool synonyms, CancellationToken ct)
    {
        var result = new DescribeConfigsResponse.DescribeConfigsResult { ResourceType = resource.ResourceType, ResourceName = resource.ResourceName };
        try
        {
            string entity = resources.Entity(resource.ResourceType, resource.ResourceName);
            var own = await store.ReadAsync(entity, ct);
            var all = resource.ResourceType == ConfigResources.Topic ? OfTopic(own)
                : entity == ConfigChanges.AllBrokers ? OfBroker(EffectiveBrokerConfig.OfAllBrokers(own))
                : OfBroker(EffectiveBrokerConfig.Of(_known, options.AsWritten, await store.ReadAsync(ConfigChanges.AllBrokers, ct), own));
            var keys = resource.ConfigurationKeys is { Count: > 0 } named ? named.ToHashSet(StringComparer.Ordinal) : null;
            result.Configs.AddRange(all.Where(config => keys?.Contains(config.Name) ?? true));
            if (!synonyms) result.Configs.ForEach(config => config.Synonyms = []);
        }
        catch (RequestRefusedException e)
        {
            (result.ErrorCode, result.ErrorMessage) = (e.Code, e.Message);
        }
        catch (ZooKeeperException e)
        {
            (result.ErrorCode, result.ErrorMessage) = (ErrorCode.UnknownServerError, $"ZooKeeper: {e.Message}");
        }
        return result;
    }

    private IEnumerable<DescribeConfigsResponse.DescribeConfigsResourceResult> OfTopic(IReadOnlyDictionary<string, string> own) =>
        EffectiveTopicConfig.Of(own, options.AsWritten).Select(setting => new DescribeConfigsResponse.DescribeConfigsResourceResult
        {
            Name = setting.Name,
            Value = setting.Value,
            ConfigSource = setting.Source,
            IsDefault = setting.Source == (sbyte)ConfigSource.Default,
            ConfigType = (sbyte)(TopicConfigRules.Of(setting.Name)?.Type ?? ConfigType.Text),
            Documentation = null,
            Synonyms = [.. EffectiveTopicConfig.Synonyms(setting.Name, own, options.AsWritten).Select(synonym =>
                new DescribeConfigsResponse.DescribeConfigsSynonym { Name = synonym.Name, Value = synonym.Value, Source = synonym.Source })],
        });

    private IEnumerable<DescribeConfigsResponse.DescribeConfigsResourceResult> OfBroker(IEnumerable<BrokerSetting> settings) =>
        settings.Select(setting => new DescribeConfigsResponse.DescribeConfigsResourceResult
        {
            Name = setting.Name,
            Value = setting.Value,
            ReadOnly = BrokerConfigRules.Of(setting.Name) is null,
            ConfigSource = (sbyte)setting.Source,
            IsDefault = setting.Source == ConfigSource.Default,
            IsSensitive = setting.IsSecret,
            ConfigType = (sbyte)TypeOf(setting),
            Documentation = null,
            Synonyms = [.. setting.Synonyms.Select(synonym =>
                new DescribeConfigsResponse.DescribeConfigsSynonym { Name = setting.Name, Value = synonym.Value, Source = (sbyte)synonym.Source })],
        });

    private ConfigType TypeOf(BrokerSetting setting) => setting.IsSecret ? ConfigType.Password
        : BrokerConfigRules.Of(setting.Name)?.Type
        ?? (_known.TryGetValue(setting.Name, out var known) ? known.Type : ConfigType.Text);
}
