using System.Buffers.Binary;
using ClassicBroker.Broker.Transactions;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;
using ClassicBroker.Clients.Records;
using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Testing.Simulation;

/// <summary>Sends values nobody else sends to one partition, one at a time, each again and again until it is acknowledged.</summary>
internal sealed class SimulatedProducer(SimulatedCluster cluster, int node, TopicPartition target, short acks, bool idempotent)
    : SimulatedClient(cluster, node, $"producer{node}")
{
    private const short AllInSync = -1;

    private long _value = (long)node << 32;
    private long _producerId = -1;
    private int _sequence;

    /// <summary>Values acknowledged.</summary>
    public int Sent { get; private set; }

    protected override async Task RunAsync()
    {
        while (idempotent && _producerId < 0 && !IsStopping) await TakeIdAsync();
        while (!IsStopping)
        {
            await SendAsync(++_value);
            await PauseAsync(Cluster.Scheduler.Chance.Next(4) == 0 ? 400 : 40);
        }
    }

    private async Task TakeIdAsync()
    {
        try
        {
            _producerId = await AskAsync(Cluster.Machines[0].Id, broker => broker.Part<ProducerIds>().NextAsync(CancellationToken.None).AsTask());
        }
        catch (Exception failure) when (failure is IOException or TimeoutException or ZooKeeperException)
        {
            await PauseAsync(300);
        }
    }

    private async Task SendAsync(long value)
    {
        if (idempotent) Cluster.Promises.Idempotent(value);
        var batch = Batch(value);
        for (var attempt = 0; ; attempt++)
        {
            if (await TryAsync(value, batch)) return;
            await PauseAsync(Math.Min(50 << Math.Min(attempt, 4), 500));
        }
    }

    private async Task<bool> TryAsync(long value, byte[] batch)
    {
        if (await LeaderOfAsync(target) is not var (leader, _, topicId)) return false;
        try
        {
            var response = await AskAsync(leader, broker => broker.ProduceAsync(Request(batch.ToArray())));
            if (acks == 0) return true;
            var answer = response!.Responses[0].PartitionResponses[0];
            if (answer.ErrorCode is not (ErrorCode.None or ErrorCode.DuplicateSequenceNumber))
            {
                Cluster.Scheduler.Note((ulong)answer.ErrorCode);
                if (answer.ErrorCode is ErrorCode.OutOfOrderSequenceNumber or ErrorCode.UnknownProducerId or ErrorCode.InvalidProducerEpoch)
                    Cluster.Promises.Break($"P4: the idempotent {Process.Name} was answered {answer.ErrorCode} for sequence {_sequence - 1} of {target}");
                return false;
            }
            Sent++;
            if (acks == AllInSync && answer.BaseOffset >= 0) Cluster.Promises.AcknowledgedByAll(target, topicId, answer.BaseOffset, value);
            return true;
        }
        catch (Exception failure) when (failure is IOException or TimeoutException)
        {
            return false;
        }
    }

    private ProduceRequest Request(byte[] batch)
    {
        var topic = new ProduceRequest.TopicProduceData { Name = target.Topic };
        topic.PartitionData.Add(new ProduceRequest.PartitionProduceData { Index = target.Partition, Records = batch });
        var request = new ProduceRequest { Acks = acks, TimeoutMs = 2500 };
        request.TopicData.Add(topic);
        return request;
    }

    private byte[] Batch(long value)
    {
        var builder = new RecordBatchBuilder
        {
            ProducerId = _producerId,
            ProducerEpoch = (short)(idempotent ? 0 : -1),
            BaseSequence = idempotent ? _sequence++ : -1,
        };
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        builder.Add(Process.Clock.GetUtcNow().ToUnixTimeMilliseconds(), null, bytes);
        return builder.Build();
    }
}
