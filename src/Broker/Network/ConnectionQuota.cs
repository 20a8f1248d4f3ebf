using System.Net;
using ClassicBroker.Broker.Configuration;

namespace ClassicBroker.Broker.Network;

/// <summary>Counts connections, in all and per address, and says which new one is too many. Owner: its own lock.</summary>
internal sealed class ConnectionQuota(LimitOptions limits)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, int> _perAddress = [];
    private int _all;

    /// <summary>Null when the connection may live (then <see cref="Leave"/> it later), else why not.</summary>
    public string? Enter(IPAddress address)
    {
        lock (_gate)
        {
            if (_all >= limits.MaxConnections)
            {
                return $"{_all} connections are open (max.connections={limits.MaxConnections})";
            }

            var own = _perAddress.GetValueOrDefault(address);
            if (own >= limits.ConnectionsAllowed(address))
            {
                return $"the address has {own} connections (max.connections.per.ip={limits.ConnectionsAllowed(address)})";
            }

            _perAddress[address] = own + 1;
            _all++;
            return null;
        }
    }

    public void Leave(IPAddress address)
    {
        lock (_gate)
        {
            _all--;
            var left = _perAddress[address] - 1;
            if (left == 0)
            {
                _perAddress.Remove(address);
            }
            else
            {
                _perAddress[address] = left;
            }
        }
    }
}
