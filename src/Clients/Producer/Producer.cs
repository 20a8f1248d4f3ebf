using ClassicBroker.Clients.Metadata;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Clients.Producer;

/// <summary>
/// Writes records. <see cref="SendAsync"/> queues a record and answers when it is acknowledged; many calls may run at once and share
/// batches. Records of one partition arrive in the order they took their places in its queue: who needs the order of their own calls
/// awaits <see cref="EnqueueAsync"/> call by call.
/// </summary>
/// <remarks>
/// Safe for concurrent use. One <see cref="PartitionSendLoop"/> per partition written to; the table of them is owned by the lock.
/// </remarks>
public sealed class Producer : IAsyncDisposable
{
    private readonly ClusterMetadata cluster;
    private readonly ProducerOptions options;
    private readonly TimeProvider time;
    private readonly Partitioner partitioner;
    private readonly Lock gate = new();
    private readonly Dictionary<TopicPartition, PartitionSendLoop> loops = [];
    private readonly CancellationTokenSource stop = new();

    /// <summary>Partitions written to share a connection per broker, so its window is what lets them be written at the same time.</summary>
    private const int PartitionsInFlightPerBroker = 64;

    public Producer(ClusterOptions cluster, ProducerOptions? options = null, TimeProvider? time = null)
    {
        this.options = options ?? new ProducerOptions();
        this.time = time ?? TimeProvider.System;
        if (this.options.Acks is < -1 or > 1) throw new ArgumentException($"acks {this.options.Acks} is not -1, 0 or 1", nameof(options));
        int window = Math.Max(cluster.Connection.MaxInFlight, PartitionsInFlightPerBroker);
        this.cluster = new ClusterMetadata(cluster with { Connection = cluster.Connection with { MaxInFlight = window } }, this.time);
        partitioner = new Partitioner(this.options.BatchBytes, new Random());
    }

    /// <param name="partition">null lets key or turn decide</param>
    /// <param name="value">null is a tombstone: it deletes the key in compacted topics</param>
    /// <param name="timestampMs">milliseconds since 1970 UTC; null is now</param>
    /// <param name="ct">Cancels the waiting for a place in the queue; a queued record is sent all the same.</param>
    /// <exception cref="BrokerErrorException">The broker refused, or went on failing until the delivery timeout.</exception>
    /// <exception cref="Network.BrokerConnectionException">No leader was reachable until the delivery timeout.</exception>
    public async Task<ProducedRecord> SendAsync(
        string topic, int? partition, ReadOnlyMemory<byte>? key, ReadOnlyMemory<byte>? value,
        IReadOnlyList<RecordHeader>? headers = null, long? timestampMs = null, CancellationToken ct = default)
    {
        Task<ProducedRecord> told = await EnqueueAsync(topic, partition, key, value, headers, timestampMs, ct).ConfigureAwait(false);
        return await told.ConfigureAwait(false);
    }

    /// <summary>
    /// As <see cref="SendAsync"/>, in two steps: the outer task ends when the record has its place in the queue, the inner one when it is
    /// acknowledged. For callers who write faster than they wait for answers.
    /// </summary>
    public async Task<Task<ProducedRecord>> EnqueueAsync(
        string topic, int? partition, ReadOnlyMemory<byte>? key, ReadOnlyMemory<byte>? value,
        IReadOnlyList<RecordHeader>? headers = null, long? timestampMs = null, CancellationToken ct = default)
    {
        var record = new PendingRecord(
            key, value, headers, timestampMs ?? time.GetUtcNow().ToUnixTimeMilliseconds(), time.GetTimestamp());
        if (record.Bytes > options.MaxRecordBytes)
            throw new BrokerErrorException(ErrorCode.MessageTooLarge, $"record of {record.Bytes} bytes, limit {options.MaxRecordBytes}");
        TopicView view = await cluster.TopicAsync(topic, options.AllowAutoCreation, ct).ConfigureAwait(false);
        int chosen = partition ?? partitioner.Choose(view, key, record.Bytes);
        if (view.Find(chosen) is null) throw new BrokerErrorException(ErrorCode.UnknownTopicOrPartition, $"{topic}-{chosen}");
        await LoopOf(new TopicPartition(topic, chosen)).AddAsync(record, ct).ConfigureAwait(false);
        return record.Told.Task;
    }

    /// <summary>Sends what is queued, then closes.</summary>
    public async ValueTask DisposeAsync()
    {
        PartitionSendLoop[] all;
        lock (gate) all = [.. loops.Values];
        foreach (PartitionSendLoop loop in all) loop.Complete();
        await Task.WhenAll(all.Select(loop => loop.Running)).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        await cluster.DisposeAsync().ConfigureAwait(false);
    }

    private PartitionSendLoop LoopOf(TopicPartition partition)
    {
        lock (gate)
        {
            if (!loops.TryGetValue(partition, out PartitionSendLoop? loop))
                loops[partition] = loop = new PartitionSendLoop(partition, cluster, options, time, stop.Token);
            return loop;
        }
    }
}
