using ClassicBroker.Coordination.ZooKeeper.Driver;
using Microsoft.Extensions.Time.Testing;

namespace ClassicBroker.Unit.ZooKeeper;

public class SessionClockTests
{
    [Fact]
    public void The_session_is_as_fresh_as_the_sending_of_the_newest_answered_frame_not_as_its_answer()
    {
        var time = new FakeTimeProvider();
        var clock = new SessionClock(time);
        long sent = time.GetTimestamp();
        time.Advance(TimeSpan.FromSeconds(3)); // a slow answer
        clock.Renewed(sent);
        Assert.Equal(TimeSpan.FromSeconds(3), clock.SinceRenewed);
    }

    [Fact]
    public void An_answer_to_an_older_frame_does_not_make_it_older()
    {
        var time = new FakeTimeProvider();
        var clock = new SessionClock(time);
        long older = time.GetTimestamp();
        time.Advance(TimeSpan.FromSeconds(1));
        long newer = time.GetTimestamp();
        clock.Renewed(newer);
        clock.Renewed(older);
        Assert.Equal(TimeSpan.Zero, clock.SinceRenewed);
    }
}
