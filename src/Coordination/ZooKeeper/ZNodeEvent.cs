namespace ClassicBroker.Coordination.ZooKeeper;

/// <summary>What a watch saw. The numbers are those of <c>Watcher.Event.EventType</c> on the wire.</summary>
public enum ZNodeEventType
{
    /// <summary>A watched znode came to be.</summary>
    Created = 1,

    /// <summary>A watched znode went.</summary>
    Deleted = 2,

    /// <summary>The data of a watched znode was written, perhaps with the same bytes.</summary>
    DataChanged = 3,

    /// <summary>A child of a watched znode came or went. Recursive watches never say this: they say which child instead.</summary>
    ChildrenChanged = 4,
}

/// <summary>A fired watch: it names the znode and the kind of change, never the data. Read the znode when the event is processed.</summary>
/// <param name="Type">The kind of change.</param>
/// <param name="Path">The path as the client writes it, without the chroot.</param>
public readonly record struct ZNodeEvent(ZNodeEventType Type, string Path);
