using ClassicBroker.Clients.Metadata;
using ClassicBroker.Clients.Network;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Testing.Verification;

/// <summary>
/// Writes small batches to one partition with Produce requests of its own, acks=all, one after the other. Either each batch is sent once
/// (<see cref="RetryMode.Never"/>: what is read twice was stored twice by the broker), or again and again under the same producer id and
/// sequence (<see cref="RetryMode.Idempotent"/>).
/// </summary>
internal sealed class DirectWriter(string name, TopicPartition partition, ClusterMetadata cluster, RetryMode retry, double perSecond, RunContext run)
{
    private const int MaxBatch = 4;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly Random _random = run.NewRandom();
    private (long Id, short Epoch)? _producer;
    private int _sequence;

    /// <summary>Writes until the run is stopped; a batch on its way is seen through.</summary>
    public async Task RunAsync()
    {
        var pace = new Pace(perSecond / ((1 + MaxBatch) / 2.0), _random, run.Time);
        try
        {
            while (true)
            {
                await pace.NextAsync(run.Stop).ConfigureAwait(false);
                if (retry == RetryMode.Idempotent) _producer ??= await NewProducerAsync().ConfigureAwait(false);
                await WriteAsync().ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (run.Stop.IsCancellationRequested)
        {
            // the end of writing
        }
    }

    private async Task WriteAsync()
    {
        var values = Enumerable.Range(0, _random.Next(1, MaxBatch + 1)).Select(_ => run.NextValue()).ToArray();
        foreach (var value in values) run.History.Add(new SendStarted(name, partition.ToString(), value, -1, retry));
        var batch = Build(values);
        var told = retry == RetryMode.Never ? await AttemptAsync(batch).ConfigureAwait(false) : await RepeatAsync(batch).ConfigureAwait(false);
        for (var i = 0; i < values.Length; i++)
        {
            run.History.Add(told switch
            {
                { Outcome: ProduceOutcome.Acknowledged } => new SendAcknowledged(values[i], told.Offset < 0 ? -1 : told.Offset + i),
                { Outcome: ProduceOutcome.Refused } => new SendRefused(values[i], told.Why),
                _ => new SendUnsure(values[i], told.Why),
            });
        }

        if (told.Outcome == ProduceOutcome.Acknowledged) _sequence += values.Length;
        else _producer = null; // whether the sequence was used is unknown: a new producer begins a new one
    }

    private async Task<ProduceTold> RepeatAsync(byte[] batch)
    {
        var began = run.Time.GetTimestamp();
        var mayBeWritten = false;
        while (true)
        {
            var told = await AttemptAsync(batch).ConfigureAwait(false);
            mayBeWritten |= told.Outcome == ProduceOutcome.Unsure;
            // Not until the end of the run, but until the batch is decided: the run waits for its writers.
            var over = told.Outcome == ProduceOutcome.Acknowledged || told.IsFinal || run.Time.GetElapsedTime(began) > run.Options.GiveUpAfter;
            if (over) return told.Outcome == ProduceOutcome.Refused && mayBeWritten ? told with { Outcome = ProduceOutcome.Unsure } : told;
            await Task.Delay(Pause, run.Time, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task<ProduceTold> AttemptAsync(byte[] batch)
    {
        BrokerConnection leader;
        try
        {
            leader = await cluster.ToLeaderAsync(partition, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is BrokerConnectionException or BrokerErrorException or ProtocolException)
        {
            await LookAgainAsync().ConfigureAwait(false);
            return new ProduceTold(ProduceOutcome.Refused, -1, "not sent: " + Reason.Of(failure));
        }

        ProduceTold told;
        try
        {
            var answer = await leader.SendAsync<ProduceRequest, ProduceResponse>(Request(batch), CancellationToken.None).ConfigureAwait(false);
            told = ProduceTold.From(answer, partition);
        }
        catch (Exception failure) when (failure is BrokerConnectionException or BrokerErrorException or ProtocolException)
        {
            told = new ProduceTold(ProduceOutcome.Unsure, -1, Reason.Of(failure));
        }

        if (told.Outcome != ProduceOutcome.Acknowledged) await LookAgainAsync().ConfigureAwait(false);
        return told;
    }

    private async Task LookAgainAsync()
    {
        try
        {
            await cluster.RefreshAsync([partition.Topic]).ConfigureAwait(false);
        }
        catch (BrokerConnectionException)
        {
            // nobody answers now; the next attempt asks again
        }
    }

    private async Task<(long, short)> NewProducerAsync()
    {
        var told = await cluster.Retries.RunAsync(async token =>
        {
            var broker = await AnyBrokerAsync(token).ConfigureAwait(false);
            var answer = await broker.SendAsync<InitProducerIdRequest, InitProducerIdResponse>(new InitProducerIdRequest { TransactionalId = null }, token).ConfigureAwait(false);
            return answer.ErrorCode == ErrorCode.None ? answer : throw new BrokerErrorException(answer.ErrorCode, "InitProducerId");
        }, run.Stop).ConfigureAwait(false);
        _sequence = 0;
        return (told.ProducerId, told.ProducerEpoch);
    }

    private async Task<BrokerConnection> AnyBrokerAsync(CancellationToken cancel)
    {
        var snapshot = await cluster.RefreshAsync([partition.Topic], ct: cancel).ConfigureAwait(false);
        var brokers = snapshot.Brokers.Keys.ToList();
        return await cluster.ToBrokerAsync(brokers.Count == 0 ? -1 : brokers[_random.Next(brokers.Count)], cancel).ConfigureAwait(false);
    }

    private byte[] Build(long[] values)
    {
        var builder = _producer is { } producer
            ? new RecordBatchBuilder { ProducerId = producer.Id, ProducerEpoch = producer.Epoch, BaseSequence = _sequence }
            : new RecordBatchBuilder();
        var now = run.Time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var value in values) builder.Add(now, null, ValueBytes.Of(value, run.Options.MaxValueBytes));
        return builder.Build();
    }

    private ProduceRequest Request(byte[] batch) => new()
    {
        Acks = -1,
        TimeoutMs = (int)RunContext.AckTimeout.TotalMilliseconds,
        TopicData = [new() { Name = partition.Topic, PartitionData = [new() { Index = partition.Partition, Records = batch }] }],
    };
}
