namespace ClassicBroker.Coordination;

/// <summary>Where a broker keeps the id and password of its ZooKeeper session for its next life; <see cref="SavedSession"/> is the file.</summary>
public interface ISavedSession
{
    /// <summary>Remembers the present session.</summary>
    void Save(long sessionId, ReadOnlySpan<byte> password);

    /// <summary>Forgets the session after a clean end.</summary>
    void Delete();
}
