using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Clients.Network;

/// <summary>
/// The open connections of one client, at most one per address, opened when first asked for and opened anew after a failure.
/// </summary>
/// <remarks>Owner: the lock; a connection attempt is a task in the table, so that those who ask meanwhile share it.</remarks>
public sealed class BrokerConnections(BrokerConnectionOptions options, TimeProvider time) : IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly Dictionary<(string Host, int Port), Task<BrokerConnection>> open = [];
    private readonly CancellationTokenSource lifetime = new();

    /// <summary>An open connection with negotiated versions.</summary>
    /// <exception cref="BrokerConnectionException">The broker cannot be reached.</exception>
    public async Task<BrokerConnection> ToAsync(string host, int port, CancellationToken ct = default)
    {
        Task<BrokerConnection> known = OpenOrBegin(host, port, instead: null);
        BrokerConnection connection = await known.WaitAsync(ct).ConfigureAwait(false);
        if (connection.IsOpen) return connection;
        Task<BrokerConnection> anew = OpenOrBegin(host, port, instead: known);
        await connection.DisposeAsync().ConfigureAwait(false);
        return await anew.WaitAsync(ct).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        Task<BrokerConnection>[] all;
        lock (gate)
        {
            lifetime.Cancel();
            all = [.. open.Values];
            open.Clear();
        }
        foreach (Task<BrokerConnection> connecting in all)
        {
            await ((Task)connecting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (connecting.IsCompletedSuccessfully) await (await connecting.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The connection or attempt of the table; a new attempt when there is none, it failed, or is the one to replace.</summary>
    private Task<BrokerConnection> OpenOrBegin(string host, int port, Task<BrokerConnection>? instead)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(lifetime.IsCancellationRequested, this);
            bool usable = open.TryGetValue((host, port), out Task<BrokerConnection>? known)
                && known != instead && known is { IsFaulted: false, IsCanceled: false };
            return usable ? known! : open[(host, port)] = ConnectAsync(host, port);
        }
    }

    private async Task<BrokerConnection> ConnectAsync(string host, int port)
    {
        BrokerConnection connection = await BrokerConnection.ConnectAsync(host, port, options, time, lifetime.Token).ConfigureAwait(false);
        try
        {
            await connection.NegotiateAsync(lifetime.Token).ConfigureAwait(false);
            return connection;
        }
        catch (Exception e) when (e is IOException or ProtocolException or BrokerErrorException or OperationCanceledException)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
