namespace ClassicBroker.Clients.Network;

/// <summary>Settings of one connection. Kafka's client names in brackets.</summary>
public sealed record BrokerConnectionOptions
{
    /// <summary>Sent with every request; brokers log it and may hang quotas on it [client.id].</summary>
    public string ClientId { get; init; } = "classic";

    /// <summary>How long TCP, and TLS or SASL where used, may take [socket.connection.setup.timeout.ms].</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long an answer may take, waiting in the broker included [request.timeout.ms]. Answers come in order, so one that does not come
    /// blocks all behind it: the connection is given up.
    /// </summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Requests sent and not yet answered; more wait for a place. Bounds what a dead broker can keep of ours, and the broker works
    /// through them one after the other anyway [max.in.flight.requests.per.connection].
    /// </summary>
    public int MaxInFlight { get; init; } = 5;

    /// <summary>Largest response frame taken; a larger one cannot be an answer to us. Well above fetch.max.bytes of 50 MiB.</summary>
    public int MaxResponseBytes { get; init; } = 100 * 1024 * 1024;

    /// <summary>
    /// Wraps the TCP stream before the first request, for TLS. Null speaks plain text. Called with host and stream; the stream it
    /// answers is owned by the connection.
    /// </summary>
    public Func<string, Stream, CancellationToken, Task<Stream>>? Secure { get; init; }
}
