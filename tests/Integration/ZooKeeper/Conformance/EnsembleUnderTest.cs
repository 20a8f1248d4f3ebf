using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Conformance;

/// <summary>
/// What the conformance tests of <see cref="IZooKeeper"/> need of an ensemble: the real driver against real servers, or the simulator's model.
/// </summary>
public interface IEnsembleUnderTest
{
    /// <summary>Runs a test's body where this ensemble lives.</summary>
    Task RunAsync(Func<Task> body);

    /// <summary>A tree of one's own, to be shared by several clients.</summary>
    string NewTree();

    Task<IZooKeeper> ConnectAsync(string? tree = null);

    /// <summary>A client whose connection to the ensemble can be cut.</summary>
    Task<ICuttableClient> ConnectCuttableAsync(string tree);
}

/// <summary>A client behind a link that a test cuts and mends.</summary>
public interface ICuttableClient : IAsyncDisposable
{
    IZooKeeper ZooKeeper { get; }

    void Cut();

    void Mend();
}

internal static class Errors
{
    public static async Task<ZooKeeperError> OfAsync(Func<Task> request)
    {
        try
        {
            await request();
            return ZooKeeperError.Ok;
        }
        catch (ZooKeeperException refused)
        {
            return refused.Error;
        }
    }
}
