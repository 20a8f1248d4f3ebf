using ClassicBroker.Broker.Configuration;
using ClassicBroker.Broker.Groups.Records;
using ClassicBroker.Broker.Replication;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Records;
using ClassicBroker.Coordination;

namespace ClassicBroker.Broker.Groups;

/// <summary>
/// Reads a partition of <c>__consumer_offsets</c> from its start to the end it had when this broker became its leader, keeps the last word on every key, and waits
/// until that end is committed: what is shown can then not be lost with this broker, and nothing an earlier coordinator confirmed is missing, though
/// our high watermark lags behind its. A record that cannot be read fails the loading, and the groups stay unavailable: guessing would move offsets.
/// Source: GroupMetadataManager.loadGroupsAndOffsets.
/// </summary>
internal sealed class GroupLoading(OffsetsPartition target, GroupOptions options, TimeProvider time)
{
    private readonly Dictionary<string, GroupMetadataValue> _groups = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Dictionary<TopicPartition, CommittedOffset>> _offsets = new(StringComparer.Ordinal);

    /// <summary>Records that were read.</summary>
    public int Records { get; private set; }

    /// <exception cref="InvalidDataException">a key or value of a version that is not known, or broken</exception>
    /// <exception cref="IOException">the log could not be read, or this broker does not lead it any more</exception>
    public async Task RunAsync(CancellationToken ct)
    {
        var end = target.Replica.LogEndOffset;
        ReadTo(end, ct);
        await WaitUntilCommittedAsync(end, ct);
        foreach (var (id, value) in _groups) target.GetOrCreate(id).Restore(value);
        foreach (var (id, offsets) in _offsets.Where(o => o.Value.Count > 0))
        {
            var group = target.GetOrCreate(id);
            foreach (var (partition, offset) in offsets) group.Restore(partition, offset);
        }
    }

    private void ReadTo(long end, CancellationToken ct)
    {
        for (var offset = target.Replica.LogStartOffset; offset < end;)
        {
            ct.ThrowIfCancellationRequested();
            var query = new ReadQuery { ReplicaId = ReadQuery.DebuggingConsumer, CurrentLeaderEpoch = LeaderEpoch.None, LastFetchedEpoch = -1, FetchOffset = offset };
            using var read = target.Replica.Read(query, options.LoadBufferBytes, atLeastOneBatch: true).Read;
            if (read.Records.Length == 0) throw new IOException($"{target.Replica.Id} cannot be read at offset {offset}.");
            foreach (var record in RecordBatchReader.ReadAll(read.Records)) Take(record);
            offset = read.NextOffset;
        }
    }

    private async Task WaitUntilCommittedAsync(long end, CancellationToken ct)
    {
        using var watch = new ProgressWatch(Timeout.InfiniteTimeSpan, time);
        using var left = ct.Register(watch.End);
        target.Replica.Subscribe(watch, ProgressKind.HighWatermark);
        try
        {
            while (target.Replica.HighWatermark < end && await watch.WaitAsync()) ct.ThrowIfCancellationRequested();
            ct.ThrowIfCancellationRequested();
        }
        finally
        {
            target.Replica.Unsubscribe(watch, ProgressKind.HighWatermark);
        }
    }

    private void Take(in Record record)
    {
        if (GroupRecord.Split(record.Key) is not var (version, key)) return;   // no key: not ours, and compaction would drop it
        Records++;
        switch (version)
        {
            case 0 or GroupRecord.OffsetKeyVersion:
                TakeOffset(MessageCodec.FromBytes<OffsetCommitKey>(key, version, flexible: false), record);
                break;
            case GroupRecord.GroupKeyVersion:
                TakeGroup(MessageCodec.FromBytes<GroupMetadataKey>(key, version, flexible: false).Group, record);
                break;
            default:
                throw new InvalidDataException($"{target.Replica.Id} holds a key of version {version} at offset {record.Offset}.");
        }
    }

    private void TakeOffset(OffsetCommitKey key, in Record record)
    {
        var partition = new TopicPartition(key.Topic, key.Partition);
        if (!_offsets.TryGetValue(key.Group, out var offsets)) _offsets[key.Group] = offsets = [];
        if (Value<OffsetCommitValue>(record) is not { } value) offsets.Remove(partition);
        else
        {
            offsets[partition] = new CommittedOffset(value.Offset, value.LeaderEpoch, value.Metadata, value.CommitTimestamp,
                value.ExpireTimestamp >= 0 ? value.ExpireTimestamp : null, record.Offset);
        }
    }

    private void TakeGroup(string group, in Record record)
    {
        if (Value<GroupMetadataValue>(record) is { } value) _groups[group] = value;
        else _groups.Remove(group);
    }

    private T? Value<T>(in Record record) where T : class, IMessage, new()
    {
        if (record.Value is null) return null;
        if (GroupRecord.Split(record.Value) is not var (version, body) || version is < 0 or > GroupRecord.HighestValueVersion)
            throw new InvalidDataException($"{target.Replica.Id} holds a value of an unknown version at offset {record.Offset}.");
        return MessageCodec.FromBytes<T>(body, version, flexible: version >= GroupRecord.HighestValueVersion);
    }
}
