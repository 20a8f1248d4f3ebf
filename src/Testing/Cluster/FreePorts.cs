using System.Net;
using System.Net.Sockets;

namespace ClassicBroker.Testing;

/// <summary>
/// Ports that nobody listens on at this moment, chosen by the operating system.
/// All of one call are held together before any is let go, so one call never hands out the same port twice.
/// Another process may still take one before it is used: whoever binds must be ready to say "in use".
/// </summary>
public static class FreePorts
{
    /// <summary>Returns <paramref name="count"/> different free TCP ports of the loopback interface.</summary>
    public static IReadOnlyList<int> Take(int count)
    {
        var held = new List<TcpListener>(count);
        try
        {
            for (var i = 0; i < count; i++)
            {
                var listener = new TcpListener(IPAddress.Loopback, 0);
                listener.Start();
                held.Add(listener);
            }

            return held.Select(l => ((IPEndPoint)l.LocalEndpoint).Port).ToList();
        }
        finally
        {
            foreach (var listener in held) listener.Stop();
        }
    }

    /// <summary>True when a listener on the loopback interface could take the port now.</summary>
    public static bool IsFree(int port)
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        // A port whose last owner died is in TIME_WAIT and may be bound again, as servers do.
        probe.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        try
        {
            probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
            probe.Listen(1);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
