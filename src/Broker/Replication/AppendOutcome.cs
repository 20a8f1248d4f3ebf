using ClassicBroker.Broker.Log;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Replication;

/// <summary>
/// The result of an append as leader. <see cref="Append"/> is meaningful only without an error. <see cref="Tenure"/> counts how often this replica became
/// leader: a wait for commit belongs to the tenure of its append and survives a higher leader epoch of the same leader, but not another leader in between.
/// </summary>
public readonly record struct AppendOutcome(ErrorCode Error, LogAppend Append = default, int Tenure = 0);
