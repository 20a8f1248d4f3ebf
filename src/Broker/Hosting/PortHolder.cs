using System.Globalization;

namespace ClassicBroker.Broker.Hosting;

/// <summary>
/// Finds the process that listens on a TCP port, for the message "port 9092 is in use by ...". Reads Linux's /proc: the socket's
/// inode from the table of sockets, then the process that has it open. Only as much as we may see; elsewhere it knows nothing.
/// </summary>
public static class PortHolder
{
    private const string Listening = "0A";

    /// <summary>For instance <c>process 4711 (java)</c>; null when it cannot be told.</summary>
    public static string? Find(int port)
    {
        try
        {
            var inodes = Inodes("/proc/net/tcp", port).Concat(Inodes("/proc/net/tcp6", port)).Select(inode => $"socket:[{inode}]").ToHashSet();
            return inodes.Count == 0 ? null : Directory.EnumerateDirectories("/proc").Select(folder => Holder(folder, inodes)).FirstOrDefault(h => h is not null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static IEnumerable<string> Inodes(string table, int port)
    {
        if (!File.Exists(table))
        {
            yield break;
        }

        var suffix = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        foreach (var line in File.ReadLines(table))
        {
            // Columns: slot, local address:port, remote, state, queues, timer, retransmits, uid, timeout, inode.
            var columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (columns.Length > 9 && columns[3] == Listening && columns[1].EndsWith(suffix, StringComparison.Ordinal))
            {
                yield return columns[9];
            }
        }
    }

    private static string? Holder(string folder, HashSet<string> sockets)
    {
        if (!int.TryParse(Path.GetFileName(folder), out var pid))
        {
            return null;
        }

        try
        {
            return Directory.EnumerateFiles(Path.Combine(folder, "fd")).Any(fd => File.ResolveLinkTarget(fd, false)?.Name is { } target && sockets.Contains(target))
                ? $"process {pid} ({File.ReadAllText(Path.Combine(folder, "comm")).Trim()})"
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not ours to look into, or gone meanwhile.
            return null;
        }
    }
}
