using System.Globalization;

namespace ClassicBroker.Broker.Log;

/// <summary>
/// Kafka's file names: a segment's files carry its base offset in 20 digits (<c>00000000000000368769.log</c>), so that a plain
/// listing sorts them. Suffixes behind the name: <c>.deleted</c> to be removed, <c>.cleaned</c> being compacted, <c>.swap</c>
/// compacted and about to replace.
/// </summary>
internal static class SegmentNames
{
    public const string Log = ".log", Index = ".index", TimeIndex = ".timeindex", TransactionIndex = ".txnindex",
        Snapshot = ".snapshot", Deleted = ".deleted", Cleaned = ".cleaned", Swap = ".swap";

    /// <summary>Files that belong to one segment; the snapshot is a producer state at its base offset.</summary>
    public static readonly string[] PerSegment = [Log, Index, TimeIndex, TransactionIndex];

    public static string Of(long baseOffset, string suffix) => baseOffset.ToString("D20", CultureInfo.InvariantCulture) + suffix;

    /// <summary>The offset in a name of the form 20 digits + suffix.</summary>
    public static bool TryParse(string name, string suffix, out long offset)
    {
        offset = 0;
        return name.EndsWith(suffix, StringComparison.Ordinal)
            && long.TryParse(name.AsSpan(0, name.Length - suffix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out offset);
    }
}
