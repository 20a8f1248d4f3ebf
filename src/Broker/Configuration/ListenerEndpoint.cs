using System.Globalization;

namespace ClassicBroker.Broker.Configuration;

/// <summary>One entry of <c>listeners</c> or <c>advertised.listeners</c>.</summary>
/// <param name="Name">Upper-case listener name.</param>
/// <param name="SecurityProtocol">PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL, as the protocol map says for the name.</param>
/// <param name="Host">Host to bind or to advertise; empty binds all interfaces.</param>
/// <param name="Port">0 to 65535; 0 lets the system choose (bind only).</param>
public sealed record ListenerEndpoint(string Name, string SecurityProtocol, string Host, int Port)
{
    /// <summary>Splits <c>NAME://host:port</c>; IPv6 hosts stand in brackets. False when it is not of that form.</summary>
    internal static bool TrySplit(string text, out string name, out string host, out int port)
    {
        (name, host, port) = ("", "", 0);
        var scheme = text.IndexOf("://", StringComparison.Ordinal);
        var colon = text.LastIndexOf(':');
        if (scheme <= 0 || colon < scheme + 3
            || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port)
            || port > ushort.MaxValue)
        {
            return false;
        }

        name = text[..scheme].ToUpperInvariant();
        host = text[(scheme + 3)..colon];
        if (host.StartsWith('[') && host.EndsWith(']'))
        {
            host = host[1..^1];
        }
        else if (host.Contains(':'))
        {
            return false;
        }

        return name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.');
    }

    public override string ToString() => $"{Name}://{(Host.Contains(':') ? $"[{Host}]" : Host)}:{Port}";
}
