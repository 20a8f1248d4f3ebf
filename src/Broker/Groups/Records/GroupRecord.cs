using System.Buffers.Binary;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Broker.Groups.Records;

/// <summary>
/// One record of <c>__consumer_offsets</c>, to be written. Key and value each begin with their int16 version; a null value is a tombstone.
/// </summary>
public readonly record struct GroupRecord(byte[] Key, byte[]? Value)
{
    public const short OffsetKeyVersion = 1, GroupKeyVersion = 2, ValueVersion = 3, ExpiringOffsetVersion = 1, HighestValueVersion = 4;

    public static GroupRecord Offset(string group, TopicPartition partition, CommittedOffset offset)
    {
        var value = new OffsetCommitValue
        {
            Offset = offset.Offset, LeaderEpoch = offset.LeaderEpoch, Metadata = offset.Metadata,
            CommitTimestamp = offset.CommitTimestampMs, ExpireTimestamp = offset.ExpireTimestampMs ?? -1,
        };
        return new GroupRecord(OffsetKey(group, partition), Versioned(value, offset.ExpireTimestampMs is null ? ValueVersion : ExpiringOffsetVersion));
    }

    public static GroupRecord NoOffset(string group, TopicPartition partition) => new(OffsetKey(group, partition), null);

    public static GroupRecord Generation(string group, GroupMetadataValue value) =>
        new(Versioned(new GroupMetadataKey { Group = group }, GroupKeyVersion), Versioned(value, ValueVersion));

    public static GroupRecord NoGroup(string group) => new(Versioned(new GroupMetadataKey { Group = group }, GroupKeyVersion), null);

    /// <summary>The version in front of a key or value, and what follows it. Null when there is not even a version.</summary>
    public static (short Version, byte[] Body)? Split(ReadOnlyMemory<byte>? bytes) =>
        bytes is { Length: >= 2 } b ? (BinaryPrimitives.ReadInt16BigEndian(b.Span), b[2..].ToArray()) : null;

    private static byte[] OffsetKey(string group, TopicPartition partition) =>
        Versioned(new OffsetCommitKey { Group = group, Topic = partition.Topic, Partition = partition.Partition }, OffsetKeyVersion);

    private static byte[] Versioned<T>(T message, short version) where T : IMessage
    {
        var body = MessageCodec.ToBytes(message, version, flexible: false);
        var bytes = new byte[2 + body.Length];
        BinaryPrimitives.WriteInt16BigEndian(bytes, version);
        body.CopyTo(bytes, 2);
        return bytes;
    }

    /// <summary>All records as one batch, stamped with <paramref name="nowMs"/>.</summary>
    public static byte[] Batch(IReadOnlyList<GroupRecord> records, CompressionType compression, long nowMs)
    {
        var builder = new RecordBatchBuilder(compression);
        foreach (var record in records)
            builder.Add(nowMs, record.Key, record.Value is { } value ? value : (ReadOnlyMemory<byte>?)null);
        return builder.Build();
    }
}
