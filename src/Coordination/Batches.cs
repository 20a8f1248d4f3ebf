using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Coordination;

/// <summary>
/// Many znodes in few round trips. A multiRead or multi of about 200 is where the measured gain levels off, and 200 large topics still
/// fit one ZooKeeper frame; the batches themselves are pipelined.
/// </summary>
internal static class Batches
{
    /// <summary>Znodes in one multi or multiRead.</summary>
    public const int Size = 200;

    /// <summary>Znodes in one multiRead: a read costs the ensemble less than a write, and 400 answers fit one frame as well.</summary>
    public const int ReadSize = 400;

    /// <summary>One result per path, in order.</summary>
    public static async Task<ZooKeeperReadResult[]> GetAsync(IZooKeeper zk, IReadOnlyCollection<string> paths, CancellationToken ct)
    {
        var batches = paths.Select(path => (ZooKeeperRead)new ZooKeeperRead.Get(path)).Chunk(ReadSize)
            .Select(batch => LostReplies.RepeatAsync(() => zk.MultiReadAsync(batch, ct)));
        var results = await Task.WhenAll(batches);
        return [.. results.SelectMany(batch => batch)];
    }

    /// <summary>Children by path; a path that does not exist has none.</summary>
    public static async Task<IReadOnlyList<string>[]> ChildrenAsync(IZooKeeper zk, IReadOnlyCollection<string> paths, CancellationToken ct)
    {
        var batches = paths.Select(path => (ZooKeeperRead)new ZooKeeperRead.Children(path)).Chunk(ReadSize)
            .Select(batch => LostReplies.RepeatAsync(() => zk.MultiReadAsync(batch, ct)));
        var results = await Task.WhenAll(batches);
        return [.. results.SelectMany(batch => batch).Select(result => result.Children ?? [])];
    }
}
