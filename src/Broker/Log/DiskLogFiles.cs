using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace ClassicBroker.Broker.Log;

/// <summary>The real disk behind <see cref="ILogFiles"/>. Holds no state; safe from any thread.</summary>
public sealed partial class DiskLogFiles : ILogFiles
{
    private const int ReadOnly = 0; // O_RDONLY: the one flag that is the same on every processor

    public ISegmentFile Open(string path, bool create) => new DiskSegmentFile(path, create);

    public ISegmentFile OpenToRead(string path) => new DiskSegmentFile(path, create: false, FileAccess.Read);

    public bool FileExists(string path) => File.Exists(path);

    public bool DirectoryExists(string path) => Directory.Exists(path);

    public long FileLength(string path) => new FileInfo(path).Length;

    public DateTimeOffset LastWriteTime(string path) => File.GetLastWriteTimeUtc(path);

    public byte[] ReadAllBytes(string path) => File.ReadAllBytes(path);

    public void ReplaceFile(string path, ReadOnlySpan<byte> content)
    {
        var beside = path + ".tmp";
        try
        {
            using var handle = File.OpenHandle(beside, FileMode.Create, FileAccess.Write);
            RandomAccess.Write(handle, content, 0);
            RandomAccess.FlushToDisk(handle);
        }
        catch (IOException)
        {
            // on a full disk the room it took is wanted back
            File.Delete(beside);
            throw;
        }
        File.Move(beside, path, overwrite: true);
        FlushDirectory(Path.GetDirectoryName(path)!);
    }

    public IReadOnlyList<string> ListFiles(string directory) =>
        [.. Directory.EnumerateFiles(directory).Select(p => Path.GetFileName(p))];

    public IReadOnlyList<string> ListDirectories(string directory) =>
        [.. Directory.EnumerateDirectories(directory).Select(p => Path.GetFileName(p))];

    public void CreateDirectory(string path) => Directory.CreateDirectory(path);

    public void Rename(string from, string to) => File.Move(from, to, overwrite: true);

    public void RenameDirectory(string from, string to) => Directory.Move(from, to);

    public void DeleteFile(string path) => File.Delete(path);

    public void DeleteDirectory(string path)
    {
        if (Directory.Exists(path))
            Directory.Delete(path, recursive: true);
    }

    public void FlushDirectory(string path)
    {
        // elsewhere a directory cannot be opened as a file; renames are then as durable as the file system makes them
        if (!OperatingSystem.IsLinux())
            return;
        var descriptor = OpenFile(path, ReadOnly);
        if (descriptor < 0)
            throw new IOException($"Cannot open directory {path} to flush it (errno {Marshal.GetLastPInvokeError()}).");
        try
        {
            if (SyncFile(descriptor) != 0)
                throw new IOException($"Cannot flush directory {path} (errno {Marshal.GetLastPInvokeError()}).");
        }
        finally
        {
            _ = CloseFile(descriptor);
        }
    }

    public IDisposable? TryLock(string path, string owner, out string? holder)
    {
        holder = null;
        FileStream file;
        try
        {
            // FileShare.None is a flock: it keeps out other brokers, also one in this very process
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            holder = ReadHolder(path);
            return null;
        }
        if (!OperatingSystem.IsMacOS() && !TryLockRange(file))
        {
            file.Dispose();
            holder = ReadHolder(path);
            return null;
        }
        WriteOwner(file, owner);
        return file;
    }

    // the name helps whoever finds the lock taken; a full disk has no room for it, and must not keep a broker from starting
    private static void WriteOwner(FileStream file, string owner)
    {
        try
        {
            file.SetLength(0);
            file.Write(Encoding.UTF8.GetBytes(owner));
            file.Flush();
        }
        catch (IOException e) when (DiskFailure.IsFull(e))
        {
            return;
        }
    }

    // Kafka locks the byte range, not the file: taking that too keeps a Kafka broker out
    private static bool TryLockRange(FileStream file)
    {
        try
        {
#pragma warning disable CA1416 // guarded by the caller
            file.Lock(0, 0);
#pragma warning restore CA1416
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    // The runtime's own open asks for a shared lock and so cannot open a file that is locked; the system's does not ask.
    private static string? ReadHolder(string path)
    {
        if (!OperatingSystem.IsLinux())
            return null;
        using var handle = new SafeFileHandle(OpenFile(path, ReadOnly), ownsHandle: true);
        if (handle.IsInvalid)
            return null;
        var bytes = new byte[200];
        var text = Encoding.UTF8.GetString(bytes, 0, RandomAccess.Read(handle, bytes, 0)).Trim();
        return text.Length == 0 ? null : text;
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int SyncFile(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int CloseFile(int descriptor);
}
