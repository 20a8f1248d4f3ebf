using System.Net.Sockets;

namespace ClassicBroker.Broker.Hosting;

/// <summary>Turns a failed bind into a sentence that says which setting, which address, and who has the port.</summary>
internal static class PortProblem
{
    public static StartupException Describe(string setting, string host, int port, Exception cause)
    {
        var socket = cause as SocketException ?? cause.InnerException as SocketException ?? cause.InnerException?.InnerException as SocketException;
        var why = socket?.SocketErrorCode switch
        {
            SocketError.AddressAlreadyInUse => $"port {port} is in use by {PortHolder.Find(port) ?? "another process"}",
            SocketError.AddressNotAvailable => $"{host} is not an address of this machine",
            SocketError.AccessDenied => $"port {port} needs rights this process does not have",
            SocketError.HostNotFound => $"the host {host} is not known",
            _ => cause.Message,
        };
        return new StartupException($"{setting}: cannot listen on {host}:{port}: {why}", cause);
    }
}
