using System.Threading.Channels;
using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Conformance;

/// <summary>Everything a client raises, in order, to be awaited one by one. A test that waits for what never comes fails by its deadline.</summary>
internal sealed class Observed
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly Channel<ZooKeeperSessionState> _states = Channel.CreateUnbounded<ZooKeeperSessionState>();
    private readonly Channel<ZNodeEvent> _znodes = Channel.CreateUnbounded<ZNodeEvent>();

    public Observed(IZooKeeper client)
    {
        client.SessionChanged += state => _states.Writer.TryWrite(state);
        client.ZNodeChanged += fired => _znodes.Writer.TryWrite(fired);
    }

    public async Task<ZooKeeperSessionState> NextStateAsync() => await NextAsync(_states.Reader);

    public async Task<ZNodeEvent> NextEventAsync() => await NextAsync(_znodes.Reader);

    /// <summary>The states up to and with this one.</summary>
    public async Task<List<ZooKeeperSessionState>> UntilAsync(ZooKeeperSessionState last)
    {
        var seen = new List<ZooKeeperSessionState>();
        while (seen.Count == 0 || seen[^1] != last) seen.Add(await NextStateAsync());
        return seen;
    }

    public bool HasMoreEvents => _znodes.Reader.TryPeek(out _);

    private static async Task<T> NextAsync<T>(ChannelReader<T> reader)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        return await reader.ReadAsync(deadline.Token);
    }
}
