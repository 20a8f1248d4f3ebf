namespace ClassicBroker.Coordination.ZooKeeper;

/// <summary>A request that ZooKeeper refused, or that the client could not bring to an end.</summary>
public class ZooKeeperException(ZooKeeperError error, string? path, string message) : Exception(message)
{
    /// <summary>The code.</summary>
    public ZooKeeperError Error { get; } = error;

    /// <summary>The znode the request was about, without the chroot; null when it was about none.</summary>
    public string? Path { get; } = path;
}

/// <summary>A multi of which nothing was done. <see cref="ZooKeeperException.Error"/> and <see cref="ZooKeeperException.Path"/> are those of the guilty step.</summary>
public sealed class ZooKeeperMultiException(ZooKeeperError error, string? path, string message, IReadOnlyList<ZooKeeperOpResult> results)
    : ZooKeeperException(error, path, message)
{
    /// <summary>One result for each step, in the order asked.</summary>
    public IReadOnlyList<ZooKeeperOpResult> Results { get; } = results;
}
