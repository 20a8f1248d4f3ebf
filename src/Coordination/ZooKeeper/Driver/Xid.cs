namespace ClassicBroker.Coordination.ZooKeeper.Driver;

/// <summary>
/// The number that joins an answer to its request. Ordinary requests count from 1; the frames below are outside
/// the order and carry numbers of their own (<c>org.apache.zookeeper.ClientCnxn</c>).
/// </summary>
internal static class Xid
{
    public const int Notification = -1;
    public const int Ping = -2;
    public const int Auth = -4;
    public const int SetWatches = -8;

    /// <summary>The next number; after the largest int it starts again, because negative ones are taken.</summary>
    public static int After(int xid) => xid == int.MaxValue ? 1 : xid + 1;
}
