namespace ClassicBroker.Testing.Verification;

/// <summary>
/// What a history tells of one partition: which value lies at which offset, by whose word. Two kinds of word count: a record read, and an
/// acknowledgement of acks=all. (Of acks=1 the acknowledgement does not count: it may be lost, and its offset given away again.)
/// Owned by the index that builds it; read-only afterwards.
/// </summary>
public sealed class ObservedPartition(string name)
{
    private readonly Dictionary<long, List<(long Value, HistoryEvent Word)>> _byOffset = [];
    private readonly Dictionary<long, List<long>> _readAt = [];
    private long[]? _offsets;

    /// <summary>topic-partition.</summary>
    public string Name => name;

    /// <summary>The read of the whole partition after healing; null when there is none.</summary>
    public FinalRead? Final { get; internal set; }

    /// <summary>Highest offset any reader read; -1 when none did.</summary>
    public long HighestRead { get; private set; } = -1;

    /// <summary>Every offset something is known of, ascending.</summary>
    public IReadOnlyList<long> Offsets => _offsets ??= [.. _byOffset.Keys.Order()];

    /// <summary>The values told of an offset, each with the first word for it; more than one value is an inconsistency.</summary>
    public IReadOnlyList<(long Value, HistoryEvent Word)> At(long offset) => _byOffset.GetValueOrDefault(offset) ?? [];

    /// <summary>The values that were read, each with the offsets it was read at, ascending.</summary>
    public IEnumerable<(long Value, IReadOnlyList<long> Offsets)> Reads => _readAt.Select(pair => (pair.Key, (IReadOnlyList<long>)[.. pair.Value.Order()]));

    /// <summary>Whether any reader read the value.</summary>
    public bool WasRead(long value) => _readAt.ContainsKey(value);

    /// <summary>The first word of a read for a value.</summary>
    public HistoryEvent? FirstReadOf(long value) =>
        _readAt.TryGetValue(value, out var at) ? At(at[0]).Where(told => told.Value == value).Select(told => told.Word).FirstOrDefault() : null;

    /// <summary>The lowest offset above <paramref name="after"/> and below <paramref name="before"/> that holds a record; null when none is known.</summary>
    public long? Between(long after, long before)
    {
        var offsets = (long[])Offsets;
        var index = Array.BinarySearch(offsets, after + 1);
        if (index < 0) index = ~index;
        return index < offsets.Length && offsets[index] < before ? offsets[index] : null;
    }

    internal void Tell(long offset, long value, HistoryEvent word)
    {
        if (!_byOffset.TryGetValue(offset, out var told)) _byOffset[offset] = told = new(1);
        if (!told.Exists(known => known.Value == value)) told.Add((value, word));
    }

    internal void TellRead(long offset, long value, HistoryEvent word)
    {
        Tell(offset, value, word);
        if (!_readAt.TryGetValue(value, out var at)) _readAt[value] = at = new(1);
        if (!at.Contains(offset)) at.Add(offset);
        HighestRead = Math.Max(HighestRead, offset);
    }
}
