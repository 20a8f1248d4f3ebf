using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace ClassicBroker.Testing.Verification;

/// <summary>One connection through a <see cref="ProxiedLine"/>: the two sockets, and which broker opened it, once its first request told.</summary>
internal sealed partial class ProxiedConnection(Socket client) : IDisposable
{
    // size, API key, version, correlation id; then the client id with its length
    private const int ClientIdLengthAt = 12;

    private bool _noticed;

    public Socket Client => client;

    public Socket Server { get; } = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    /// <summary>The broker that opened it; null before its first request, and for those who are no broker.</summary>
    public int? From { get; private set; }

    /// <summary>Looks at the first bytes sent. A request that comes in pieces stays unnoticed: it is a broker's first, which is short.</summary>
    public void Notice(ReadOnlySpan<byte> bytes)
    {
        if (_noticed) return;
        _noticed = true;
        if (bytes.Length < ClientIdLengthAt + 2) return;
        var length = BinaryPrimitives.ReadInt16BigEndian(bytes[ClientIdLengthAt..]);
        if (length <= 0 || bytes.Length < ClientIdLengthAt + 2 + length) return;
        var told = BrokerClientId().Match(Encoding.UTF8.GetString(bytes.Slice(ClientIdLengthAt + 2, length)));
        if (told.Success) From = int.Parse(told.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        client.Dispose();
        Server.Dispose();
    }

    [GeneratedRegex("^broker-([0-9]{1,9})-")]
    private static partial Regex BrokerClientId();
}
