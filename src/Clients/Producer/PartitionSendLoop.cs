using System.Threading.Channels;
using ClassicBroker.Clients.Metadata;
using ClassicBroker.Clients.Network;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Clients.Producer;

/// <summary>
/// Sends the records of one partition in the order they came: gather a batch, send it, wait for its answer, then the next. One batch in
/// flight is what keeps the order when a batch must be sent again.
/// </summary>
/// <remarks>Without idempotence a batch whose answer was lost is sent again and may be stored twice.</remarks>
internal sealed class PartitionSendLoop
{
    private readonly TopicPartition partition;
    private readonly ClusterMetadata cluster;
    private readonly ProducerOptions options;
    private readonly TimeProvider time;
    private readonly CancellationToken stop;
    private readonly Channel<PendingRecord> queue;

    public PartitionSendLoop(
        TopicPartition partition, ClusterMetadata cluster, ProducerOptions options, TimeProvider time, CancellationToken stop)
    {
        this.partition = partition;
        this.cluster = cluster;
        this.options = options;
        this.time = time;
        this.stop = stop;
        queue = Channel.CreateBounded<PendingRecord>(new BoundedChannelOptions(options.MaxQueuedRecords) { SingleReader = true });
        Running = RunAsync();
    }

    /// <summary>Ends when <see cref="Complete"/> was called and everything queued has been told.</summary>
    public Task Running { get; }

    public ValueTask AddAsync(PendingRecord record, CancellationToken ct) => queue.Writer.WriteAsync(record, ct);

    public void Complete() => queue.Writer.TryComplete();

    private async Task RunAsync()
    {
        await Task.Yield();
        try
        {
            while (await queue.Reader.WaitToReadAsync(stop).ConfigureAwait(false))
            {
                List<PendingRecord> batch = await GatherAsync().ConfigureAwait(false);
                await SendAsync(batch).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            queue.Writer.TryComplete();
            while (queue.Reader.TryRead(out PendingRecord? left)) left.Told.TrySetCanceled(stop);
        }
    }

    private async Task<List<PendingRecord>> GatherAsync()
    {
        var batch = new List<PendingRecord>();
        int bytes = RecordBatch.HeaderSize;
        Task? lingered = null;
        while (true)
        {
            while (queue.Reader.TryPeek(out PendingRecord? next) && (batch.Count == 0 || bytes + next.Bytes <= options.BatchBytes))
            {
                queue.Reader.TryRead(out _);
                batch.Add(next);
                bytes += next.Bytes;
            }
            bool full = queue.Reader.TryPeek(out _);
            if (full || options.Linger <= TimeSpan.Zero) return batch;
            lingered ??= Task.Delay(options.Linger, time, stop);
            Task<bool> more = queue.Reader.WaitToReadAsync(stop).AsTask();
            if (await Task.WhenAny(more, lingered).ConfigureAwait(false) == lingered || !await more.ConfigureAwait(false)) return batch;
        }
    }

    private async Task SendAsync(List<PendingRecord> batch)
    {
        try
        {
            Memory<byte> records = Build(batch);
            TimeSpan limit = options.DeliveryTimeout - time.GetElapsedTime(batch[0].QueuedAt);
            (long baseOffset, long appendTime) = await cluster.Retries.RunAsync(
                token => ProduceAsync(records, token),
                (_, token) => cluster.RefreshAsync([partition.Topic], ct: token),
                limit, stop).ConfigureAwait(false);
            for (int i = 0; i < batch.Count; i++)
            {
                batch[i].Told.TrySetResult(new ProducedRecord(
                    partition, baseOffset < 0 ? -1 : baseOffset + i, appendTime < 0 ? batch[i].TimestampMs : appendTime));
            }
        }
        catch (Exception e)
        {
            // Whatever it was, the callers are the ones to hear it; the loop goes on with the next batch.
            foreach (PendingRecord record in batch) record.Told.TrySetException(e);
        }
    }

    private byte[] Build(List<PendingRecord> batch)
    {
        var builder = new RecordBatchBuilder(options.Compression);
        foreach (PendingRecord record in batch) builder.Add(record.TimestampMs, record.Key, record.Value, record.Headers);
        return builder.Build();
    }

    private async Task<(long BaseOffset, long AppendTime)> ProduceAsync(Memory<byte> records, CancellationToken ct)
    {
        BrokerConnection leader = await cluster.ToLeaderAsync(partition, ct).ConfigureAwait(false);
        var request = new ProduceRequest
        {
            Acks = options.Acks,
            TimeoutMs = (int)options.AckTimeout.TotalMilliseconds,
            TopicData = [new() { Name = partition.Topic, PartitionData = [new() { Index = partition.Partition, Records = records }] }],
        };
        if (options.Acks == 0)
        {
            BrokerVersions versions = leader.Versions ?? await leader.NegotiateAsync(ct).ConfigureAwait(false);
            await leader.SendUnansweredAsync<ProduceRequest, ProduceResponse>(
                request, versions.Pick<ProduceRequest, ProduceResponse>(), ct).ConfigureAwait(false);
            return (-1, -1);
        }
        ProduceResponse response = await leader.SendAsync<ProduceRequest, ProduceResponse>(request, ct).ConfigureAwait(false);
        ProduceResponse.PartitionProduceResponse answer = response.Responses
            .SelectMany(topic => topic.PartitionResponses).FirstOrDefault(p => p.Index == partition.Partition)
            ?? throw new ProtocolException($"Produce answer lacks {partition}");
        if (answer.ErrorCode == ErrorCode.None) return (answer.BaseOffset, answer.LogAppendTimeMs);
        string said = string.IsNullOrEmpty(answer.ErrorMessage) ? "" : ": " + answer.ErrorMessage;
        throw new BrokerErrorException(answer.ErrorCode, partition + said);
    }
}
