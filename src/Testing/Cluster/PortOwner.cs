using System.Globalization;

namespace ClassicBroker.Testing;

/// <summary>
/// Who listens on a port, for error messages. Linux only (it reads <c>/proc/net/tcp</c> for the socket's inode and looks for
/// the process that holds it); elsewhere, and for other users' processes, it says that it does not know.
/// </summary>
public static class PortOwner
{
    /// <summary>"process 4711 (java)", or "another process" when that cannot be seen.</summary>
    public static string Describe(int port)
    {
        try
        {
            var inodes = ListeningInodes(port);
            foreach (var folder in inodes.Count == 0 ? [] : Directory.EnumerateDirectories("/proc"))
            {
                if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id)) continue;
                if (Holds(folder, inodes)) return $"process {id} ({File.ReadAllText(Path.Combine(folder, "comm")).Trim()})";
            }
        }
        catch (Exception unseen) when (unseen is IOException or UnauthorizedAccessException)
        {
            return "another process";
        }

        return "another process";
    }

    private static HashSet<string> ListeningInodes(int port)
    {
        const string listening = "0A";
        var suffix = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        var inodes = new HashSet<string>();
        foreach (var table in (string[])["/proc/net/tcp", "/proc/net/tcp6"])
        {
            if (!File.Exists(table)) continue;
            foreach (var line in File.ReadLines(table).Skip(1))
            {
                var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (words.Length > 9 && words[1].EndsWith(suffix, StringComparison.Ordinal) && words[3] == listening)
                    inodes.Add($"socket:[{words[9]}]");
            }
        }

        return inodes;
    }

    private static bool Holds(string processFolder, HashSet<string> inodes)
    {
        try
        {
            return Directory.EnumerateFiles(Path.Combine(processFolder, "fd"))
                .Any(file => inodes.Contains(new FileInfo(file).LinkTarget ?? ""));
        }
        catch (Exception unseen) when (unseen is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
