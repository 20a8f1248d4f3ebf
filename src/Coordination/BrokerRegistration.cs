namespace ClassicBroker.Coordination;

/// <summary>
/// A broker as it stands in ZooKeeper. <see cref="Epoch"/> is the czxid of its znode (the broker epoch): it grows with every
/// registration in the ensemble, so two lives of one broker id can be told apart.
/// </summary>
public sealed record BrokerRegistration(int BrokerId, IReadOnlyList<BrokerEndpoint> Endpoints, string? Rack, BrokerEpoch Epoch);

/// <summary>One advertised address: listener name, its security protocol (PLAINTEXT, SSL, …), host and port.</summary>
public sealed record BrokerEndpoint(string Listener, string SecurityProtocol, string Host, int Port);
