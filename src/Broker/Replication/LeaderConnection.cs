using ClassicBroker.Clients.Network;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Broker.Replication;

/// <summary>
/// An <see cref="ILeaderChannel"/> over the wire: one connection to the leader's inter-broker listener, opened at the first request and opened anew after
/// a failure. Owner: the <see cref="FollowerFetchLoop"/> that uses it, which asks one thing at a time; a fetch it gives up
/// leaves the connection as it is, the broker answers it at once because another request comes behind it.
/// </summary>
public sealed class LeaderConnection(LeaderAddress leader, BrokerConnectionOptions options, TimeProvider time) : ILeaderChannel
{
    private BrokerConnection? _connection;

    public async Task<FetchResponse> FetchAsync(FetchRequest request, short version, CancellationToken ct)
    {
        var connection = await ConnectedAsync(ct);
        return await connection.SendAsync<FetchRequest, FetchResponse>(request, version, ct);
    }

    public async Task<ListOffsetsResponse> ListOffsetsAsync(ListOffsetsRequest request, short version, CancellationToken ct)
    {
        var connection = await ConnectedAsync(ct);
        return await connection.SendAsync<ListOffsetsRequest, ListOffsetsResponse>(request, version, ct);
    }

    private async ValueTask<BrokerConnection> ConnectedAsync(CancellationToken ct)
    {
        if (_connection is { IsOpen: true } open) return open;
        if (_connection is { } failed) await failed.DisposeAsync();
        _connection = await BrokerConnection.ConnectAsync(leader.Host, leader.Port, options, time, ct);
        return _connection;
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is { } connection) await connection.DisposeAsync();
    }
}
