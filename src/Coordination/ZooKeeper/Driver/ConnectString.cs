using System.Globalization;

namespace ClassicBroker.Coordination.ZooKeeper.Driver;

/// <summary>One server of the ensemble.</summary>
internal sealed record ServerAddress(string Host, int Port)
{
    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}

/// <summary>
/// <c>host1:2181,host2,[::1]:2183/chroot</c> taken apart. The chroot is put before every path on its way out and taken off on
/// its way in, so that nobody above knows of it.
/// </summary>
internal sealed class ConnectString
{
    private const int DefaultPort = 2181;

    private ConnectString(IReadOnlyList<ServerAddress> servers, string chroot)
    {
        Servers = servers;
        Chroot = chroot;
    }

    public IReadOnlyList<ServerAddress> Servers { get; }

    /// <summary>Empty, or a path that starts with a slash and does not end with one.</summary>
    public string Chroot { get; }

    public static ConnectString Parse(string text)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        string chroot = slash < 0 ? "" : text[slash..].TrimEnd('/');
        string[] entries = (slash < 0 ? text : text[..slash]).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (entries.Length == 0) throw new ArgumentException($"ZooKeeper connect string '{text}' names no server; expected host1:2181,host2:2181/chroot", nameof(text));
        if (chroot.Contains("//", StringComparison.Ordinal)) throw new ArgumentException($"ZooKeeper connect string '{text}': the chroot has an empty part", nameof(text));
        return new ConnectString([.. entries.Select(entry => ParseServer(entry, text))], chroot);
    }

    public string ToServer(string path)
    {
        if (path.Length == 0 || path[0] != '/') throw new ArgumentException($"znode path '{path}' does not start with '/'", nameof(path));
        if (path.Length > 1 && path[^1] == '/') throw new ArgumentException($"znode path '{path}' ends with '/'", nameof(path));
        if (Chroot.Length == 0) return path;
        return path.Length == 1 ? Chroot : Chroot + path;
    }

    public string ToClient(string path)
    {
        if (Chroot.Length == 0 || !path.StartsWith(Chroot, StringComparison.Ordinal)) return path;
        return path.Length == Chroot.Length ? "/" : path[Chroot.Length..];
    }

    private static ServerAddress ParseServer(string entry, string text)
    {
        int bracket = entry.LastIndexOf(']');
        int colon = entry.IndexOf(':', Math.Max(bracket, 0));
        string host = (colon < 0 ? entry : entry[..colon]).Trim('[', ']');
        int port = DefaultPort;
        bool portIsGood = colon < 0 || (int.TryParse(entry[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and < 65536);
        if (host.Length == 0 || !portIsGood)
            throw new ArgumentException($"ZooKeeper connect string '{text}': '{entry}' is not host:port with a port of 1..65535", nameof(text));
        return new ServerAddress(host, port);
    }
}
