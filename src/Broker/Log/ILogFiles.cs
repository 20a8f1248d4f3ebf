namespace ClassicBroker.Broker.Log;

/// <summary>
/// The seam between the log and the disk: every directory and file the log touches goes through here, so that a simulated disk
/// (one that loses its unsynced tail, fills up, or fails) can take its place. Paths are absolute.
/// </summary>
public interface ILogFiles
{
    ISegmentFile Open(string path, bool create);

    /// <summary>Opens a file that is only to be looked at: no right to write is needed, and writing members must not be called.</summary>
    ISegmentFile OpenToRead(string path) => Open(path, create: false);

    bool FileExists(string path);

    bool DirectoryExists(string path);

    long FileLength(string path);

    DateTimeOffset LastWriteTime(string path);

    byte[] ReadAllBytes(string path);

    /// <summary>Replaces a small file so that after a crash either the old or the new content is there: beside it, fsync, rename, fsync of the directory.</summary>
    void ReplaceFile(string path, ReadOnlySpan<byte> content);

    /// <summary>Names (not paths) of the files in a directory.</summary>
    IReadOnlyList<string> ListFiles(string directory);

    /// <summary>Names (not paths) of the directories in a directory.</summary>
    IReadOnlyList<string> ListDirectories(string directory);

    void CreateDirectory(string path);

    void Rename(string from, string to);

    void RenameDirectory(string from, string to);

    /// <summary>Deletes a file; no error when it is not there.</summary>
    void DeleteFile(string path);

    /// <summary>Deletes a directory with all it holds; no error when it is not there.</summary>
    void DeleteDirectory(string path);

    /// <summary>Makes creations, renames and deletions in the directory survive a crash.</summary>
    void FlushDirectory(string path);

    /// <summary>Takes the exclusive lock of a directory, or null when another process holds it; content then names the holder.</summary>
    IDisposable? TryLock(string path, string owner, out string? holder);
}
