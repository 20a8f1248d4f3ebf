using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Coordination;

namespace ClassicBroker.Broker.Transactions;

/// <summary>Hands out producer ids from this broker's block, and claims the next block when it is used up.</summary>
/// <remarks>Owner of the block: <c>_turn</c>, held while a block is claimed, so that many waiting producers cost one claim.</remarks>
public sealed class ProducerIds(ProducerIdBlocks blocks, BrokerIdentity identity) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private long _next;
    private long _end;

    /// <summary>An id no other producer of this cluster has.</summary>
    public async ValueTask<long> NextAsync(CancellationToken ct)
    {
        // Without the token: a wait that can be cancelled comes back on a thread of the pool.
        await _turn.WaitAsync(CancellationToken.None);
        try
        {
            ct.ThrowIfCancellationRequested();
            if (_next == _end)
            {
                _next = await blocks.ClaimAsync(identity.BrokerId, ct);
                _end = _next + ProducerIdBlocks.BlockSize;
            }
            return _next++;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();
}
