using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Clients.Network;

/// <summary>
/// One connection to one broker. Requests are pipelined: each takes a place in a bounded window, is written whole, and is answered in the
/// order sent, so the answer that arrives belongs to the oldest request that waits.
/// </summary>
/// <remarks>
/// One loop reads answers and owns <c>waiting</c>'s head; writers take turns through <c>writing</c>, which also fixes the order of
/// <c>waiting</c>. Any failure (closed socket, late answer, wrong correlation id, oversized frame) ends the connection and everything that
/// waits on it with one <see cref="BrokerConnectionException"/> saying why; a connection is never mended, its user opens a new one.
/// Every response has a buffer of its own, so records in it stay valid as long as the response is held.
/// </remarks>
public sealed class BrokerConnection : IAsyncDisposable
{
    private readonly BrokerConnectionOptions options;
    private readonly TimeProvider time;
    private readonly string address;
    private readonly Socket socket;
    private readonly Stream stream;
    private readonly SemaphoreSlim window;
    private readonly SemaphoreSlim writing = new(1);
    private readonly Lock gate = new();
    private readonly Queue<PendingAnswer> waiting = new();
    private readonly CancellationTokenSource lifetime = new();
    private readonly Task reading;
    private BrokerConnectionException? failure;
    private int lastCorrelationId;

    private BrokerConnection(string address, Socket socket, Stream stream, BrokerConnectionOptions options, TimeProvider time)
    {
        this.address = address;
        this.socket = socket;
        this.stream = stream;
        this.options = options;
        this.time = time;
        window = new SemaphoreSlim(options.MaxInFlight);
        reading = ReadLoopAsync();
    }

    /// <summary>False once it failed or was disposed.</summary>
    public bool IsOpen
    {
        get { lock (gate) return failure is null; }
    }

    /// <summary>What the broker speaks; null before <see cref="NegotiateAsync"/>.</summary>
    public BrokerVersions? Versions { get; private set; }

    /// <exception cref="BrokerConnectionException">The broker cannot be reached in time.</exception>
    public static async Task<BrokerConnection> ConnectAsync(
        string host, int port, BrokerConnectionOptions options, TimeProvider time, CancellationToken ct = default)
    {
        string address = $"{host}:{port}";
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var timeout = new CancellationTokenSource(options.ConnectTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, ct);
        try
        {
            await socket.ConnectAsync(host, port, either.Token).ConfigureAwait(false);
            Stream stream = new NetworkStream(socket, ownsSocket: true);
            if (options.Secure is { } secure) stream = await secure(host, stream, either.Token).ConfigureAwait(false);
            return new BrokerConnection(address, socket, stream, options, time);
        }
        catch (Exception e)
        {
            socket.Dispose();
            if (e is OperationCanceledException && ct.IsCancellationRequested) throw;
            string why = e is OperationCanceledException ? $"no connection within {options.ConnectTimeout.TotalSeconds:0.#} s" : e.Message;
            throw new BrokerConnectionException($"{address}: {why}", e);
        }
    }

    /// <summary>Sends a request and waits for its answer. Cancelling leaves the connection usable: the answer is then dropped.</summary>
    /// <param name="patience">How long the answer may take; null takes <see cref="BrokerConnectionOptions.RequestTimeout"/>.</param>
    /// <exception cref="BrokerConnectionException">The connection is closed, breaks, or the answer is late.</exception>
    /// <exception cref="ProtocolException">The answer is not such a message, or the request cannot be written in this version.</exception>
    public async Task<TResponse> SendAsync<TRequest, TResponse>(
        TRequest request, short version, CancellationToken ct = default, TimeSpan? patience = null)
        where TRequest : IRequest<TResponse> where TResponse : IMessage, new()
    {
        Memory<byte> frame = await ExchangeAsync<TRequest, TResponse>(request, version, answered: true, patience, ct).ConfigureAwait(false);
        Memory<byte> body = frame[MessageCodec.ResponseBodyStart(TRequest.ApiKey, version, frame)..];
        return MessageCodec.FromBytes<TResponse>(body, version, version >= TRequest.FlexibleFrom);
    }

    /// <summary>As above, in the highest version both sides speak; asks the broker for its versions first if nobody did.</summary>
    public async Task<TResponse> SendAsync<TRequest, TResponse>(TRequest request, CancellationToken ct = default)
        where TRequest : IRequest<TResponse> where TResponse : IMessage, new()
    {
        BrokerVersions versions = Versions ?? await NegotiateAsync(ct).ConfigureAwait(false);
        return await SendAsync<TRequest, TResponse>(request, versions.Pick<TRequest, TResponse>(), ct).ConfigureAwait(false);
    }

    /// <summary>Sends a request that gets no answer (Produce with acks 0); returns when it is written.</summary>
    public Task SendUnansweredAsync<TRequest, TResponse>(TRequest request, short version, CancellationToken ct = default)
        where TRequest : IRequest<TResponse> where TResponse : IMessage, new() =>
        ExchangeAsync<TRequest, TResponse>(request, version, answered: false, null, ct);

    /// <summary>
    /// Asks for the broker's versions and keeps them. A broker that does not know our version of the question answers in version 0 with
    /// UNSUPPORTED_VERSION, and is asked again in version 0 (KIP-511).
    /// </summary>
    public async Task<BrokerVersions> NegotiateAsync(CancellationToken ct = default)
    {
        var request = new ApiVersionsRequest { ClientSoftwareName = "classic-broker", ClientSoftwareVersion = "0.1.0" };
        const short firstTry = 3;
        Memory<byte> frame = await ExchangeAsync<ApiVersionsRequest, ApiVersionsResponse>(
            request, firstTry, answered: true, null, ct).ConfigureAwait(false);
        int start = MessageCodec.ResponseBodyStart(ApiKey.ApiVersions, firstTry, frame);
        bool refused = frame.Length >= start + 2
            && (ErrorCode)BinaryPrimitives.ReadInt16BigEndian(frame.Span[start..]) == ErrorCode.UnsupportedVersion;
        ApiVersionsResponse answer = refused
            ? await SendAsync<ApiVersionsRequest, ApiVersionsResponse>(request, 0, ct).ConfigureAwait(false)
            : MessageCodec.FromBytes<ApiVersionsResponse>(frame[start..], firstTry, flexible: true);
        if (answer.ErrorCode != ErrorCode.None) throw new BrokerErrorException(answer.ErrorCode, $"{address}: ApiVersions");
        return Versions = new BrokerVersions(answer);
    }

    public async ValueTask DisposeAsync()
    {
        Fail("closed by us", null);
        await reading.ConfigureAwait(false);
    }

    private async Task<Memory<byte>> ExchangeAsync<TRequest, TResponse>(
        TRequest request, short version, bool answered, TimeSpan? patience, CancellationToken ct)
        where TRequest : IRequest<TResponse> where TResponse : IMessage, new()
    {
        TimeSpan limit = patience ?? options.RequestTimeout;
        Task<Memory<byte>> exchange = await StartAsync<TRequest, TResponse>(request, version, answered, limit, ct).ConfigureAwait(false);
        try
        {
            return await exchange.WaitAsync(limit, time, ct).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw Fail($"{TRequest.ApiKey} was not answered within {limit.TotalSeconds:0.#} s", null);
        }
    }

    /// <summary>Waits for a place in the window, then starts writing; the task ends with the answer's frame.</summary>
    private async Task<Task<Memory<byte>>> StartAsync<TRequest, TResponse>(
        TRequest request, short version, bool answered, TimeSpan limit, CancellationToken ct)
        where TRequest : IRequest<TResponse> where TResponse : IMessage, new()
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(lifetime.Token, ct);
        try
        {
            await window.WaitAsync(either.Token).WaitAsync(limit, time, CancellationToken.None).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw Fail($"no place among {options.MaxInFlight} requests in flight within {limit.TotalSeconds:0.#} s", null);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw Failure();
        }
        return WriteAsync<TRequest, TResponse>(request, version, answered);
    }

    private async Task<Memory<byte>> WriteAsync<TRequest, TResponse>(TRequest request, short version, bool answered)
        where TRequest : IRequest<TResponse> where TResponse : IMessage, new()
    {
        var pending = new PendingAnswer(Interlocked.Increment(ref lastCorrelationId));
        bool queued = false;
        try
        {
            using FrameBuilder frame = MessageCodec.RequestFrame<TRequest, TResponse>(
                request, version, pending.CorrelationId, options.ClientId);
            await writing.WaitAsync(lifetime.Token).ConfigureAwait(false);
            try
            {
                lock (gate)
                {
                    if (failure is not null) throw failure;
                    // The answer may be here before the write returns, so the place in the queue comes first.
                    if (answered) waiting.Enqueue(pending);
                    queued = answered;
                }
                await WriteFrameAsync(frame).ConfigureAwait(false);
            }
            finally
            {
                writing.Release();
            }
        }
        catch (Exception e) when (IsOfTheWire(e))
        {
            throw Fail("sending failed: " + e.Message, e);
        }
        finally
        {
            if (!queued) window.Release();
        }
        return answered ? await pending.Completion.Task.ConfigureAwait(false) : default;
    }

    /// <summary>
    /// A plain socket takes all segments in one call; through TLS they go one by one. No caller can cancel it midway: half a frame would
    /// end the connection.
    /// </summary>
    private async Task WriteFrameAsync(FrameBuilder frame)
    {
        List<ReadOnlyMemory<byte>> segments = frame.Segments;
        if (stream is not NetworkStream || segments.Count == 1)
        {
            foreach (ReadOnlyMemory<byte> segment in segments) await stream.WriteAsync(segment, lifetime.Token).ConfigureAwait(false);
            await stream.FlushAsync(lifetime.Token).ConfigureAwait(false);
            return;
        }
        var gather = new List<ArraySegment<byte>>(segments.Count);
        foreach (ReadOnlyMemory<byte> segment in segments)
            gather.Add(MemoryMarshal.TryGetArray(segment, out ArraySegment<byte> array) ? array : new(segment.ToArray()));
        int sent = await socket.SendAsync(gather, SocketFlags.None).ConfigureAwait(false);
        if (sent != frame.Length) throw new IOException($"{sent} of {frame.Length} bytes were taken");
    }

    private async Task ReadLoopAsync()
    {
        var size = new byte[4];
        try
        {
            while (true)
            {
                await stream.ReadExactlyAsync(size, lifetime.Token).ConfigureAwait(false);
                int length = BinaryPrimitives.ReadInt32BigEndian(size);
                if (length < 4 || length > options.MaxResponseBytes)
                    throw new ProtocolException($"response frame of {length} bytes is outside 4 to {options.MaxResponseBytes}");
                byte[] frame = GC.AllocateUninitializedArray<byte>(length);
                await stream.ReadExactlyAsync(frame, lifetime.Token).ConfigureAwait(false);
                Complete(frame);
            }
        }
        catch (EndOfStreamException e)
        {
            Fail("closed by the broker", e);
        }
        catch (Exception e) when (IsOfTheWire(e) || e is ProtocolException)
        {
            Fail(e.Message, e);
        }
    }

    private static bool IsOfTheWire(Exception e) =>
        e is IOException or SocketException or ObjectDisposedException or OperationCanceledException;

    private void Complete(byte[] frame)
    {
        int correlationId = BinaryPrimitives.ReadInt32BigEndian(frame);
        PendingAnswer? pending;
        lock (gate) waiting.TryDequeue(out pending);
        if (pending?.CorrelationId == correlationId)
        {
            window.Release();
            pending.Completion.TrySetResult(frame);
            return;
        }
        var wrong = new ProtocolException($"answer {correlationId} came where {pending?.CorrelationId.ToString() ?? "none"} was due");
        pending?.Completion.TrySetException(new BrokerConnectionException($"{address}: {wrong.Message}", wrong));
        throw wrong;
    }

    private BrokerConnectionException Failure()
    {
        lock (gate) return failure ?? new BrokerConnectionException($"{address}: closed");
    }

    /// <summary>Ends the connection, once; the first reason counts.</summary>
    private BrokerConnectionException Fail(string why, Exception? inner)
    {
        PendingAnswer[] lost;
        BrokerConnectionException reason;
        lock (gate)
        {
            if (failure is not null) return failure;
            reason = failure = new BrokerConnectionException($"{address}: {why} ({waiting.Count} requests in flight)", inner);
            lost = [.. waiting];
            waiting.Clear();
        }
        lifetime.Cancel();
        stream.Dispose();
        foreach (PendingAnswer pending in lost) pending.Completion.TrySetException(reason);
        return reason;
    }

    private sealed class PendingAnswer(int correlationId)
    {
        public int CorrelationId => correlationId;
        public TaskCompletionSource<Memory<byte>> Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
