using ClassicBroker.Coordination.ZooKeeper;
using ClassicBroker.Coordination.ZooKeeper.Driver;

namespace ClassicBroker.Unit.ZooKeeper;

public class WatchesTests
{
    private readonly Watches _watches = new();

    [Theory]
    [InlineData(ZNodeEventType.DataChanged, "exists children")]
    [InlineData(ZNodeEventType.ChildrenChanged, "data exists")]
    [InlineData(ZNodeEventType.Deleted, "exists")]
    [InlineData(ZNodeEventType.Created, "data children")]
    public void An_event_spends_the_one_shot_watches_it_belongs_to_and_no_persistent_one(ZNodeEventType type, string left)
    {
        string exists = type == ZNodeEventType.Created ? "/a" : "/other";
        string data = type == ZNodeEventType.Created ? "/other" : "/a";
        _watches.Answered(WatchChange.Data, data, ZooKeeperError.Ok);
        _watches.Answered(WatchChange.Exists, exists, ZooKeeperError.NoNode);
        _watches.Answered(WatchChange.Children, "/a", ZooKeeperError.Ok);
        _watches.Answered(WatchChange.AddPersistent, "/a", ZooKeeperError.Ok);
        _watches.Answered(WatchChange.AddRecursive, "/a", ZooKeeperError.Ok);

        _watches.Fired(type, "/a");

        var sets = SetAgain();
        string[] names = ["data", "exists", "children"];
        Assert.Equal(left, string.Join(' ', names.Where((_, kind) => sets[kind].Length > 0)));
        Assert.Equal(["/a"], sets[3]);
        Assert.Equal(["/a"], sets[4]);
    }

    [Fact]
    public void A_watch_whose_request_failed_is_not_there()
    {
        _watches.Answered(WatchChange.Data, "/a", ZooKeeperError.NoNode);
        _watches.Answered(WatchChange.Children, "/a", ZooKeeperError.NoAuth);
        Assert.Equal(0, _watches.Count);
        Assert.Empty(_watches.ToFrames(7));
    }

    [Fact]
    public void Removing_takes_every_kind_and_expiry_takes_all()
    {
        _watches.Answered(WatchChange.Data, "/a", ZooKeeperError.Ok);
        _watches.Answered(WatchChange.AddRecursive, "/a", ZooKeeperError.Ok);
        _watches.Answered(WatchChange.Data, "/b", ZooKeeperError.Ok);
        _watches.Answered(WatchChange.Remove, "/a", ZooKeeperError.Ok);
        Assert.Equal(1, _watches.Count);
        _watches.Clear();
        Assert.Equal(0, _watches.Count);
    }

    [Fact]
    public void Many_watches_are_set_again_in_frames_that_any_server_takes()
    {
        for (int i = 0; i < 20_000; i++) _watches.Answered(WatchChange.Data, $"/brokers/topics/some-topic/partitions/{i}/state", ZooKeeperError.Ok);
        var frames = _watches.ToFrames(7).ToList();
        Assert.All(frames, frame => Assert.InRange(frame.Length, 1, 512 * 1024));
        Assert.Equal(20_000, frames.Sum(frame => Read(frame)[0].Length));
    }

    private string[][] SetAgain() => Read(Assert.Single(_watches.ToFrames(lastZxid: 7)));

    private static string[][] Read(byte[] frame)
    {
        var jute = new JuteReader(frame);
        Assert.Equal(frame.Length - 4, jute.ReadInt());
        Assert.Equal(Xid.SetWatches, jute.ReadInt());
        Assert.Equal(OpCode.SetWatches2, jute.ReadInt());
        Assert.Equal(7, jute.ReadLong());
        return [jute.ReadStrings(), jute.ReadStrings(), jute.ReadStrings(), jute.ReadStrings(), jute.ReadStrings()];
    }
}
