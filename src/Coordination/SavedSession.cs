using System.Text.Json;
using ClassicBroker.Coordination.ZooKeeper;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Coordination;

/// <summary>
/// The id and password of this broker's ZooKeeper session, kept in its locked data directory (mode 0600: whoever can read it can end the
/// session). A broker that was killed finds it at its next start, attaches to that session and closes it, so its old
/// ephemeral znodes go at once instead of after the session timeout.
/// <code>{"sessionId":"0x100000abcde0001","password":"base64"}</code>
/// The lock on the directory is what makes this safe: while it is ours, no other process of ours is alive.
/// </summary>
public sealed class SavedSession(string dataDirectory, ILogger<SavedSession> log) : ISavedSession
{
    private const string FileName = "zookeeper-session.json";

    private readonly string _path = Path.Combine(dataDirectory, FileName);

    /// <summary>The saved session; null when there is none or the file cannot be read (then the old session has to run out).</summary>
    public (long Id, byte[] Password)? Load()
    {
        if (!File.Exists(_path)) return null;
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(_path));
            string id = document.RootElement.GetProperty("sessionId").GetString() ?? "";
            byte[] password = document.RootElement.GetProperty("password").GetBytesFromBase64();
            return (Convert.ToInt64(id, 16), password);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or FormatException or InvalidOperationException
            or ArgumentException or OverflowException or IOException or UnauthorizedAccessException)
        {
            log.LogWarning("The saved session in {Path} cannot be read ({Reason}); an old registration will go when its session times out", _path, e.Message);
            return null;
        }
    }

    /// <summary>Written beside and renamed, so a crash leaves the old file or the new one.</summary>
    public void Save(long sessionId, ReadOnlySpan<byte> password)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string>
        {
            ["sessionId"] = $"0x{sessionId:x}",
            ["password"] = Convert.ToBase64String(password),
        });
        string beside = _path + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(beside, options))
        {
            file.Write(json);
            file.Flush(flushToDisk: true);
        }
        File.Move(beside, _path, overwrite: true);
    }

    /// <summary>Forgets the session after a clean end.</summary>
    public void Delete() => File.Delete(_path);

    /// <summary>
    /// Ends the session of this broker's previous life. False when there was none or it had ended already. Never throws for an
    /// unreachable ensemble: then connecting will say so better.
    /// </summary>
    public async Task<bool> EndPreviousAsync(ZooKeeperOptions options, TimeProvider time, CancellationToken ct = default)
    {
        if (Load() is not var (id, password)) return false;
        try
        {
            bool closed = await SessionTakeover.CloseSessionAsync(options, id, password, time, log, ct);
            if (closed) log.LogInformation("Took over and closed session 0x{Session:x} of this broker's previous run", id);
            Delete();
            return closed;
        }
        catch (Exception e) when (e is ZooKeeperException or IOException or TimeoutException)
        {
            log.LogWarning("Closing session 0x{Session:x} of the previous run failed: {Reason}", id, e.Message);
            return false;
        }
    }
}
