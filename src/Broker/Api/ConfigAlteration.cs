using ClassicBroker.Broker.Configuration;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Api;

/// <summary>What may be done to one key (KIP-339), by the numbers on the wire.</summary>
public enum ConfigOperation : sbyte
{
    Set = 0,
    Delete = 1,
    Append = 2,
    Subtract = 3,
}

/// <summary>One change of one key. <see cref="Value"/> is not looked at by Delete.</summary>
public readonly record struct ConfigAlteration(string Key, ConfigOperation Operation, string? Value)
{
    /// <summary>
    /// What a configuration becomes. Pure, and the same when applied to its own result: an item that is in a list is not appended again.
    /// </summary>
    /// <param name="ruleOf">What a key takes; null when it may not be set. Deleting is always allowed.</param>
    /// <param name="inherited">The value a list has that is not set itself.</param>
    /// <exception cref="RequestRefusedException">INVALID_CONFIG or INVALID_REQUEST, with the reason.</exception>
    public static Dictionary<string, string> Apply(
        IReadOnlyDictionary<string, string> config, IReadOnlyList<ConfigAlteration> changes, Func<string, ConfigRule?> ruleOf, Func<string, string> inherited)
    {
        if (changes.DistinctBy(change => change.Key, StringComparer.Ordinal).Count() < changes.Count)
            throw new RequestRefusedException(ErrorCode.InvalidRequest, "Error due to duplicate config keys");
        var result = new Dictionary<string, string>(config, StringComparer.Ordinal);
        foreach (var change in changes)
        {
            if (change.Operation == ConfigOperation.Delete) result.Remove(change.Key);
            else result[change.Key] = change.Applied(result.GetValueOrDefault(change.Key) ?? inherited(change.Key), ruleOf(change.Key));
        }
        return result;
    }

    private string Applied(string now, ConfigRule? rule)
    {
        if (Value is null) throw new RequestRefusedException(ErrorCode.InvalidRequest, $"Null value not supported for : {Key}");
        if (Operation == ConfigOperation.Set) return Value;
        if (Operation is not (ConfigOperation.Append or ConfigOperation.Subtract))
            throw new RequestRefusedException(ErrorCode.InvalidRequest, $"{(sbyte)Operation} for {Key} is no operation: 0 set, 1 delete, 2 append, 3 subtract");
        if (rule is { Type: not ConfigType.List })
            throw new RequestRefusedException(ErrorCode.InvalidConfig, $"Config value {Operation.ToString().ToLowerInvariant()} is not allowed for config key: {Key}");
        var items = Items(now);
        return string.Join(',', Operation == ConfigOperation.Append ? items.Union(Items(Value)) : items.Except(Items(Value)));
    }

    private static string[] Items(string list) => list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
