using System.Buffers.Binary;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Broker.Log.Inspection;

/// <summary>
/// The entries of index and snapshot files as they lie there, senseless ones too: for showing and judging, where <see cref="OffsetIndex"/>,
/// <see cref="TimeIndex"/> and <see cref="ProducerStates"/> are for using. Zeros behind the last entry are Kafka's preallocated room.
/// </summary>
internal static class IndexEntries
{
    public const int TransactionEntrySize = 34, SnapshotHeader = 10, SnapshotEntrySize = 46;

    /// <summary>Of a .index: relative offset, position.</summary>
    public readonly record struct OffsetEntry(int RelativeOffset, int Position);

    /// <summary>Of a .timeindex.</summary>
    public readonly record struct TimeEntry(long Timestamp, int RelativeOffset);

    /// <summary>Of a .txnindex: an aborted transaction. Layout: int16 version 0, int64 producer id, first offset, last offset (the marker's), last stable offset.</summary>
    public readonly record struct AbortedEntry(short Version, long ProducerId, long FirstOffset, long LastOffset, long LastStableOffset);

    /// <summary>Of a .snapshot; layout in <see cref="ProducerStates"/>.</summary>
    public readonly record struct ProducerLine(long ProducerId, short Epoch, int LastSequence, long LastOffset, int OffsetDelta, long Timestamp,
        int CoordinatorEpoch, long TransactionFirstOffset);

    public static List<OffsetEntry> Offsets(ReadOnlySpan<byte> bytes)
    {
        var entries = new List<OffsetEntry>();
        for (; bytes.Length >= OffsetIndex.EntrySize && !IsRoom(bytes, OffsetIndex.EntrySize); bytes = bytes[OffsetIndex.EntrySize..])
            entries.Add(new OffsetEntry(BinaryPrimitives.ReadInt32BigEndian(bytes), BinaryPrimitives.ReadInt32BigEndian(bytes[4..])));
        return entries;
    }

    public static List<TimeEntry> Times(ReadOnlySpan<byte> bytes)
    {
        var entries = new List<TimeEntry>();
        for (; bytes.Length >= TimeIndex.EntrySize && !IsRoom(bytes, TimeIndex.EntrySize); bytes = bytes[TimeIndex.EntrySize..])
            entries.Add(new TimeEntry(BinaryPrimitives.ReadInt64BigEndian(bytes), BinaryPrimitives.ReadInt32BigEndian(bytes[8..])));
        return entries;
    }

    public static List<AbortedEntry> Aborted(ReadOnlySpan<byte> bytes)
    {
        var entries = new List<AbortedEntry>();
        for (; bytes.Length >= TransactionEntrySize; bytes = bytes[TransactionEntrySize..])
            entries.Add(new AbortedEntry(BinaryPrimitives.ReadInt16BigEndian(bytes), BinaryPrimitives.ReadInt64BigEndian(bytes[2..]),
                BinaryPrimitives.ReadInt64BigEndian(bytes[10..]), BinaryPrimitives.ReadInt64BigEndian(bytes[18..]), BinaryPrimitives.ReadInt64BigEndian(bytes[26..])));
        return entries;
    }

    /// <summary>The producers of a snapshot; <paramref name="flaw"/> tells why its content is not to be believed.</summary>
    public static List<ProducerLine> Snapshot(ReadOnlySpan<byte> bytes, out string? flaw)
    {
        var entries = new List<ProducerLine>();
        flaw = bytes.Length < SnapshotHeader ? $"is {bytes.Length} bytes long, {SnapshotHeader} are the least"
            : BinaryPrimitives.ReadInt16BigEndian(bytes) != 1 ? $"has version {BinaryPrimitives.ReadInt16BigEndian(bytes)}, not 1"
            : BinaryPrimitives.ReadUInt32BigEndian(bytes[2..]) != Crc32C.Compute(bytes[6..]) ? "has a wrong CRC"
            : bytes.Length - SnapshotHeader != (long)BinaryPrimitives.ReadInt32BigEndian(bytes[6..]) * SnapshotEntrySize ? "has another length than its count of producers asks for"
            : null;
        if (bytes.Length < SnapshotHeader)
            return entries;
        for (var at = bytes[SnapshotHeader..]; at.Length >= SnapshotEntrySize; at = at[SnapshotEntrySize..])
            entries.Add(new ProducerLine(BinaryPrimitives.ReadInt64BigEndian(at), BinaryPrimitives.ReadInt16BigEndian(at[8..]),
                BinaryPrimitives.ReadInt32BigEndian(at[10..]), BinaryPrimitives.ReadInt64BigEndian(at[14..]), BinaryPrimitives.ReadInt32BigEndian(at[22..]),
                BinaryPrimitives.ReadInt64BigEndian(at[26..]), BinaryPrimitives.ReadInt32BigEndian(at[34..]), BinaryPrimitives.ReadInt64BigEndian(at[38..])));
        return entries;
    }

    private static bool IsRoom(ReadOnlySpan<byte> bytes, int entrySize) =>
        bytes[..entrySize].IndexOfAnyExcept((byte)0) < 0 && bytes.IndexOfAnyExcept((byte)0) < 0;
}
