using System.Globalization;
using ClassicBroker.Coordination.ZNodes;
using ClassicBroker.Coordination.ZooKeeper;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Coordination;

/// <summary>A notification by name: its path, and its number, which only grows.</summary>
public readonly record struct ConfigChangeName(string Path, long Sequence);

/// <summary>A notification as found. Entity: the path below <c>/config</c> that changed, null when the content is junk. Created: by the ensemble's clock.</summary>
public sealed record ConfigChange(ConfigChangeName Name, string? Entity, DateTimeOffset Created);

/// <summary>The znodes below <c>/config/changes</c> by which brokers hear that a configuration changed (<see cref="ConfigChangeNode"/>). Remembers nothing.</summary>
public sealed class ConfigChangeNotifications(IZooKeeper zk, ILogger<ConfigChangeNotifications>? log = null)
{
    /// <summary>The names now, oldest first, and a watch that fires once when one comes or goes.</summary>
    public async Task<IReadOnlyList<ConfigChangeName>> WatchAsync(CancellationToken ct = default)
    {
        var children = await LostReplies.RepeatAsync(() => zk.ChildrenAsync(ConfigChangeNode.Parent, watch: true, ct));
        return [.. children.Names.Select(Name).OfType<ConfigChangeName>().OrderBy(name => name.Sequence)];
    }

    /// <summary>What the notifications say, in the same order; those deleted meanwhile are left out.</summary>
    public async Task<IReadOnlyList<ConfigChange>> ReadAsync(IReadOnlyList<ConfigChangeName> names, CancellationToken ct = default)
    {
        var results = await Batches.GetAsync(zk, [.. names.Select(name => name.Path)], ct);
        return [.. names.Zip(results).Where(pair => pair.Second.Data is not null).Select(pair => new ConfigChange(
            pair.First, Entity(pair.First.Path, pair.Second.Data!), DateTimeOffset.FromUnixTimeMilliseconds(pair.Second.Stat!.CreatedMs)))];
    }

    /// <summary>Every broker deletes old ones, so one that is gone already is fine.</summary>
    public Task DeleteAsync(IEnumerable<ConfigChangeName> names, CancellationToken ct = default) => Task.WhenAll(names.Select(name => LostReplies.RepeatAsync(async () =>
    {
        try
        {
            await zk.DeleteAsync(name.Path, -1, ct);
        }
        catch (ZooKeeperException e) when (e.Error == ZooKeeperError.NoNode)
        {
            return false;
        }
        return true;
    })));

    private static ConfigChangeName? Name(string child)
    {
        string path = $"{ConfigChangeNode.Parent}/{child}";
        return path.StartsWith(ConfigChangeNode.Prefix, StringComparison.Ordinal)
            && long.TryParse(path.AsSpan(ConfigChangeNode.Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long sequence)
            ? new ConfigChangeName(path, sequence)
            : null;
    }

    private string? Entity(string path, byte[] data)
    {
        try
        {
            return ConfigChangeNode.Decode(path, data);
        }
        catch (ZNodeFormatException e)
        {
            log?.LogWarning("{Reason}", e.Message);
            return null;
        }
    }
}
