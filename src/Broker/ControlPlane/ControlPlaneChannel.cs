using System.Collections.Concurrent;
using System.Net.Sockets;
using MessagePack;

namespace ClassicBroker.Broker.ControlPlane;

/// <summary>
/// The control plane over TCP: one lasting connection per broker, opened when first needed and again after any failure. A send
/// that fails in any way (refused, lost, too late, unreadable) drops the connection and is reported as
/// <see cref="BrokerChannelException"/>; whether the order arrived is then unknown and the sender repeats it.
/// Owner: each connection has its own gate, so two sends to one broker run one after the other.
/// </summary>
public sealed class ControlPlaneChannel(ControlPlaneOptions options, TimeProvider time) : IBrokerChannel, IAsyncDisposable
{
    private readonly ConcurrentDictionary<int, Line> _lines = new();

    public async Task<TAnswer> SendAsync<TOrder, TAnswer>(BrokerAddress to, TOrder order, CancellationToken ct)
        where TOrder : class
        where TAnswer : class, IControlPlaneAnswer
    {
        var line = _lines.GetOrAdd(to.BrokerId, static _ => new Line());
        await line.Gate.WaitAsync(ct);
        using var deadline = new CancellationTokenSource(options.RequestTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, deadline.Token);
        try
        {
            var stream = await line.ConnectedAsync(to, options, time, either.Token);
            int number = ++line.LastNumber;
            await stream.WriteAsync(ControlPlaneCodec.Frame(KindOf(order), number, order), either.Token);
            var frame = await ControlPlaneCodec.ReadAsync(stream, options.MaxFrameBytes, either.Token)
                ?? throw new EndOfStreamException("the broker closed the connection.");
            if (ControlPlaneCodec.Kind(frame) != OrderKind.Answer || ControlPlaneCodec.Number(frame) != number)
                throw new InvalidDataException("the answer belongs to another order.");
            return ControlPlaneCodec.Body<TAnswer>(frame);
        }
        catch (Exception e) when (e is IOException or SocketException or InvalidDataException or MessagePackSerializationException
            || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            line.Drop();
            string why = e is OperationCanceledException ? "no answer in time" : e.Message;
            throw new BrokerChannelException($"{typeof(TOrder).Name} to broker {to.BrokerId} at {to.Host}:{to.Port}: {why}", e);
        }
        catch
        {
            line.Drop();
            throw;
        }
        finally
        {
            line.Gate.Release();
        }
    }

    public ValueTask DisposeAsync()
    {
        foreach (var line in _lines.Values) line.Drop();
        _lines.Clear();
        return ValueTask.CompletedTask;
    }

    internal static OrderKind KindOf(object order) => order switch
    {
        LeaderAndIsrOrder => OrderKind.LeaderAndIsr,
        StopReplicaOrder => OrderKind.StopReplica,
        UpdateMetadataOrder => OrderKind.UpdateMetadata,
        ControlledShutdownOrder => OrderKind.ControlledShutdown,
        HandOverOrder => OrderKind.HandOver,
        _ => throw new ArgumentException($"{order.GetType().Name} is not an order of the control plane.", nameof(order)),
    };

    /// <summary>The connection to one broker; touched only by the holder of <see cref="Gate"/>.</summary>
    private sealed class Line
    {
        private NetworkStream? _stream;
        private BrokerAddress _connectedTo;

        public SemaphoreSlim Gate { get; } = new(1, 1);

        public int LastNumber { get; set; }

        public async ValueTask<NetworkStream> ConnectedAsync(BrokerAddress to, ControlPlaneOptions options, TimeProvider time, CancellationToken ct)
        {
            if (_stream is not null && _connectedTo == to) return _stream;
            Drop();
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            using var deadline = new CancellationTokenSource(options.ConnectTimeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, deadline.Token);
            try
            {
                await socket.ConnectAsync(to.Host, to.Port, either.Token);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
            _connectedTo = to;
            return _stream = new NetworkStream(socket, ownsSocket: true);
        }

        public void Drop()
        {
            _stream?.Dispose();
            _stream = null;
        }
    }
}
