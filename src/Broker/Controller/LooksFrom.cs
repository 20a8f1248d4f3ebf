using ClassicBroker.Coordination.ZNodes;
using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Broker.Controller;

/// <summary>What a fired watch means.</summary>
public static class LooksFrom
{
    public static Looks Event(ZNodeEvent happened) => happened.Path switch
    {
        ControllerNode.Path => Looks.Seat,
        DeleteTopicNode.Parent => Looks.Deletions,
        IsrChangeNode.Parent => Looks.IsrChanges,
        LogDirEventNode.Parent => Looks.LogDirs,
        // Our own writes to these two need no second look.
        ReassignPartitionsNode.Path => happened.Type == ZNodeEventType.Created ? Looks.ReassignmentWishes : Looks.None,
        PreferredElectionNode.Path => happened.Type == ZNodeEventType.Created ? Looks.ElectionWishes : Looks.None,
        var path when path.StartsWith(BrokerIdNode.Parent + "/", StringComparison.Ordinal) => Looks.Brokers,
        var path when path.StartsWith(TopicNode.Parent + "/", StringComparison.Ordinal) => BelowTopics(happened),
        _ => Looks.None,
    };

    private static Looks BelowTopics(ZNodeEvent happened)
    {
        bool isTopic = happened.Path.IndexOf('/', TopicNode.Parent.Length + 1) < 0;
        if (isTopic) return happened.Type == ZNodeEventType.DataChanged ? Looks.Assignments : Looks.Topics;
        return happened.Type == ZNodeEventType.DataChanged ? Looks.Reassignments : Looks.None;
    }
}
