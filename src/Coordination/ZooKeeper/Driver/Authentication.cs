using System.Text;

namespace ClassicBroker.Coordination.ZooKeeper.Driver;

/// <summary>
/// ZooKeeper's <c>digest</c> scheme: user and password go to the server as they are, and the server keeps a hash. They belong to the
/// connection, not to the session, so they are sent again on every connection, before anything that may need them.
/// </summary>
internal static class Authentication
{
    /// <summary>The frame to send, or null when no user is configured.</summary>
    public static byte[]? ToFrame(ZooKeeperOptions options)
    {
        if (options.DigestUser is null) return null;
        var jute = new JuteWriter();
        jute.Int(0); // frame length, filled in last
        jute.Int(Xid.Auth);
        jute.Int(OpCode.Auth);
        jute.Int(0); // type, always 0
        jute.String("digest");
        jute.Buffer(Encoding.UTF8.GetBytes($"{options.DigestUser}:{options.DigestPassword}"));
        return jute.ToFrame();
    }
}
