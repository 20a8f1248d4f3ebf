using ClassicBroker.Broker.Replication;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Unit.Replication;

public class HighWatermarkTests
{
    [Fact]
    public void It_never_goes_back_by_advancing()
    {
        var watermark = new HighWatermark(5);
        Assert.False(watermark.AdvanceTo(4));
        Assert.False(watermark.AdvanceTo(5));
        Assert.True(watermark.AdvanceTo(6));
        Assert.Equal(6, watermark.Value);
    }

    [Fact]
    public void Waiters_are_taken_in_order_of_offset_whatever_order_they_came_in()
    {
        var watermark = new HighWatermark(0);
        foreach (var offset in new long[] { 10, 30, 20 }) Assert.True(watermark.TryAdd(new CommitWait(offset)));

        watermark.AdvanceTo(20);

        Assert.Equal([10, 20], watermark.TakeReached()!.Select(w => w.RequiredOffset));
        Assert.Null(watermark.TakeReached());
        Assert.Equal([30], watermark.TakeAll()!.Select(w => w.RequiredOffset));
        Assert.Equal(0, watermark.Waiting);
    }

    [Fact]
    public void A_waiter_that_timed_out_is_removed_from_the_middle()
    {
        var watermark = new HighWatermark(0);
        var middle = new CommitWait(20);
        watermark.TryAdd(new CommitWait(10));
        watermark.TryAdd(middle);
        watermark.TryAdd(new CommitWait(30));

        Assert.True(watermark.Remove(middle));
        Assert.False(watermark.Remove(middle));
        Assert.Equal(2, watermark.Waiting);
    }

    [Fact]
    public void The_list_of_waiters_is_bounded()
    {
        var watermark = new HighWatermark(0);
        for (var i = 0; i < HighWatermark.MaxWaiters; i++) Assert.True(watermark.TryAdd(new CommitWait(i + 1)));
        Assert.False(watermark.TryAdd(new CommitWait(99_999)));
    }

    [Fact]
    public async Task The_first_result_of_a_wait_stands()
    {
        var wait = new CommitWait(1);
        wait.Complete(ErrorCode.RequestTimedOut);
        wait.Complete(ErrorCode.None);
        Assert.Equal(ErrorCode.RequestTimedOut, await wait.Result);
    }
}
