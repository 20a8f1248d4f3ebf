using ClassicBroker.Broker.Replication;

namespace ClassicBroker.Unit.Replication;

/// <summary>Who is in sync, who fell out, who may return.</summary>
public class IsrRulesTests
{
    private static readonly TimeSpan Lag = TimeSpan.FromSeconds(30);

    private static FollowerView Follower(int id, long end, double? seconds, bool eligible = true) =>
        new(id, end, seconds is { } s ? TimeSpan.FromSeconds(s) : null, eligible);

    [Theory]
    [InlineData(100, 999.0, false)]   // at the leader's end: in sync, however long ago it asked
    [InlineData(99, 29.9, false)]     // behind, but not for long
    [InlineData(99, 30.0, false)]     // the limit itself is still in
    [InlineData(99, 30.1, true)]      // behind for too long
    [InlineData(0, 30.1, true)]
    [InlineData(99, null, true)]      // never caught up under this leader
    [InlineData(-1, 10.0, false)]     // not heard of yet, but trusted for one lag period
    public void A_member_falls_out_by_time_never_by_distance(long end, double? seconds, bool fallsOut)
    {
        var gone = IsrRules.FallenOut([1, 2], leader: 1, leaderEnd: 100, [Follower(2, end, seconds)], Lag);
        Assert.Equal(fallsOut ? [2] : [], gone);
    }

    [Fact]
    public void The_leader_never_falls_out() =>
        Assert.Empty(IsrRules.FallenOut([1], leader: 1, leaderEnd: 100, [], Lag));

    [Fact]
    public void A_member_that_is_no_replica_any_more_falls_out() =>
        Assert.Equal([7], IsrRules.FallenOut([1, 7], leader: 1, leaderEnd: 100, [], Lag));

    [Theory]
    [InlineData(50, 50, 40, true, true)]     // holds all that is committed and reached the epoch's start
    [InlineData(49, 50, 40, true, false)]    // below the watermark
    [InlineData(45, 40, 50, true, false)]    // KAFKA-7128: at the watermark is not enough when the leader's epoch began above it
    [InlineData(50, 40, 50, true, true)]
    [InlineData(50, 50, 40, false, false)]   // shutting down, or another incarnation fetched
    public void A_follower_returns_at_the_watermark_and_at_the_start_of_the_epoch(
        long end, long highWatermark, long epochStart, bool eligible, bool mayJoin) =>
        Assert.Equal(mayJoin, IsrRules.MayJoin(Follower(2, end, 0, eligible), highWatermark, epochStart));

    [Theory]
    [InlineData(0.0, true, true)]
    [InlineData(31.0, true, false)]
    [InlineData(null, true, false)]
    [InlineData(0.0, false, false)]          // KAFKA-15021: an ineligible replica must not hold the watermark back
    public void Only_eligible_followers_in_time_are_waited_for_before_they_join(double? seconds, bool eligible, bool awaited) =>
        Assert.Equal(awaited, IsrRules.IsAboutToJoin(Follower(2, 10, seconds, eligible), Lag));
}
