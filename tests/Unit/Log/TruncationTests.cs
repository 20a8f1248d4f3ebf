using ClassicBroker.Broker.Log;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Unit.Log;

public sealed class TruncationTests : IDisposable
{
    private readonly LogBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void Truncation_cuts_at_batch_boundaries()
    {
        using var log = _bench.Open();
        for (var i = 0; i < 4; i++)
            LogBench.Append(log, 3);
        log.TruncateTo(12);
        Assert.Equal(12, log.LogEndOffset);
        log.TruncateTo(9);
        Assert.Equal(9, log.LogEndOffset);
        log.TruncateTo(7);
        Assert.Equal(6, log.LogEndOffset);
        Assert.Equal(6, LogBench.Append(log).FirstOffset);
        Assert.Equal([0, 1, 2, 3, 4, 5, 6], LogBench.Offsets(log));
    }

    [Fact]
    public void Truncation_removes_later_segments_and_their_index_entries()
    {
        using var log = _bench.Open(new LogOptions { SegmentBytes = 1000, IndexIntervalBytes = 0 });
        for (var i = 0; i < 60; i++)
            LogBench.Append(log, timestamp: 1000 + i);
        log.TruncateTo(25);
        Assert.Equal(Enumerable.Range(0, 25).Select(i => (long)i), LogBench.Offsets(log));
        Assert.Null(log.FindByTimestamp(1025, 100));
        Assert.Equal(24, log.MaxTimestamp(100)!.Value.Offset);
        for (var i = 0; i < 60; i++)
            LogBench.Append(log, timestamp: 2000 + i, valueBytes: 33);
        Assert.Equal(85, LogBench.Offsets(log).Count);
        Assert.Equal(25, log.FindByTimestamp(1025, 100)!.Value.Offset);
        log.Dispose();
        using var again = _bench.Open(clean: true, recoveryPoint: 85);
        Assert.Equal(85, LogBench.Offsets(again).Count);
    }

    [Fact]
    public void Truncation_below_the_first_segment_empties_the_log()
    {
        using var log = _bench.Open(logStart: 100);
        LogBench.Append(log, 5);
        log.TruncateTo(50);
        Assert.Equal((50, 50), (log.LogStartOffset, log.LogEndOffset));
        Assert.Equal(50, LogBench.Append(log).FirstOffset);
        Assert.Single(Directory.GetFiles(_bench.Partition, "*.log"));
    }

    [Fact]
    public void A_restart_elsewhere_forgets_records_and_epochs()
    {
        using var log = _bench.Open();
        LogBench.Append(log, 5, epoch: 3);
        log.RestartAt(1000);
        Assert.Equal((1000, 1000), (log.LogStartOffset, log.LogEndOffset));
        Assert.Null(log.LatestEpoch);
        Assert.Equal(1000, LogBench.Append(log, epoch: 7).FirstOffset);
        log.Dispose();
        using var again = _bench.Open();
        Assert.Equal((1000, 1001, 7), (again.LogStartOffset, again.LogEndOffset, again.LatestEpoch));
    }

    [Fact]
    public void Epochs_end_where_the_next_one_begins()
    {
        using var log = _bench.Open();
        Assert.Equal((-1, -1), log.EndOffsetFor(0));
        LogBench.Append(log, 10, epoch: 2);
        LogBench.Append(log, 10, epoch: 4);
        log.BeginEpoch(6);
        Assert.Equal((6, 20L), log.EndOffsetFor(6));
        LogBench.Append(log, 5, epoch: 6);
        Assert.Equal((-1, -1), log.EndOffsetFor(7));
        Assert.Equal((6, 25L), log.EndOffsetFor(6));
        Assert.Equal((4, 20L), log.EndOffsetFor(5));
        Assert.Equal((4, 20L), log.EndOffsetFor(4));
        Assert.Equal((2, 10L), log.EndOffsetFor(3));
        Assert.Equal((1, 0L), log.EndOffsetFor(1));
        Assert.Equal((-1, -1), log.EndOffsetFor(-1));
    }

    [Fact]
    public void Truncation_by_epoch_forgets_the_epochs_it_cut()
    {
        using var log = _bench.Open();
        LogBench.Append(log, 10, epoch: 2);
        LogBench.Append(log, 10, epoch: 4);
        LogBench.Append(log, 5, epoch: 6);
        log.TruncateTo(log.EndOffsetFor(3).EndOffset);
        Assert.Equal((2, 10L), (log.LatestEpoch, log.LogEndOffset));
        Assert.Equal((2, 10L), log.EndOffsetFor(2));
        Assert.Equal(["0", "1", "2 0"], EpochFile());
        log.BeginEpoch(9);
        log.TruncateTo(10);
        Assert.Equal(2, log.LatestEpoch);
    }

    [Fact]
    public void A_raised_log_start_drops_epochs_below_and_moves_the_one_that_covers_it()
    {
        using var log = _bench.Open();
        LogBench.Append(log, 10, epoch: 2);
        LogBench.Append(log, 10, epoch: 4);
        LogBench.Append(log, 5, epoch: 6);
        log.MoveLogStart(15);
        Assert.Equal(["0", "2", "4 15", "6 20"], EpochFile());
        Assert.Equal((3, 15L), log.EndOffsetFor(3));
    }

    [Fact]
    public void A_broken_epoch_file_is_rebuilt_from_the_batches()
    {
        using (var log = _bench.Open())
        {
            LogBench.Append(log, 10, epoch: 2);
            LogBench.Append(log, 10, epoch: 4);
        }
        File.WriteAllText(Path.Combine(_bench.Partition, "leader-epoch-checkpoint"), "0\n7\nrubbish");
        using var again = _bench.Open();
        Assert.Equal((2, 10L), again.EndOffsetFor(3));
        Assert.Equal((4, 20L), again.EndOffsetFor(4));
    }

    [Fact]
    public async Task Readers_beside_truncations_see_whole_valid_batches_only()
    {
        using var log = _bench.Open(new LogOptions { SegmentBytes = 5000, IndexIntervalBytes = 100 });
        var stop = new CancellationTokenSource();
        var reader = Task.Run(() =>
        {
            var random = new Random(3);
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    var from = random.NextInt64(0, log.LogEndOffset + 1);
                    using var read = log.Read(from, 2000, long.MaxValue, true);
                    var rest = read.Records;
                    for (var next = -1L; rest.Length > 0;)
                    {
                        Assert.True(RecordBatch.TryRead(rest.Span, out var batch));
                        Assert.True(batch.CrcIsValid);
                        Assert.True(next < 0 ? batch.LastOffset >= from : batch.BaseOffset == next);
                        next = batch.NextOffset;
                        rest = rest[(int)batch.Length..];
                    }
                }
                catch (OffsetOutOfRangeException)
                {
                    // cut between asking and reading
                }
            }
        }, TestContext.Current.CancellationToken);
        var writer = new Random(4);
        for (var round = 0; round < 80; round++)
        {
            for (var i = 0; i < 20; i++)
                LogBench.Append(log, writer.Next(1, 4), valueBytes: writer.Next(0, 300));
            log.TruncateTo(writer.NextInt64(log.LogEndOffset / 2, log.LogEndOffset + 1));
        }
        await stop.CancelAsync();
        await reader;
    }

    private string[] EpochFile() => File.ReadAllLines(Path.Combine(_bench.Partition, "leader-epoch-checkpoint"));
}
