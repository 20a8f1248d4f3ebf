using System.Net;

namespace ClassicBroker.Broker.Api;

/// <summary>Where requests come from: what all requests of one connection have in common.</summary>
/// <param name="ListenerName">Upper-case listener name.</param>
/// <param name="SecurityProtocol">PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.</param>
/// <param name="RemoteAddress">The client's address.</param>
/// <param name="Aborted">Cancelled when the connection is gone.</param>
public sealed record RequestOrigin(string ListenerName, string SecurityProtocol, EndPoint? RemoteAddress, CancellationToken Aborted);
