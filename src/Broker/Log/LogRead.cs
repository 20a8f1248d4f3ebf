namespace ClassicBroker.Broker.Log;

/// <summary>
/// Whole batches as they lie in the log. They stay valid until the lease is disposed (it returns the pooled block), after which
/// they must not be touched.
/// </summary>
/// <param name="Records">zero or more whole batches; the first may begin before the asked offset</param>
/// <param name="Lease">null when nothing is to be given back</param>
/// <param name="NextOffset">the offset after the last batch read; the asked offset when nothing was read</param>
public readonly record struct LogRead(ReadOnlyMemory<byte> Records, IDisposable? Lease, long NextOffset) : IDisposable
{
    public void Dispose() => Lease?.Dispose();
}
