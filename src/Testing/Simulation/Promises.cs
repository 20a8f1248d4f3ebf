using System.Buffers.Binary;
using ClassicBroker.Broker.Replication;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Testing.Simulation;

/// <summary>
/// The promises, checked after every step: P1 nothing acknowledged is lost, P2 one value per offset, P3 replicas equal below the high watermark,
/// P4 no duplicate of an idempotent producer, P6 nobody reads past it, P7 no deposed leader or controller has its way. The first that is broken ends the run.
/// What counts as committed is what anybody's high watermark has passed; it is noted in <see cref="CommittedLog"/>s and every replica, every acknowledgement
/// and every record a consumer gets is compared with them.
/// </summary>
internal sealed class Promises
{
    private readonly SimulatedCluster _cluster;
    private readonly Dictionary<(TopicPartition Id, Guid TopicId), CommittedLog> _logs = [];
    private readonly Dictionary<Partition, Seen> _seen = [];
    private readonly HashSet<long> _idempotent = [];

    public Promises(SimulatedCluster cluster)
    {
        _cluster = cluster;
        _cluster.Scheduler.Stepped += Look;
        States = new StatePromises(cluster, this);
    }

    public StatePromises States { get; }

    /// <summary>The first broken promise, in words.</summary>
    public string? Broken { get; private set; }

    /// <summary>Records acknowledged with acks=all.</summary>
    public int Acknowledged { get; private set; }

    /// <summary>Records consumers got.</summary>
    public int Consumed { get; private set; }

    public void Break(string promise)
    {
        if (Broken is not null) return;
        Broken = promise;
        _cluster.Scheduler.Note("BROKEN", promise);
    }

    public void TailsLost(int broker) => States.TailsLost(broker);

    public CommittedLog LogOf(TopicPartition id, Guid topicId) =>
        _logs.TryGetValue((id, topicId), out var log) ? log : _logs[(id, topicId)] = new CommittedLog();

    public void Idempotent(long value) => _idempotent.Add(value);

    /// <summary>A produce answer is leaving a broker: one that lost its registration must not say "stored", whatever the acks (P7).</summary>
    public void Answered(SimulatedBroker broker, ProduceResponse response)
    {
        if (!response.Responses.Exists(static topic => topic.PartitionResponses.Exists(static partition => partition.ErrorCode == ErrorCode.None))) return;
        var (epoch, now) = (broker.BrokerEpoch, _cluster.Scheduler.Now);
        if (!States.Registrations.TryGetValue(epoch.Value, out var session) || !session.IsOver) return;
        // A session ended by force while its owner was in touch: the owner has until its own clock says that it is out of touch.
        if (session.Ended.ByForce && now - session.Ended.At <= session.Timeout) return;
        Break($"P7: {broker.Process.Name} acknowledged a record {TimeSpan.FromTicks(now - session.Ended.At).TotalSeconds:F3} s after its registration {epoch} had gone");
    }

    /// <summary>A producer was told "stored" with acks=all.</summary>
    public void AcknowledgedByAll(TopicPartition id, Guid topicId, long offset, long value)
    {
        Acknowledged++;
        _cluster.Scheduler.Note((ulong)value);
        var found = LogOf(id, topicId).At(offset);
        if (found?.Value != value)
            Break($"P1: value {value} was acknowledged at {id} offset {offset}, and there {(found is { } other ? $"value {other.Value} is committed" : "nothing is committed")}");
    }

    /// <summary>A consumer got these batches; the first may begin below what it asked for.</summary>
    public long ConsumedFrom(TopicPartition id, Guid topicId, long from, ReadOnlyMemory<byte> records)
    {
        var log = LogOf(id, topicId);
        foreach (var (offset, batch) in BatchesOf(records))
        {
            if (batch.Next <= from) continue;
            if (offset > from) Break($"P6: a consumer of {id} at {from} was given offset {offset}");
            if (log.At(offset) is not { } committed) Break($"P6: a consumer read {id} offset {offset}, which is not committed");
            else if (committed.Hash != batch.Hash) Break($"P2: a consumer read value {batch.Value} at {id} offset {offset}, committed is {committed.Value}");
            from = batch.Next;
            Consumed++;
        }
        return from;
    }

    /// <summary>After healing: does this replica hold exactly what is committed?</summary>
    public bool IsComplete(Partition partition)
    {
        var log = LogOf(partition.Id, partition.TopicId);
        return partition.HighWatermark == log.End && partition.LogEndOffset == log.End && _seen.TryGetValue(partition, out var seen) && seen.Verified == log.End;
    }

    private void Look(SimulatedProcess process)
    {
        if (_cluster.BrokerOf(process) is not { } broker) return;
        if (process.Failure is { } failure) Break($"P13: {process.Name} failed: {failure}");
        foreach (var partition in broker.Hosted) Look(broker, partition);
    }

    private void Look(SimulatedBroker broker, Partition partition)
    {
        var highWatermark = partition.HighWatermark;
        if (!_seen.TryGetValue(partition, out var seen)) _seen[partition] = seen = new Seen();
        if (highWatermark == seen.HighWatermark) return;
        _cluster.Scheduler.Note((ulong)highWatermark);
        seen.HighWatermark = highWatermark;
        seen.Verified = Math.Min(seen.Verified, highWatermark);
        if (highWatermark > partition.LogEndOffset) Break($"P6: {broker.Process.Name} has the high watermark of {partition.Id} at {highWatermark}, its log ends at {partition.LogEndOffset}");
        var log = LogOf(partition.Id, partition.TopicId);
        while (seen.Verified < highWatermark && Broken is null)
        {
            if (partition.Log.IsOffline) return;
            using var read = partition.Log.Read(seen.Verified, 1 << 20, highWatermark, true);
            if (read.Records.IsEmpty) break;
            foreach (var (offset, batch) in BatchesOf(read.Records)) Compare(broker, partition, log, offset, batch);
            seen.Verified = read.NextOffset;
        }
    }

    private void Compare(SimulatedBroker broker, Partition partition, CommittedLog log, long offset, CommittedBatch batch)
    {
        if (log.At(offset) is { } known)
        {
            if (known.Hash != batch.Hash)
                Break($"P3: {broker.Process.Name} has value {batch.Value} at {partition.Id} offset {offset} below its high watermark, committed is {known.Value}");
            return;
        }
        if (offset != log.End) Break($"P2: {broker.Process.Name} commits {partition.Id} offset {offset}, committed so far is up to {log.End}");
        if (log.Add(offset, batch) is { } before && _idempotent.Contains(batch.Value))
            Break($"P4: value {batch.Value} of an idempotent producer is committed twice in {partition.Id}, at {before} and {offset}");
    }

    private static List<(long Offset, CommittedBatch Batch)> BatchesOf(ReadOnlyMemory<byte> records)
    {
        var batches = new List<(long, CommittedBatch)>();
        var rest = records.Span;
        while (RecordBatch.TryRead(rest, out var batch))
        {
            var bytes = batch.Bytes;
            // One record a batch, its value the eight bytes before the empty header count.
            batches.Add((batch.BaseOffset, new CommittedBatch(batch.NextOffset, Hash(bytes), BinaryPrimitives.ReadInt64BigEndian(bytes[^9..]))));
            rest = rest[bytes.Length..];
        }
        return batches;
    }

    private static ulong Hash(ReadOnlySpan<byte> bytes) => ((ulong)Crc32C.Compute(bytes) << 32) | (uint)bytes.Length;

    private sealed class Seen
    {
        public long HighWatermark { get; set; }

        public long Verified { get; set; }
    }
}
