using System.Buffers;

namespace ClassicBroker.Broker.Log;

/// <summary>A block of the shared pool, given back once when disposed.</summary>
internal sealed class PooledBlock(int size) : IDisposable
{
    private byte[]? _bytes = ArrayPool<byte>.Shared.Rent(size);

    public byte[] Bytes => _bytes ?? throw new ObjectDisposedException(nameof(PooledBlock));

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _bytes, null) is { } bytes)
            ArrayPool<byte>.Shared.Return(bytes);
    }
}
