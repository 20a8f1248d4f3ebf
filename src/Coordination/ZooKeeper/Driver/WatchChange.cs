namespace ClassicBroker.Coordination.ZooKeeper.Driver;

/// <summary>What a request asks to be watched, or no longer.</summary>
internal enum WatchChange
{
    None,
    Data,
    Exists,
    Children,
    AddPersistent,
    AddRecursive,
    Remove,
}
