namespace ClassicBroker.Testing;

/// <summary>What a <see cref="MemoryDisk"/> is made of. Owner: the disk's lock.</summary>
internal abstract class MemoryNode;

/// <summary>Names as they are now, and as they are on the disk: the changes between wait for a flush, in order.</summary>
internal sealed class MemoryFolder : MemoryNode
{
    // the third: a name that goes in the same step, since a rename is one step on every file system
    private readonly List<(string Name, MemoryNode? Node, string? Gone)> _unflushed = [];
    private readonly Dictionary<string, MemoryNode> _durable = new(StringComparer.Ordinal);

    public Dictionary<string, MemoryNode> Now { get; } = new(StringComparer.Ordinal);

    public long Size => Now.Values.Sum(n => n is MemoryContent file ? file.Length : ((MemoryFolder)n).Size);

    public void Set(string name, MemoryNode? node)
    {
        Change(Now, name, node);
        _unflushed.Add((name, node, null));
    }

    public void Rename(string from, string to, MemoryNode node)
    {
        Change(Now, from, null);
        Change(Now, to, node);
        _unflushed.Add((to, node, from));
    }

    public void Flush()
    {
        MakeDurable(_unflushed.Count);
        _unflushed.Clear();
    }

    public void LosePower(Random chance, bool keepNothing)
    {
        var kept = keepNothing ? 0 : chance.Next(_unflushed.Count + 1);
        MakeDurable(kept);
        _unflushed.Clear();
        Now.Clear();
        foreach (var (name, node) in _durable.OrderBy(e => e.Key, StringComparer.Ordinal))
        {
            Now[name] = node;
            (node as MemoryFolder)?.LosePower(chance, keepNothing);
            (node as MemoryContent)?.LosePower(chance, keepNothing);
        }
    }

    public void CopyTo(MemoryFolder other)
    {
        var copies = new Dictionary<MemoryNode, MemoryNode>(ReferenceEqualityComparer.Instance);
        MemoryNode Copied(MemoryNode node)
        {
            if (copies.TryGetValue(node, out var known))
                return known;
            if (node is MemoryContent file)
                return copies[node] = file.Copy();
            var folder = new MemoryFolder();
            copies[node] = folder;
            ((MemoryFolder)node).CopyTo(folder);
            return folder;
        }
        foreach (var (name, node) in Now)
            other.Now[name] = Copied(node);
        foreach (var (name, node) in _durable)
            other._durable[name] = Copied(node);
        other._unflushed.AddRange(_unflushed.Select(c => (c.Name, c.Node is null ? null : Copied(c.Node), c.Gone)));
    }

    private void MakeDurable(int changes)
    {
        foreach (var (name, node, gone) in _unflushed.Take(changes))
        {
            if (gone is not null)
                Change(_durable, gone, null);
            Change(_durable, name, node);
        }
    }

    private static void Change(Dictionary<string, MemoryNode> names, string name, MemoryNode? node)
    {
        if (node is null)
            names.Remove(name);
        else
            names[name] = node;
    }
}

/// <summary>Bytes as they are now, and as they are on the disk.</summary>
internal sealed class MemoryContent(DateTimeOffset written) : MemoryNode
{
    private byte[] _bytes = [];
    private byte[] _durable = [];
    private int _same;          // so many first bytes are equal now and on the disk
    private int _durableLength;

    public int Length { get; private set; }

    public DateTimeOffset Written { get; set; } = written;

    public Span<byte> Bytes => _bytes.AsSpan(0, Length);

    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (Length + bytes.Length > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(Length + bytes.Length, Math.Min(_bytes.Length * 2, 1 << 30)));
        bytes.CopyTo(_bytes.AsSpan(Length));
        Length += bytes.Length;
    }

    public void Flip(int position, byte mask)
    {
        _bytes[position] ^= mask;
        if (position < _durableLength)
            _durable[position] ^= mask;
    }

    public void Truncate(int length)
    {
        Length = length;
        _same = Math.Min(_same, length);
    }

    public void Flush()
    {
        if (_durable.Length < Length)
            Array.Resize(ref _durable, _bytes.Length);
        _bytes.AsSpan(_same, Length - _same).CopyTo(_durable.AsSpan(_same));
        (_same, _durableLength) = (Length, Length);
    }

    public void LosePower(Random chance, bool keepNothing)
    {
        // beyond what is equal the disk has either the old bytes or some of the new ones
        if (!keepNothing && _same < Length && chance.Next(2) == 0)
        {
            var kept = _same + chance.Next(Length - _same + 1);
            if (chance.Next(4) == 0)
                _bytes.AsSpan(chance.Next(_same, kept + 1)..kept).Clear();
            Length = kept;
        }
        else
        {
            Length = _same;
            Write(_durable.AsSpan(_same, _durableLength - _same));
        }
        _same = Math.Min(_same, Length);
        Flush();
    }

    public MemoryContent Copy()
    {
        var copy = new MemoryContent(Written) { _durable = _durable.AsSpan(0, _durableLength).ToArray(), _durableLength = _durableLength, _same = _same };
        copy.Write(Bytes);
        return copy;
    }
}
