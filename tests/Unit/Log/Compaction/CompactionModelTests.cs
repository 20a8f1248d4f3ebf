using System.Text;
using ClassicBroker.Broker.Log;
using ClassicBroker.Broker.Log.Compaction;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Unit.Log.Compaction;

/// <summary>
/// A log lives through random appends, transactions, rolls, cleanings, cuts and restarts, beside a model that remembers every record. After each
/// cleaning and each restart: every key's last committed value is there, each record read was once written at that offset, no offset twice, none out of order.
/// </summary>
public sealed class CompactionModelTests
{
    private readonly List<Written> _written = [];
    private readonly Dictionary<long, int> _sequences = [];
    private readonly Dictionary<long, int> _open = [];

    private sealed record Written(long Offset, string Key, string? Value, long ProducerId)
    {
        public bool IsAborted { get; set; }

        public bool IsDecided { get; set; } = true;
    }

    [Fact]
    public async Task A_random_life_loses_no_latest_value_and_invents_nothing()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            _written.Clear();
            _sequences.Clear();
            _open.Clear();
            try
            {
                await LiveAsync(seed);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                throw new InvalidOperationException($"seed {seed}: {e.Message}", e);
            }
        }
    }

    private async Task LiveAsync(int seed)
    {
        var random = new Random(seed);
        var options = CompactionBench.Small with { SegmentBytes = random.Next(400, 4000), DeleteRetentionMs = random.Next(3) * 5000, FileDeleteDelayMs = random.Next(2) * 1000 };
        var cleaner = new CleanerOptions { DedupeBufferBytes = random.Next(2) == 0 ? 24 * 64 : 1 << 20, HashKey = (UInt128)seed, IoBufferBytes = random.Next(0, 20_000) };
        await using var bench = new CompactionBench(options, cleaner);
        for (var step = 0; step < 250; step++)
        {
            switch (random.Next(100))
            {
                case < 55:
                    Append(bench, random);
                    break;
                case < 70:
                    AppendTransactional(bench, random, 1 + random.Next(3));
                    break;
                case < 78 when _open.Keys.FirstOrDefault() is > 0 and var producer:
                    End(bench, producer, random.Next(2) == 0);
                    break;
                case < 80:
                    bench.Time.Advance(TimeSpan.FromMilliseconds(random.Next(6000)));
                    bench.Log.RestIdleSegments();
                    break;
                case < 82:
                    await bench.ReopenAsync(clean: random.Next(2) == 0);
                    Check(bench);
                    break;
                case < 84:
                    Cut(bench, random);
                    break;
                case < 90:
                    await bench.CleanAsync();
                    Assert.Empty(bench.Cleaner.Status.Uncleanable);
                    Check(bench);
                    break;
            }
        }
        foreach (var producer in _open.Keys.ToList())
            End(bench, producer, commit: true);
        await bench.CleanAsync();
        Check(bench);
    }

    private void Append(CompactionBench bench, Random random)
    {
        var builder = new RecordBatchBuilder((CompressionType)random.Next(5));
        var first = bench.Log.LogEndOffset;
        foreach (var (key, value) in Records(random))
        {
            _written.Add(new Written(first + builder.Count, key, value, -1));
            Add(bench, builder, key, value);
        }
        bench.Log.AppendAsLeader(builder.Build(), 0, AppendRules.FromClient(9));
    }

    private void AppendTransactional(CompactionBench bench, Random random, long producerId)
    {
        var sequence = _sequences.GetValueOrDefault(producerId);
        var builder = new RecordBatchBuilder((CompressionType)random.Next(5))
        {
            BaseOffset = bench.Log.LogEndOffset, PartitionLeaderEpoch = 0, ProducerId = producerId, ProducerEpoch = 0, BaseSequence = sequence, IsTransactional = true,
        };
        foreach (var (key, value) in Records(random))
        {
            _written.Add(new Written(bench.Log.LogEndOffset + builder.Count, key, value, producerId) { IsDecided = false });
            Add(bench, builder, key, value);
        }
        bench.Log.AppendAsFollower(builder.Build());
        _sequences[producerId] = sequence + builder.Count;
        _open[producerId] = 1;
    }

    private void End(CompactionBench bench, long producerId, bool commit)
    {
        bench.AppendMarker(producerId, commit);
        foreach (var record in _written.Where(w => w.ProducerId == producerId && !w.IsDecided))
            (record.IsDecided, record.IsAborted) = (true, !commit);
        _open.Remove(producerId);
    }

    // a follower cuts what was never committed, here: from the first undecided record on at the earliest, so that the model stays simple
    private void Cut(CompactionBench bench, Random random)
    {
        if (_open.Count > 0 || _written.Count < 10)
            return;
        var offset = _written[^random.Next(1, 10)].Offset;
        if (_written.Any(w => w.Offset >= offset && w.ProducerId >= 0))
            return;
        bench.Log.TruncateTo(offset);
        _written.RemoveAll(w => w.Offset >= bench.Log.LogEndOffset);
    }

    private static IEnumerable<(string, string?)> Records(Random random)
    {
        for (var i = random.Next(1, 6); i > 0; i--)
            yield return ($"k{random.Next(12)}", random.Next(8) == 0 ? null : $"v{random.Next()}" + new string('x', random.Next(60)));
    }

    private static void Add(CompactionBench bench, RecordBatchBuilder builder, string key, string? value) =>
        builder.Add(bench.Time.GetUtcNow().ToUnixTimeMilliseconds(), Encoding.UTF8.GetBytes(key), value is null ? (ReadOnlyMemory<byte>?)null : Encoding.UTF8.GetBytes(value));

    private void Check(CompactionBench bench)
    {
        var written = _written.ToDictionary(w => w.Offset);
        var last = -1L;
        var found = new HashSet<long>();
        foreach (var batch in bench.ReadBatches())
        {
            Assert.True(new RecordBatch(batch).BaseOffset > last, $"batch {new RecordBatch(batch).BaseOffset} after {last}");
            last = new RecordBatch(batch).LastOffset;
            if (new RecordBatch(batch).IsControl)
                continue;
            foreach (var record in RecordBatchReader.Read(batch))
            {
                Assert.True(found.Add(record.Offset));
                var was = written[record.Offset];
                Assert.Equal((was.Key, was.Value), (CompactionBench.Text(record.Key), record.Value is { } v ? Encoding.UTF8.GetString(v.Span) : null));
            }
        }
        foreach (var latest in _written.Where(w => w.IsDecided && !w.IsAborted).GroupBy(w => w.Key).Select(g => g.MaxBy(w => w.Offset)!))
        {
            if (latest.Value is not null)
                Assert.True(found.Contains(latest.Offset), $"{latest} is gone");
        }
        Assert.All(_written.Where(w => !w.IsDecided), w => Assert.Contains(w.Offset, found));
    }
}
