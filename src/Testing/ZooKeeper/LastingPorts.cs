using System.Net;
using System.Net.Sockets;

namespace ClassicBroker.Testing;

/// <summary>
/// Free TCP ports on the loopback, chosen below the range from which systems take the local ports of outgoing connections (32768 and up on Linux):
/// a node that is killed finds its port still free when it comes back.
/// </summary>
internal static class LastingPorts
{
    private const int Lowest = 15_000;
    private const int Highest = 32_000;
    private const int Attempts = 1_000;

    /// <summary>That many different ports, all free now.</summary>
    public static int[] Take(int count)
    {
        var held = new List<Socket>(count);
        try
        {
            for (int attempt = 0; held.Count < count; attempt++)
            {
                if (attempt == Attempts) throw new IOException($"no {count} free ports between {Lowest} and {Highest} after {Attempts} attempts");
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                if (TryBind(socket, Random.Shared.Next(Lowest, Highest))) held.Add(socket);
                else socket.Dispose();
            }

            return [.. held.Select(socket => ((IPEndPoint)socket.LocalEndPoint!).Port)];
        }
        finally
        {
            held.ForEach(socket => socket.Dispose());
        }
    }

    private static bool TryBind(Socket socket, int port)
    {
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException taken) when (taken.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
        {
            return false;
        }
    }
}
