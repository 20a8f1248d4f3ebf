using ClassicBroker.Clients.Network;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Clients.Metadata;

/// <summary>
/// One client's picture of the cluster and its connections into it: refreshed when asked, when old, and by whoever meets an error that
/// says the picture is wrong. Owns its connections.
/// </summary>
/// <remarks>Refreshes take turns (one lock, held across the request); the snapshot is swapped whole and read without a lock.</remarks>
public sealed class ClusterMetadata : IAsyncDisposable
{
    private readonly ClusterOptions options;
    private readonly TimeProvider time;
    private readonly IReadOnlyList<(string Host, int Port)> bootstrap;
    private readonly BrokerConnections connections;
    private readonly SemaphoreSlim refreshing = new(1);
    private volatile ClusterSnapshot current = ClusterSnapshot.Empty;
    private long refreshedAt;

    public ClusterMetadata(ClusterOptions options, TimeProvider? time = null)
    {
        this.options = options;
        this.time = time ?? TimeProvider.System;
        bootstrap = [.. options.BootstrapServers.Select(Parse)];
        if (bootstrap.Count == 0) throw new ArgumentException("no bootstrap servers given", nameof(options));
        connections = new BrokerConnections(options.Connection, this.time);
        Retries = new RetryLoop(options, this.time);
    }

    public ClusterSnapshot Current => current;

    public RetryLoop Retries { get; }

    /// <summary>Asks any broker that answers.</summary>
    /// <param name="topics">null asks for all topics, an empty list for brokers only</param>
    /// <param name="allowAutoCreation">whether a broker may create topics that do not exist</param>
    public Task<ClusterSnapshot> RefreshAsync(
        IReadOnlyCollection<string>? topics, bool allowAutoCreation = false, CancellationToken ct = default) =>
        RefreshAsync(topics, allowAutoCreation, insteadOf: null, ct);

    /// <param name="insteadOf">When the snapshot is another one by the time our turn comes, somebody refreshed and that will do.</param>
    private async Task<ClusterSnapshot> RefreshAsync(
        IReadOnlyCollection<string>? topics, bool allowAutoCreation, ClusterSnapshot? insteadOf, CancellationToken ct)
    {
        var request = new MetadataRequest
        {
            Topics = topics is null ? null : [.. topics.Select(name => new MetadataRequest.MetadataRequestTopic { Name = name })],
            AllowAutoTopicCreation = allowAutoCreation,
        };
        await refreshing.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            if (insteadOf is not null && !ReferenceEquals(insteadOf, current)) return current;
            MetadataResponse answer = await AskAnyAsync(request, ct).ConfigureAwait(false);
            current = current.With(answer, allTopics: topics is null);
            refreshedAt = time.GetTimestamp();
            return current;
        }
        finally
        {
            refreshing.Release();
        }
    }

    /// <summary>A topic without error, waiting for it to appear until the call timeout.</summary>
    /// <exception cref="BrokerErrorException">It does not exist or has an error that waiting does not heal.</exception>
    public Task<TopicView> TopicAsync(string topic, bool allowAutoCreation = false, CancellationToken ct = default) =>
        Retries.RunAsync(async token =>
        {
            ClusterSnapshot before = current;
            TopicView? view = before.Topics.GetValueOrDefault(topic);
            if (view is not { ErrorCode: ErrorCode.None } || time.GetElapsedTime(refreshedAt) > options.MetadataMaxAge)
            {
                ClusterSnapshot after = await RefreshAsync([topic], allowAutoCreation, before, token).ConfigureAwait(false);
                view = after.Topics.GetValueOrDefault(topic);
            }
            ErrorCode error = view?.ErrorCode ?? ErrorCode.UnknownTopicOrPartition;
            return error == ErrorCode.None ? view! : throw new BrokerErrorException(error, $"topic {topic}");
        }, ct);

    /// <summary>A connection to the leader, by the picture we have. One attempt; callers retry with <see cref="Retries"/>.</summary>
    public async Task<BrokerConnection> ToLeaderAsync(TopicPartition partition, CancellationToken ct = default)
    {
        if (!current.Topics.ContainsKey(partition.Topic)) await RefreshAsync([partition.Topic], ct: ct).ConfigureAwait(false);
        PartitionView view = current.Find(partition)
            ?? throw new BrokerErrorException(ErrorCode.UnknownTopicOrPartition, partition.ToString());
        if (view.Leader < 0) throw new BrokerErrorException(ErrorCode.LeaderNotAvailable, partition.ToString());
        return await ToBrokerAsync(view.Leader, ct).ConfigureAwait(false);
    }

    /// <summary>A connection to a broker of the snapshot.</summary>
    public Task<BrokerConnection> ToBrokerAsync(int brokerId, CancellationToken ct = default) =>
        current.Brokers.TryGetValue(brokerId, out BrokerAddress? broker)
            ? connections.ToAsync(broker.Host, broker.Port, ct)
            : throw new BrokerConnectionException($"broker {brokerId} is not among the live ones {string.Join(',', current.Brokers.Keys)}");

    /// <summary>A connection to the controller, after a refresh: it moves without telling clients.</summary>
    public async Task<BrokerConnection> ToControllerAsync(CancellationToken ct = default)
    {
        ClusterSnapshot snapshot = await RefreshAsync([], ct: ct).ConfigureAwait(false);
        if (snapshot.ControllerId < 0) throw new BrokerErrorException(ErrorCode.NotController, "no broker is controller now");
        return await ToBrokerAsync(snapshot.ControllerId, ct).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => connections.DisposeAsync();

    private async Task<MetadataResponse> AskAnyAsync(MetadataRequest request, CancellationToken ct)
    {
        var failures = new List<Exception>();
        // The brokers we know come first: the bootstrap list may name machines long gone.
        var known = current.Brokers.Values.Select(broker => (broker.Host, broker.Port));
        foreach ((string host, int port) in known.Concat(bootstrap).Distinct())
        {
            try
            {
                BrokerConnection connection = await connections.ToAsync(host, port, ct).ConfigureAwait(false);
                return await connection.SendAsync<MetadataRequest, MetadataResponse>(request, ct).ConfigureAwait(false);
            }
            catch (BrokerConnectionException e)
            {
                failures.Add(e);
            }
        }
        throw new BrokerConnectionException(
            "no broker answers: " + string.Join("; ", failures.Select(failure => failure.Message)), new AggregateException(failures));
    }

    private static (string, int) Parse(string server)
    {
        int colon = server.LastIndexOf(':');
        return colon > 0 && int.TryParse(server.AsSpan(colon + 1), out int port) && port is > 0 and < 65536
            ? (server[..colon].Trim('[', ']'), port)
            : throw new ArgumentException($"bootstrap server '{server}' is not host:port with a port of 1-65535");
    }
}
