using Microsoft.Extensions.Logging;

namespace ClassicBroker.Coordination.ZooKeeper.Driver;

/// <summary>The parts of one client that every loop of it needs.</summary>
internal sealed record DriverParts(
    ZooKeeperOptions Options,
    ConnectString Connect,
    Session Session,
    RequestQueue Queue,
    EventLoop Events,
    TimeProvider Time,
    ILogger Log);
