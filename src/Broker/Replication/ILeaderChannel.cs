using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Broker.Replication;

/// <summary>Where a leader listens for followers: its inter-broker listener.</summary>
public sealed record LeaderAddress(int BrokerId, string Host, int Port, string SecurityProtocol);

/// <summary>
/// The seam to a leader on another broker: two of the requests every consumer uses. Followers are consumers; there is no replication protocol beside Fetch.
/// One request at a time; a failed one (IOException, TimeoutException, ProtocolException) leaves the channel usable, the next one connects anew.
/// </summary>
public interface ILeaderChannel : IAsyncDisposable
{
    Task<FetchResponse> FetchAsync(FetchRequest request, short version, CancellationToken ct);

    Task<ListOffsetsResponse> ListOffsetsAsync(ListOffsetsRequest request, short version, CancellationToken ct);
}

/// <summary>Opens channels; connecting happens at the first request.</summary>
public interface ILeaderChannels
{
    ILeaderChannel Open(LeaderAddress leader, int fetcherIndex);
}
