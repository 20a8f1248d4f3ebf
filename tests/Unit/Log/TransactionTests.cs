using ClassicBroker.Broker.Log;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Unit.Log;

/// <summary>What a log knows of transactions: its last stable offset, and which were aborted.</summary>
public sealed class TransactionTests : IDisposable
{
    private readonly LogBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void An_open_transaction_holds_the_stable_offset_until_its_marker_is_replicated()
    {
        using var log = _bench.Open();
        Write(log, producer: 7, sequence: 0);
        Write(log, producer: 7, sequence: 1);
        Assert.Equal((0L, 0L), (log.FirstUnstableOffset, log.LastStableOffset(2)));
        Assert.Equal(2, End(log, producer: 7, commit: true));
        Assert.Equal((0L, 0L), (log.FirstUnstableOffset, log.LastStableOffset(2)));
        log.NoteHighWatermark(2);
        Assert.Equal(0, log.FirstUnstableOffset);
        log.NoteHighWatermark(3);
        Assert.Null(log.FirstUnstableOffset);
        Assert.Equal(3, log.LastStableOffset(3));
    }

    [Fact]
    public void The_oldest_of_several_transactions_decides()
    {
        using var log = _bench.Open();
        Write(log, producer: 1, sequence: 0);
        Write(log, producer: 2, sequence: 0);
        Write(log, producer: 1, sequence: 1);
        End(log, producer: 1, commit: false);
        log.NoteHighWatermark(4);
        Assert.Equal(1, log.FirstUnstableOffset);
        Assert.Equal([new AbortedTransaction(1, 0, 3, 1)], log.AbortedTransactions(0, 4));
        End(log, producer: 2, commit: false);
        log.NoteHighWatermark(5);
        Assert.Null(log.FirstUnstableOffset);
        Assert.Equal([new AbortedTransaction(1, 0, 3, 1), new AbortedTransaction(2, 1, 4, 5)], log.AbortedTransactions(0, 5));
        Assert.Equal([new AbortedTransaction(2, 1, 4, 5)], log.AbortedTransactions(4, 5));
        Assert.Equal([new AbortedTransaction(1, 0, 3, 1)], log.AbortedTransactions(0, 1));
        Assert.Empty(log.AbortedTransactions(5, 5));
    }

    [Fact]
    public void Inside_of_a_transaction_only_transactional_batches_are_taken()
    {
        using var log = _bench.Open();
        Write(log, producer: 7, sequence: 0);
        Assert.Equal(ErrorCode.InvalidTxnState, Refused(() => Write(log, producer: 7, sequence: 1, transactional: false)));
        End(log, producer: 7, commit: true);
        Write(log, producer: 7, sequence: 1, transactional: false);
    }

    [Fact]
    public void A_marker_is_fenced_by_the_epochs_of_producer_and_coordinator()
    {
        using var log = _bench.Open();
        Write(log, producer: 7, sequence: 0, epoch: 2);
        Assert.Equal(ErrorCode.InvalidProducerEpoch, Refused(() => End(log, 7, commit: true, epoch: 1)));
        End(log, 7, commit: true, epoch: 2, coordinator: 5);
        Assert.Equal(ErrorCode.TransactionCoordinatorFenced, Refused(() => End(log, 7, commit: true, epoch: 2, coordinator: 4)));
        End(log, 7, commit: true, epoch: 3, coordinator: 5);
        Assert.Equal(ErrorCode.InvalidProducerEpoch, Refused(() => Write(log, producer: 7, sequence: 1, epoch: 2)));
        Write(log, producer: 7, sequence: 0, epoch: 3);
    }

    [Fact]
    public void A_marker_without_a_transaction_is_written_and_changes_nothing()
    {
        using var log = _bench.Open();
        Assert.Equal(0, End(log, producer: 9, commit: false));
        Assert.Null(log.FirstUnstableOffset);
        Assert.Empty(log.AbortedTransactions(0, 1));
        Assert.Empty(Directory.GetFiles(_bench.Partition, "*.txnindex"));
    }

    [Fact]
    public void An_aborted_transaction_is_found_whose_marker_lies_segments_later()
    {
        using var log = _bench.Open(new LogOptions { SegmentBytes = 400 });
        Write(log, producer: 1, sequence: 0);
        for (var i = 0; i < 20; i++)
            LogBench.Append(log);
        var marker = End(log, producer: 1, commit: false);
        Assert.True(log.SegmentCount > 4);
        log.RestIdleSegments();
        log.RestIdleSegments();
        Assert.Equal([new AbortedTransaction(1, 0, marker, marker + 1)], log.AbortedTransactions(0, 3));
        Assert.Equal([new AbortedTransaction(1, 0, marker, marker + 1)], log.AbortedTransactions(9, 11));
    }

    [Theory]
    [InlineData("missing", false)]
    [InlineData("cut", false)]
    [InlineData("garbage", false)]
    [InlineData("cut", true)]
    [InlineData("garbage", true)]
    public void A_broken_transaction_index_is_built_anew(string damage, bool clean)
    {
        var options = new LogOptions { SegmentBytes = 1000 };
        List<AbortedTransaction> aborted;
        using (var log = _bench.Open(options))
        {
            for (var i = 0; i < 10; i++)
            {
                Write(log, producer: 1, sequence: 2 * i);
                Write(log, producer: 2, sequence: 2 * i);
                Write(log, producer: 1, sequence: 2 * i + 1);
                End(log, producer: 1, commit: i % 3 == 0);
                Write(log, producer: 2, sequence: 2 * i + 1);
                End(log, producer: 2, commit: i % 2 == 0);
            }
            aborted = log.AbortedTransactions(0, log.LogEndOffset);
            Assert.True(aborted.Count > 10 && log.SegmentCount > 4);
            log.Flush();
            log.SaveProducers();
        }
        foreach (var path in Directory.GetFiles(_bench.Partition, "*.txnindex"))
        {
            if (damage == "missing")
                File.Delete(path);
            else if (damage == "cut")
                File.WriteAllBytes(path, File.ReadAllBytes(path)[..^1]);
            else
                File.WriteAllBytes(path, Enumerable.Repeat((byte)0xA5, 68).ToArray());
        }
        using var again = _bench.Open(options, clean, recoveryPoint: clean ? 60 : 0);
        Assert.Equal(aborted, again.AbortedTransactions(0, again.LogEndOffset));
        again.Dispose();
        using var third = _bench.Open(options, clean: true, recoveryPoint: 60);
        Assert.Equal(aborted, third.AbortedTransactions(0, third.LogEndOffset));
    }

    [Fact]
    public void A_truncation_opens_the_transaction_again_whose_marker_it_cuts()
    {
        using var log = _bench.Open(new LogOptions { SegmentBytes = 500 });
        for (var i = 0; i < 8; i++)
            Write(log, producer: 1, sequence: i);
        var marker = End(log, producer: 1, commit: false);
        Assert.Single(log.AbortedTransactions(0, marker));
        log.TruncateTo(marker);
        Assert.Empty(log.AbortedTransactions(0, marker));
        Assert.Equal(0, log.FirstUnstableOffset);
        End(log, producer: 1, commit: true);
        log.NoteHighWatermark(log.LogEndOffset);
        Assert.Null(log.FirstUnstableOffset);
        Assert.Empty(log.AbortedTransactions(0, log.LogEndOffset));
    }

    [Fact]
    public void A_raised_log_start_lifts_the_stable_offset()
    {
        using var log = _bench.Open();
        Write(log, producer: 1, sequence: 0);
        LogBench.Append(log, 5);
        log.MoveLogStart(3);
        Assert.Equal(3, log.LastStableOffset(6));
    }

    private static long Write(PartitionLog log, long producer, int sequence, short epoch = 0, bool transactional = true)
    {
        var builder = new RecordBatchBuilder { ProducerId = producer, ProducerEpoch = epoch, BaseSequence = sequence, IsTransactional = transactional };
        builder.Add(1_700_000_000_000, null, new byte[20]);
        return log.AppendAsLeader(builder.Build(), 0, AppendRules.FromClient(9)).FirstOffset;
    }

    private static long End(PartitionLog log, long producer, bool commit, short epoch = 0, int coordinator = 0) =>
        log.AppendAsLeader(new TransactionMarker(commit, coordinator, 1_700_000_000_001).Build(producer, epoch), 0, AppendRules.FromCoordinator).FirstOffset;

    private static ErrorCode Refused(Action append) => Assert.Throws<LogAppendException>(append).Code;
}
