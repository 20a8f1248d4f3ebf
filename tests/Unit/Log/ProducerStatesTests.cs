using ClassicBroker.Broker.Log;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Unit.Log;

public sealed class ProducerStatesTests : IDisposable
{
    private readonly LogBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void A_repeated_batch_gets_the_offsets_it_has()
    {
        using var log = _bench.Open();
        for (var i = 0; i < 6; i++)
            Append(log, 2 * i, 2);
        for (var i = 1; i < 6; i++)
            Assert.Equal(new LogAppend(2 * i, 2 * i + 1, 1001, 0, 0, 0), Append(log, 2 * i, 2));
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, Refused(log, 0, 2));
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, Refused(log, 10, 1));
        Assert.Equal(12, log.LogEndOffset);
    }

    [Fact]
    public void A_gap_is_refused_and_a_first_batch_may_begin_anywhere()
    {
        using var log = _bench.Open();
        Append(log, 100, 3);
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, Refused(log, 104, 1));
        Assert.Equal(3, Append(log, 103, 1).FirstOffset);
    }

    [Fact]
    public void Epochs_only_rise_and_begin_at_zero()
    {
        using var log = _bench.Open();
        Append(log, 0, 3, epoch: 4);
        Assert.Equal(ErrorCode.InvalidProducerEpoch, Refused(log, 3, 1, epoch: 3));
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, Refused(log, 3, 1, epoch: 5));
        Assert.Equal(3, Append(log, 0, 3, epoch: 5).FirstOffset);
        Assert.Equal(0, Append(log, 0, 3, epoch: 5).Batches);
        Assert.Equal(ErrorCode.InvalidProducerEpoch, Refused(log, 3, 1, epoch: 4));
    }

    [Fact]
    public void Sequences_go_round()
    {
        using var log = _bench.Open();
        Append(log, int.MaxValue - 1, 2);
        Append(log, 0, 2);
        using var other = new LogBench();
        using var across = other.Open();
        Append(across, int.MaxValue, 3);
        Assert.Equal(3, Append(across, 2, 1).FirstOffset);
        Assert.Equal(0, Append(across, int.MaxValue, 3).FirstOffset);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Producers_are_known_again_after_a_restart(bool clean)
    {
        using (var log = _bench.Open(new LogOptions { SegmentBytes = 300 }))
        {
            for (var i = 0; i < 10; i++)
                Append(log, i, 1);
            if (clean)
                log.SaveProducers();
        }
        using var again = _bench.Open(new LogOptions { SegmentBytes = 300 }, clean, recoveryPoint: clean ? 10 : 0);
        Assert.Equal((9, 0), (Append(again, 9, 1).FirstOffset, Append(again, 9, 1).Batches));
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, Refused(again, 11, 1));
        Assert.Equal(10, Append(again, 10, 1).FirstOffset);
    }

    [Fact]
    public void A_broken_snapshot_is_passed_over()
    {
        using (var log = _bench.Open(new LogOptions { SegmentBytes = 300 }))
        {
            for (var i = 0; i < 10; i++)
                Append(log, i, 1);
            log.SaveProducers();
        }
        foreach (var path in Directory.GetFiles(_bench.Partition, "*.snapshot"))
            File.WriteAllBytes(path, [0, 1, 2, 3]);
        using var again = _bench.Open(clean: true, recoveryPoint: 10);
        Assert.Equal(10, Append(again, 10, 1).FirstOffset);
    }

    [Fact]
    public void Truncated_batches_are_forgotten()
    {
        using var log = _bench.Open(new LogOptions { SegmentBytes = 300 });
        for (var i = 0; i < 10; i++)
            Append(log, i, 1);
        log.TruncateTo(4);
        Assert.Equal(4, Append(log, 4, 1).FirstOffset);
        Assert.DoesNotContain(Directory.GetFiles(_bench.Partition, "*.snapshot"), p => string.CompareOrdinal(Path.GetFileName(p), "00000000000000000005") > 0);
    }

    [Fact]
    public void A_follower_learns_producers_from_what_it_stores()
    {
        using var other = new LogBench();
        using var leader = other.Open();
        Append(leader, 0, 2);
        Append(leader, 2, 2);
        using var follower = _bench.Open();
        follower.AppendAsFollower(LogBench.Copy(leader, 0));
        Assert.Equal(0, Append(follower, 2, 2).Batches);
        Assert.Equal(4, Append(follower, 4, 2).FirstOffset);
    }

    [Fact]
    public void An_open_transaction_holds_the_stable_offset_until_its_marker()
    {
        using var log = _bench.Open();
        Append(log, 0, 2);
        Append(log, 2, 2, transactional: true);
        Assert.Equal(2, log.FirstUnstableOffset);
        var marker = new RecordBatchBuilder { ProducerId = 7, ProducerEpoch = 0, IsControl = true, IsTransactional = true };
        marker.Add(2000, new byte[] { 0, 0, 0, 1 }, new byte[6]);
        log.AppendAsLeader(marker.Build(), 0, AppendRules.FromCoordinator);
        Assert.Null(log.FirstUnstableOffset);
        Assert.Equal(5, Append(log, 4, 1).FirstOffset);
    }

    private static LogAppend Append(PartitionLog log, int sequence, int count, short epoch = 0, bool transactional = false)
    {
        var builder = new RecordBatchBuilder { ProducerId = 7, ProducerEpoch = epoch, BaseSequence = sequence, IsTransactional = transactional };
        for (var i = 0; i < count; i++)
            builder.Add(1000 + i, null, new byte[50]);
        return log.AppendAsLeader(builder.Build(), 0, AppendRules.FromClient(9));
    }

    private static ErrorCode Refused(PartitionLog log, int sequence, int count, short epoch = 0) =>
        Assert.Throws<LogAppendException>(() => Append(log, sequence, count, epoch)).Code;
}
