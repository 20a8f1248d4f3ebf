using System.Runtime.CompilerServices;
using ClassicBroker.Clients.Metadata;
using ClassicBroker.Clients.Network;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Clients.Consumer;

/// <summary>
/// Reads partitions given by hand, without a group. Each broker that leads some of them has one fetch in flight; whichever answers first is
/// handed out first, and its partitions are asked for again. Order holds within a partition.
/// </summary>
/// <remarks>Reads uncommitted; control batches are stepped over. One enumeration at a time per consumer.</remarks>
public sealed class Consumer : IAsyncDisposable
{
    /// <summary>Highest Fetch version that addresses topics by name.</summary>
    private const short FetchByName = 12;

    private readonly ClusterMetadata cluster;
    private readonly OffsetLookup offsets;
    private readonly ConsumerOptions options;
    private readonly TimeProvider time;

    public Consumer(ClusterOptions cluster, ConsumerOptions? options = null, TimeProvider? time = null)
    {
        this.options = options ?? new ConsumerOptions();
        this.time = time ?? TimeProvider.System;
        this.cluster = new ClusterMetadata(cluster, this.time);
        offsets = new OffsetLookup(this.cluster);
    }

    /// <summary>All partitions of a topic.</summary>
    public async IAsyncEnumerable<ConsumedRecord> ReadAsync(
        string topic, StartPosition from, [EnumeratorCancellation] CancellationToken ct = default)
    {
        TopicView view = await cluster.TopicAsync(topic, ct: ct).ConfigureAwait(false);
        var all = view.Partitions.ToDictionary(partition => new TopicPartition(topic, partition.Partition), _ => from);
        await foreach (ConsumedRecord record in ReadAsync(all, ct).ConfigureAwait(false)) yield return record;
    }

    /// <summary>The partitions given, each from its own position.</summary>
    /// <exception cref="BrokerErrorException">An error that asking again does not heal, an offset out of range among them.</exception>
    public async IAsyncEnumerable<ConsumedRecord> ReadAsync(
        IReadOnlyDictionary<TopicPartition, StartPosition> partitions, [EnumeratorCancellation] CancellationToken ct = default)
    {
        var idle = new List<PartitionPosition>();
        foreach ((TopicPartition partition, StartPosition from) in partitions)
            idle.Add(await StartAsync(partition, from, ct).ConfigureAwait(false));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var inFlight = new Dictionary<int, Task<FetchOutcome>>();
        try
        {
            while (true)
            {
                idle.RemoveAll(position => position.IsAtEnd);
                BeginFetches(idle, inFlight, stop.Token);
                if (inFlight.Count == 0) yield break;
                Task<FetchOutcome> first = await Task.WhenAny(inFlight.Values).ConfigureAwait(false);
                FetchOutcome outcome = await first.ConfigureAwait(false);
                inFlight.Remove(outcome.Broker);
                idle.AddRange(outcome.Positions);
                foreach (ConsumedRecord record in outcome.Records) yield return record;
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            foreach (Task fetch in inFlight.Values) await fetch.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public ValueTask DisposeAsync() => cluster.DisposeAsync();

    private async Task<PartitionPosition> StartAsync(TopicPartition partition, StartPosition from, CancellationToken ct)
    {
        long? end = options.StopAtEnd ? (await offsets.FindAsync(partition, OffsetLookup.Latest, ct).ConfigureAwait(false)).Offset : null;
        if (from.Offset is { } offset) return new PartitionPosition(partition, offset, end);
        long found = (await offsets.FindAsync(partition, from.TimestampMs, ct).ConfigureAwait(false)).Offset;
        if (found < 0) found = end ?? (await offsets.FindAsync(partition, OffsetLookup.Latest, ct).ConfigureAwait(false)).Offset;
        return new PartitionPosition(partition, found, end);
    }

    /// <summary>Hands idle partitions to their leaders, unless the leader has a fetch in flight: then they wait for its answer.</summary>
    private void BeginFetches(List<PartitionPosition> idle, Dictionary<int, Task<FetchOutcome>> inFlight, CancellationToken ct)
    {
        ClusterSnapshot snapshot = cluster.Current;
        foreach (var group in idle.GroupBy(position => snapshot.Find(position.Partition)?.Leader ?? -1).ToList())
        {
            if (inFlight.ContainsKey(group.Key)) continue;
            PartitionPosition[] positions = [.. group];
            inFlight[group.Key] = FetchAsync(group.Key, positions, ct);
            idle.RemoveAll(positions.Contains);
        }
    }

    private async Task<FetchOutcome> FetchAsync(int broker, PartitionPosition[] positions, CancellationToken ct)
    {
        var records = new List<ConsumedRecord>();
        bool stale = broker < 0;
        if (!stale)
        {
            try
            {
                BrokerConnection connection = await cluster.ToBrokerAsync(broker, ct).ConfigureAwait(false);
                BrokerVersions versions = connection.Versions ?? await connection.NegotiateAsync(ct).ConfigureAwait(false);
                FetchResponse response = await connection.SendAsync<FetchRequest, FetchResponse>(
                    Request(positions), versions.Pick<FetchRequest, FetchResponse>(FetchByName), ct).ConfigureAwait(false);
                if (response.ErrorCode != ErrorCode.None) throw new BrokerErrorException(response.ErrorCode, "fetch");
                stale = Take(response, positions, records);
            }
            catch (Exception e) when (RetryLoop.IsPassing(e))
            {
                stale = true;
            }
        }
        if (stale) await RecoverAsync(positions, ct).ConfigureAwait(false);
        else foreach (PartitionPosition position in positions) position.Failures = 0;
        return new FetchOutcome(broker, positions, records);
    }

    /// <summary>Pauses, longer each time, and looks up the leaders anew.</summary>
    private async Task RecoverAsync(PartitionPosition[] positions, CancellationToken ct)
    {
        int failures = positions.Max(position => position.Failures);
        foreach (PartitionPosition position in positions) position.Failures = failures + 1;
        await Task.Delay(cluster.Retries.Pause(failures), time, ct).ConfigureAwait(false);
        string[] topics = [.. positions.Select(position => position.Partition.Topic).Distinct()];
        await cluster.Retries.RunAsync(token => cluster.RefreshAsync(topics, ct: token), ct).ConfigureAwait(false);
    }

    /// <summary>Takes the records and moves the positions on; answers whether some partition failed in a passing way.</summary>
    private bool Take(FetchResponse response, PartitionPosition[] positions, List<ConsumedRecord> records)
    {
        bool stale = false;
        Dictionary<TopicPartition, PartitionPosition> asked = positions.ToDictionary(position => position.Partition);
        foreach (FetchResponse.FetchableTopicResponse topic in response.Responses)
        {
            foreach (FetchResponse.PartitionData answer in topic.Partitions)
            {
                var partition = new TopicPartition(topic.Topic, answer.PartitionIndex);
                if (!asked.TryGetValue(partition, out PartitionPosition? position)) continue;
                if (answer.ErrorCode.IsRetriable()) stale = true;
                else if (answer.ErrorCode != ErrorCode.None)
                    throw new BrokerErrorException(answer.ErrorCode, $"{partition} at {position.Next}");
                else if (answer.Records is { } batches) Take(batches, position, records);
            }
        }
        return stale;
    }

    /// <summary>
    /// Batch by batch: a batch may begin below the position, hold no record any more or be a control batch, and the position still moves
    /// behind it. A last batch that is cut is left for the next fetch.
    /// </summary>
    private void Take(ReadOnlyMemory<byte> batches, PartitionPosition position, List<ConsumedRecord> records)
    {
        while (RecordBatch.TryRead(batches.Span, out RecordBatch batch))
        {
            ReadOnlyMemory<byte> bytes = batches[..(int)batch.Length];
            if (!batch.CrcIsValid) throw new BrokerErrorException(ErrorCode.CorruptMessage, $"{position.Partition} at {batch.BaseOffset}");
            long last = batch.LastOffset;
            if (!batch.IsControl)
            {
                foreach (Record record in RecordBatchReader.Read(bytes, options.MaxDecompressedBytes))
                {
                    if (record.Offset >= position.Next && !(record.Offset >= position.End))
                        records.Add(new ConsumedRecord(position.Partition, record));
                }
            }
            position.Next = Math.Max(position.Next, last + 1);
            batches = batches[bytes.Length..];
        }
    }

    private FetchRequest Request(PartitionPosition[] positions) => new()
    {
        MaxWaitMs = (int)options.MaxWait.TotalMilliseconds,
        MinBytes = options.MinBytes,
        MaxBytes = options.MaxBytes,
        Topics =
        [
            .. positions.GroupBy(position => position.Partition.Topic).Select(topic => new FetchRequest.FetchTopic
            {
                Topic = topic.Key,
                Partitions =
                [
                    .. topic.Select(position => new FetchRequest.FetchPartition
                    {
                        Partition = position.Partition.Partition,
                        FetchOffset = position.Next,
                        PartitionMaxBytes = options.MaxPartitionBytes,
                    }),
                ],
            }),
        ],
    };

    private sealed record FetchOutcome(int Broker, PartitionPosition[] Positions, List<ConsumedRecord> Records);
}
