using ClassicBroker.Broker.Log;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Unit.Log;

/// <summary>The newest batches in memory: right, bounded, and given back once.</summary>
public sealed class HotTailTests : IDisposable
{
    private readonly LogBench _bench = new();
    private readonly HotTailMemory _memory = new(1 << 20, 256 * 1024);

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void A_reader_near_the_end_needs_no_file()
    {
        using var log = Open();
        for (var i = 0; i < 20; i++)
            LogBench.Append(log, 3, valueBytes: 100);
        var written = File.ReadAllBytes(LogFile);
        File.WriteAllBytes(LogFile, new byte[written.Length]);
        Assert.Equal(written, LogBench.Copy(log, 0));
        for (var offset = 0; offset < 60; offset++)
            Assert.Equal(offset / 3 * 3, new RecordBatch(LogBench.Copy(log, offset, 1)).BaseOffset);
    }

    [Fact]
    public void Limits_are_those_of_a_read_from_the_file()
    {
        using var hot = Open();
        using var other = new LogBench();
        using var cold = other.Open();
        var size = 0;
        for (var i = 0; i < 12; i++)
        {
            LogBench.Append(cold, 2, valueBytes: i * 40);
            size = LogBench.Append(hot, 2, valueBytes: i * 40).Bytes;
        }
        for (var offset = 0; offset <= 24; offset++)
        {
            for (var upTo = 0; upTo <= 24; upTo += 3)
            {
                foreach (var max in new[] { 0, 1, size - 1, size, 2 * size, 1 << 20 })
                {
                    foreach (var atLeastOne in new[] { true, false })
                        Assert.Equal(Read(cold, offset, max, upTo, atLeastOne), Read(hot, offset, max, upTo, atLeastOne));
                }
            }
        }
    }

    [Fact]
    public void Memory_comes_back_exactly_once_whatever_readers_do()
    {
        var random = new Random(11);
        var held = new List<LogRead>();
        var log = Open();
        for (var i = 0; i < 3000; i++)
        {
            LogBench.Append(log, 1 + i % 3, valueBytes: random.Next(3000));
            if (random.Next(3) == 0)
                held.Add(log.Read(random.NextInt64(log.LogStartOffset, log.LogEndOffset), random.Next(100_000), log.LogEndOffset, true));
            if (held.Count > 0 && random.Next(3) == 0)
            {
                var at = random.Next(held.Count);
                held[at].Dispose();
                held[at].Dispose();
                held.RemoveAt(at);
            }
            if (i % 500 == 250)
                log.TruncateTo(log.LogEndOffset - 5);
            if (i % 700 == 0)
                log.RestIdleSegments();
            Assert.InRange(log.HotTailBytes, 0, _memory.MaxBytesPerLog);
            Assert.InRange(_memory.UsedBytes, 0, 1 << 20);
        }
        log.Dispose();
        Assert.True(_memory.Blocks > 0 || held.All(h => h.Lease is null));
        held.ForEach(h => h.Dispose());
        Assert.Equal((0L, 0L), (_memory.UsedBytes, _memory.Blocks));
    }

    [Fact]
    public void A_reader_that_never_ends_keeps_its_bytes_and_stops_no_append()
    {
        using var log = Open();
        LogBench.Append(log, 3, valueBytes: 500);
        var slow = log.Read(0, 1 << 20, 3, true);
        var bytes = slow.Records.ToArray();
        var held = new List<LogRead>();
        for (var i = 0; i < 4000; i++)
        {
            LogBench.Append(log, 1, valueBytes: 1000);
            held.Add(log.Read(log.LogEndOffset - 1, 1 << 20, log.LogEndOffset, true));
        }
        // all room is held by readers: reads come from the file, and are right
        Assert.InRange(_memory.UsedBytes, 1 << 19, 1 << 20);
        Assert.Equal(log.LogEndOffset - 1, new RecordBatch(held[^1].Records.Span).BaseOffset);
        Assert.Equal(bytes, slow.Records.ToArray());
        held.ForEach(h => h.Dispose());
        slow.Dispose();
        Assert.Equal(log.HotTailBytes, _memory.UsedBytes);
        LogBench.Append(log, 1, valueBytes: 1000);
        Assert.True(log.HotTailBytes > 0);
    }

    [Fact]
    public void A_quiet_log_and_a_follower_keep_nothing()
    {
        using var log = Open();
        LogBench.Append(log, 3);
        Assert.True(log.HotTailBytes > 0);
        log.RestIdleSegments();
        Assert.True(log.HotTailBytes > 0);
        log.RestIdleSegments();
        Assert.Equal((0L, 0L), (log.HotTailBytes, _memory.UsedBytes));
        LogBench.Append(log, 3);
        var next = LogBench.Batch();
        RecordBatch.SetBaseOffset(next, 6);
        log.AppendAsFollower(next);
        Assert.Equal(0, log.HotTailBytes);
        Assert.Equal([0, 1, 2, 3, 4, 5, 6], LogBench.Offsets(log));
    }

    [Fact]
    public void A_batch_larger_than_the_tail_is_read_from_the_file()
    {
        using var log = Open();
        LogBench.Append(log, 1);
        LogBench.Append(log, 1, valueBytes: 300_000);
        Assert.Equal(0, log.HotTailBytes);
        LogBench.Append(log, 1);
        Assert.True(log.HotTailBytes > 0);
        Assert.Equal([0, 1, 2], LogBench.Offsets(log));
    }

    [Fact]
    public async Task Readers_beside_the_writer_see_whole_batches_in_order()
    {
        using var log = Open();
        using var done = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 3).Select(_ => Task.Run(() => ReadBeside(log, done.Token))).ToList();
        for (var i = 0; i < 4000; i++)
            LogBench.Append(log, 1 + i % 4, valueBytes: i % 900);
        await done.CancelAsync();
        foreach (var seen in await Task.WhenAll(readers))
            Assert.Equal(log.LogEndOffset, seen);
        log.Dispose();
        Assert.Equal(0, _memory.UsedBytes);
    }

    private static long ReadBeside(PartitionLog log, CancellationToken done)
    {
        var next = 0L;
        while (true)
        {
            var isLast = done.IsCancellationRequested;
            using var read = log.Read(next, 50_000, log.LogEndOffset, true);
            for (var rest = read.Records.Span; rest.Length > 0; rest = rest[(int)new RecordBatch(rest).Length..])
            {
                var batch = new RecordBatch(rest);
                Assert.True(batch.CrcIsValid);
                Assert.Equal(next, batch.BaseOffset);
                next = batch.NextOffset;
            }
            if (read.Records.IsEmpty && isLast)
                return next;
        }
    }

    private PartitionLog Open() => _bench.Open(new LogOptions { HotTail = _memory });

    private string LogFile => Path.Combine(_bench.Partition, "00000000000000000000.log");

    private static (string Bytes, long Next) Read(PartitionLog log, long offset, int maxBytes, long upTo, bool atLeastOne)
    {
        using var read = log.Read(offset, maxBytes, upTo, atLeastOne);
        return (Convert.ToHexString(read.Records.Span), read.NextOffset);
    }
}
