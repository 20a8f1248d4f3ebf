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
    public void A_coordinator_needs_no_sequence_but_the_epoch()
    {
        using var log = _bench.Open();
        Append(log, 0, 2, epoch: 3);
        var offsets = new RecordBatchBuilder { ProducerId = 7, ProducerEpoch = 3 };
        offsets.Add(1000, null, new byte[5]);
        Assert.Equal(2, log.AppendAsLeader(offsets.Build(), 0, AppendRules.FromCoordinator).FirstOffset);
        var zombie = new RecordBatchBuilder { ProducerId = 7, ProducerEpoch = 2 };
        zombie.Add(1000, null, new byte[5]);
        Assert.Equal(ErrorCode.InvalidProducerEpoch,
            Assert.Throws<LogAppendException>(() => log.AppendAsLeader(zombie.Build(), 0, AppendRules.FromCoordinator)).Code);
    }

    [Fact]
    public void Silent_producers_are_forgotten_when_their_time_is_up()
    {
        using var log = _bench.Open(new LogOptions { ProducerIdExpirationMs = 5000 });
        Append(log, 0, 1);
        _bench.Time.Advance(TimeSpan.FromMilliseconds(4999));
        log.ExpireProducers();
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, Refused(log, 5, 1));
        _bench.Time.Advance(TimeSpan.FromMilliseconds(1));
        log.ExpireProducers();
        Assert.Equal(0, log.ProducerCount);
        Assert.Equal(1, Append(log, 5, 1).FirstOffset);
    }

    [Fact]
    public void Strangers_with_ever_new_ids_push_out_the_oldest_only()
    {
        using var log = _bench.Open(new LogOptions { MaxProducerIds = 32 });
        Append(log, 0, 1, producer: 1, transactional: true, timestamp: 1);
        for (var i = 0; i < 200; i++)
        {
            _bench.Time.Advance(TimeSpan.FromMilliseconds(1));
            Append(log, 0, 1, producer: 100 + i, timestamp: 1000 + i);
        }
        Assert.InRange(log.ProducerCount, 16, 32);
        Assert.Equal(0, Append(log, 0, 1, producer: 299, timestamp: 1199).Batches);
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, Refused(log, 5, 1, producer: 1, transactional: true));
    }

    [Fact]
    public void A_window_of_five_holds_across_the_end_of_sequences()
    {
        using var log = _bench.Open();
        var sequences = new List<int>();
        for (var (i, next) = (0, int.MaxValue - 5); i < 8; i++, next = RecordSequence.Add(next, 2))
        {
            Append(log, next, 2);
            sequences.Add(next);
        }
        foreach (var sequence in sequences[3..])
            Assert.Equal(0, Append(log, sequence, 2).Batches);
        foreach (var sequence in sequences[..3])
            Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, Refused(log, sequence, 2));
    }

    private static LogAppend Append(
        PartitionLog log, int sequence, int count, short epoch = 0, bool transactional = false, long producer = 7, long timestamp = 1000)
    {
        var builder = new RecordBatchBuilder { ProducerId = producer, ProducerEpoch = epoch, BaseSequence = sequence, IsTransactional = transactional };
        for (var i = 0; i < count; i++)
            builder.Add(timestamp + i, null, new byte[50]);
        return log.AppendAsLeader(builder.Build(), 0, AppendRules.FromClient(9));
    }

    private static ErrorCode Refused(PartitionLog log, int sequence, int count, short epoch = 0, long producer = 7, bool transactional = false) =>
        Assert.Throws<LogAppendException>(() => Append(log, sequence, count, epoch, transactional, producer)).Code;
}
