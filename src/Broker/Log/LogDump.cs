using ClassicBroker.Clients.Records;

namespace ClassicBroker.Broker.Log;

/// <summary>
/// Reads the files of a partition directory as they are, changing nothing: for looking at a log, and for asking whether it is whole.
/// May be used beside a running broker, which then may be ahead of what is seen.
/// </summary>
public sealed class LogDump(ILogFiles files)
{
    /// <summary>A batch as it lies in a file.</summary>
    /// <param name="Position">byte in the file</param>
    /// <param name="Bytes">the whole batch</param>
    /// <param name="CrcIsValid">whether its content is what was written</param>
    public readonly record struct StoredBatch(long Position, ReadOnlyMemory<byte> Bytes, bool CrcIsValid);

    /// <summary>A place that is not as it should be.</summary>
    /// <param name="File">name of the file</param>
    /// <param name="Position">byte in the file</param>
    /// <param name="What">what is wrong</param>
    public sealed record Flaw(string File, long Position, string What);

    /// <summary>The base offsets of the segments in a directory, in order.</summary>
    public IReadOnlyList<long> Segments(string directory)
    {
        var offsets = new List<long>();
        foreach (var name in files.ListFiles(directory))
        {
            if (SegmentNames.TryParse(name, SegmentNames.Log, out var offset))
                offsets.Add(offset);
        }
        offsets.Sort();
        return offsets;
    }

    /// <summary>The batches of one segment, one at a time, up to the end or the first place that holds none.</summary>
    public IEnumerable<StoredBatch> Batches(string directory, long baseOffset)
    {
        using var file = files.Open(Path.Combine(directory, SegmentNames.Of(baseOffset, SegmentNames.Log)), create: false);
        var header = new byte[RecordBatch.HeaderSize];
        for (long position = 0; file.ReadAt(header, position) == header.Length;)
        {
            var head = BatchHead.Read(header);
            if (!head.IsSane || head.Length > file.Length - position)
                yield break;
            var bytes = new byte[head.Length];
            if (file.ReadAt(bytes, position) < bytes.Length)
                yield break;
            yield return new StoredBatch(position, bytes, new RecordBatch(bytes).CrcIsValid);
            position += head.Length;
        }
    }

    /// <summary>
    /// Everything that is wrong in a directory: batches with a wrong CRC, offsets that do not rise, bytes that are no batch, index
    /// entries that do not lead to their batch. Empty when all is well.
    /// </summary>
    public IReadOnlyList<Flaw> Verify(string directory)
    {
        var flaws = new List<Flaw>();
        var next = 0L;
        foreach (var baseOffset in Segments(directory))
        {
            var name = SegmentNames.Of(baseOffset, SegmentNames.Log);
            if (baseOffset < next)
                flaws.Add(new Flaw(name, 0, $"begins at offset {baseOffset}, below {next} where the segment before ends"));
            next = Math.Max(next, baseOffset);
            var lastOffsets = new Dictionary<long, long>();
            long end = 0;
            foreach (var stored in Batches(directory, baseOffset))
            {
                var batch = new RecordBatch(stored.Bytes.Span);
                if (!stored.CrcIsValid)
                    flaws.Add(new Flaw(name, stored.Position, $"the CRC of the batch at offset {batch.BaseOffset} is wrong"));
                if (batch.BaseOffset < next)
                    flaws.Add(new Flaw(name, stored.Position, $"offset {batch.BaseOffset} comes after {next - 1}"));
                (next, end) = (Math.Max(next, batch.NextOffset), stored.Position + stored.Bytes.Length);
                lastOffsets[stored.Position] = batch.LastOffset;
            }
            var length = files.FileLength(Path.Combine(directory, name));
            if (end < length)
                flaws.Add(new Flaw(name, end, $"{length - end} bytes are no batch"));
            VerifyIndex(directory, baseOffset, length, lastOffsets, flaws);
        }
        return flaws;
    }

    private void VerifyIndex(string directory, long baseOffset, long logBytes, Dictionary<long, long> lastOffsets, List<Flaw> flaws)
    {
        var name = SegmentNames.Of(baseOffset, SegmentNames.Index);
        var path = Path.Combine(directory, name);
        if (!files.FileExists(path))
            return; // built anew at the next start
        var index = new OffsetIndex(int.MaxValue);
        if (!index.TryLoad(files.ReadAllBytes(path), logBytes))
        {
            flaws.Add(new Flaw(name, 0, "is broken; it is built anew at the next start"));
            return;
        }
        for (var i = 0; i < index.Count; i++)
        {
            var (relative, position) = index[i];
            if (!lastOffsets.TryGetValue(position, out var last))
                flaws.Add(new Flaw(name, i * OffsetIndex.EntrySize, $"names byte {position}, where no batch begins"));
            else if (last > baseOffset + relative)
                flaws.Add(new Flaw(name, i * OffsetIndex.EntrySize, $"names offset {baseOffset + relative} for a batch that ends at {last}"));
        }
    }
}
