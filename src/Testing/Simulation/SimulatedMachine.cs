using ClassicBroker.Coordination;

namespace ClassicBroker.Testing.Simulation;

/// <summary>What stays of a broker between its lives: its disk, and on it the saved session.</summary>
internal sealed class SimulatedMachine(int id, MemoryDisk disk) : ISavedSession
{
    public int Id { get; } = id;

    public MemoryDisk Disk { get; } = disk;

    public TimeSpan WallClockError { get; set; }

    /// <summary>Lost its page cache and has not been started since.</summary>
    public bool LostPower { get; set; }

    public (long Id, byte[] Password)? SavedSession { get; private set; }

    /// <summary>The present life; null while the machine is off or the broker is down.</summary>
    public SimulatedBroker? Broker { get; set; }

    public int Lives { get; set; }

    public void Save(long sessionId, ReadOnlySpan<byte> password) => SavedSession = (sessionId, password.ToArray());

    public void Delete() => SavedSession = null;
}
