using System.Collections.Concurrent;
using System.Threading.Channels;
using ClassicBroker.Coordination;
using ClassicBroker.Coordination.ZNodes;
using ClassicBroker.Coordination.ZooKeeper;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Configuration;

/// <summary>
/// Hears that the configuration of a topic or of this broker changed, and hands on what it is now. A notification below <c>/config/changes</c> is only a
/// trigger: the entity itself is read again, so missed and repeated ones do no harm. A new session reads everything of ours again: notifications may have come
/// and been deleted while this broker was cut off. While it handles a change it deletes notifications older than <see cref="KeptFor"/>, as every broker does.
/// Owner: its one loop; events and <see cref="Opened"/> only ring the bell.
/// </summary>
/// <param name="hostedTopics">The topics this broker has replicas of, now.</param>
public sealed class ConfigChanges(
    IZooKeeper zooKeeper, ConfigStore store, ConfigChangeNotifications notifications, int brokerId, Func<IEnumerable<string>> hostedTopics,
    TimeProvider time, ILogger<ConfigChanges> log) : IAsyncDisposable
{
    /// <summary>A broker that hears nothing for so long has lost its session. Kafka's number.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(15);

    /// <summary>The entity that holds for every broker.</summary>
    public const string AllBrokers = "brokers/<default>";

    private const string TopicPrefix = "topics/";

    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(500);

    // One place is enough: whoever hears the bell looks at the present state.
    private readonly Channel<bool> _bell = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<string, bool> _changedTopics = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _opened = new(StringComparer.Ordinal);
    private readonly HashSet<string> _due = new(StringComparer.Ordinal);
    private long _session;
    private long _lastSequence = -1;
    private Task _watching = Task.CompletedTask;

    /// <summary>The whole configuration of a topic, as it is now. Raised on the loop, one at a time.</summary>
    public event Action<string, IReadOnlyDictionary<string, string>>? TopicChanged;

    /// <summary>The whole dynamic configuration of this broker, that of all brokers below its own. Raised on the loop, at the start too.</summary>
    public event Action<IReadOnlyDictionary<string, string>>? BrokerChanged;

    /// <summary>The entity of one broker.</summary>
    public static string OfBroker(int id) => FormattableString.Invariant($"brokers/{id}");

    /// <summary>Returns when the watch is set: what changes from now on is heard.</summary>
    public async Task StartAsync(CancellationToken ct)
    {
        zooKeeper.SessionChanged += OnSession;
        zooKeeper.ZNodeChanged += OnZNode;
        while (!await TryLookAsync(ct)) await Task.Delay(RetryPause, time, ct);
        _watching = WatchAsync();
    }

    public async Task StopAsync()
    {
        zooKeeper.SessionChanged -= OnSession;
        zooKeeper.ZNodeChanged -= OnZNode;
        if (!_stopping.IsCancellationRequested) _stopping.Cancel();
        await _watching;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopping.Dispose();
    }

    /// <summary>
    /// A replica of the topic was opened, with a configuration read a little earlier. Had a change been heard in between it would have found no log to go to,
    /// so a topic that changed in this life is read once more.
    /// </summary>
    public void Opened(string topic)
    {
        if (!_changedTopics.ContainsKey(topic)) return;
        _opened[topic] = true;
        _bell.Writer.TryWrite(true);
    }

    private void OnSession(ZooKeeperSessionState state)
    {
        if (state == ZooKeeperSessionState.Connected) _bell.Writer.TryWrite(true);
    }

    private void OnZNode(ZNodeEvent change)
    {
        if (change.Path == ConfigChangeNode.Parent) _bell.Writer.TryWrite(true);
    }

    private async Task WatchAsync()
    {
        try
        {
            while (await _bell.Reader.WaitToReadAsync(_stopping.Token))
            {
                _bell.Reader.TryRead(out _);
                if (await TryLookAsync(_stopping.Token)) continue;
                await Task.Delay(RetryPause, time, _stopping.Token);
                _bell.Writer.TryWrite(true);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return;
        }
    }

    private async Task<bool> TryLookAsync(CancellationToken ct)
    {
        try
        {
            await LookAsync(ct);
            return true;
        }
        catch (ZooKeeperException e)
        {
            log.LogWarning("configuration changes cannot be read yet: {Reason}", e.Message);
            return false;
        }
    }

    private async Task LookAsync(CancellationToken ct)
    {
        // The session first: should it change from here on, the bell rings again and finds it different.
        long session = zooKeeper.SessionId;
        var names = await notifications.WatchAsync(ct);
        bool isNews = names.Count > 0 && names[^1].Sequence > _lastSequence;
        var present = isNews ? await notifications.ReadAsync(names, ct) : [];
        foreach (var change in present)
            if (change.Name.Sequence > _lastSequence && change.Entity is { } entity) _due.Add(entity);
        if (session != _session) AddEverything();
        foreach (string topic in _opened.Keys)
            if (_opened.TryRemove(topic, out _)) _due.Add(TopicPrefix + topic);

        // What is due stays due until it was read: a failure from here on loses nothing.
        if (isNews) _lastSequence = names[^1].Sequence;
        _session = session;
        await ReadDueAsync(ct);
        if (present.Count > 0) await PurgeAsync(present, ct);
    }

    private void AddEverything()
    {
        _due.Add(OfBroker(brokerId));
        foreach (string topic in hostedTopics()) _due.Add(TopicPrefix + topic);
    }

    private async Task ReadDueAsync(CancellationToken ct)
    {
        string[] topics = [.. _due.Where(entity => entity.StartsWith(TopicPrefix, StringComparison.Ordinal)).Select(entity => entity[TopicPrefix.Length..])];
        foreach (string topic in topics) _changedTopics[topic] = true;   // before the read: see Opened
        if (topics.Length > 0)
            foreach (var (topic, config) in await store.ReadTopicsAsync(topics, ct)) TopicChanged?.Invoke(topic, config);
        if (_due.Contains(AllBrokers) || _due.Contains(OfBroker(brokerId)))
        {
            var config = new Dictionary<string, string>(await store.ReadAsync(AllBrokers, ct), StringComparer.Ordinal);
            foreach (var (key, value) in await store.ReadAsync(OfBroker(brokerId), ct)) config[key] = value;
            BrokerChanged?.Invoke(config);
        }
        _due.Clear();
    }

    /// <summary>"Now" is when the newest one was made: both times are the ensemble's, so a wrong clock of this broker deletes nothing early.</summary>
    private Task PurgeAsync(IReadOnlyList<ConfigChange> present, CancellationToken ct)
    {
        var oldest = present.Max(change => change.Created) - KeptFor;
        return notifications.DeleteAsync(present.Where(change => change.Created < oldest).Select(change => change.Name), ct);
    }
}
