using ClassicBroker.Broker.Replication;

namespace ClassicBroker.Unit.Replication;

public class EpochTruncationTests
{
    [Theory]
    [InlineData(3, 80, 3, 100, 50, 100, 80, true)]      // both know the epoch: the smaller end
    [InlineData(3, 120, 3, 100, 50, 100, 100, true)]
    [InlineData(2, 60, 1, 40, 50, 100, 40, false)]      // KIP-279: the leader's epoch 2 is unknown here; cut to our epoch 1 and ask again
    [InlineData(-1, -1, -1, -1, 50, 100, 50, true)]     // the leader knows no epoch: the watermark is all there is
    [InlineData(3, 80, -1, -1, 50, 60, 60, true)]       // we know none: as far as the leader's goes
    public void The_cut_is_where_both_histories_agree(
        int leaderEpoch, long leaderEnd, int localEpoch, long localEnd, long highWatermark, long logEnd, long offset, bool final) =>
        Assert.Equal(new TruncationStep(offset, final), EpochTruncation.Next(leaderEpoch, leaderEnd, localEpoch, localEnd, highWatermark, logEnd));

    [Theory]
    [InlineData(5, 100, 5, 100, false)]
    [InlineData(5, 100, 5, 120, false)]
    [InlineData(5, 100, 4, 120, true)]     // the leader has no epoch 5
    [InlineData(5, 100, 5, 90, true)]      // the leader's epoch 5 ends earlier
    public void The_leader_sees_divergence_by_epoch_or_by_end(int lastFetched, long fetchOffset, int epoch, long end, bool diverges) =>
        Assert.Equal(diverges, EpochTruncation.Diverges(lastFetched, fetchOffset, epoch, end));

    [Theory]
    [InlineData(0, 80, 100, OutOfRangeAction.Truncate, 80)]       // after an unclean election the leader is behind
    [InlineData(150, 200, 100, OutOfRangeAction.RestartAt, 150)]  // the leader deleted what we miss
    [InlineData(50, 200, 100, OutOfRangeAction.GoOn, 100)]        // KAFKA-2143: our end is fine by now; never wipe
    [InlineData(100, 100, 100, OutOfRangeAction.GoOn, 100)]
    public void Out_of_range_never_wipes_without_reason(long leaderStart, long leaderEnd, long localEnd, OutOfRangeAction action, long offset) =>
        Assert.Equal(new OutOfRangeStep(action, offset), EpochTruncation.AfterOutOfRange(leaderStart, leaderEnd, localEnd));
}
