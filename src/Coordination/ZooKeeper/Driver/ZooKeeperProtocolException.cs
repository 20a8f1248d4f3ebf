namespace ClassicBroker.Coordination.ZooKeeper.Driver;

/// <summary>The peer sent bytes that are not ZooKeeper's protocol. The connection is closed; the session may go on over another one.</summary>
internal sealed class ZooKeeperProtocolException(string message) : Exception(message);
