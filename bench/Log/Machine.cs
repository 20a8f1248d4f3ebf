using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ClassicBroker.Bench.Log;

/// <summary>
/// What the machine can do without us: copy memory, write into the page cache with gathered writes, read from it and from the disk,
/// flush. All memory is touched before it is measured; rates are in MB/s of 10^6 bytes.
/// </summary>
internal sealed partial class Machine(string directory)
{
    private const int DropPages = 4; // POSIX_FADV_DONTNEED

    public static double Rate(long bytes, long since) => bytes / Stopwatch.GetElapsedTime(since).TotalSeconds / 1e6;

    public static double Copy(byte[] from, byte[] to, int times)
    {
        var since = Stopwatch.GetTimestamp();
        for (var i = 0; i < times; i++)
            from.AsSpan().CopyTo(to);
        return Rate((long)from.Length * times, since);
    }

    /// <summary>Writes <paramref name="total"/> bytes at the end of a new file, each call gathering <paramref name="pieces"/> buffers.</summary>
    public double Write(byte[] piece, int pieces, long total)
    {
        var path = Path.Combine(directory, "raw-write");
        using var handle = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.Read, FileOptions.DeleteOnClose);
        IReadOnlyList<ReadOnlyMemory<byte>> gathered = [.. Enumerable.Repeat<ReadOnlyMemory<byte>>(piece, pieces)];
        var since = Stopwatch.GetTimestamp();
        long at = 0;
        for (; at < total; at += (long)piece.Length * pieces)
        {
            if (pieces == 1)
                RandomAccess.Write(handle, piece, at);
            else
                RandomAccess.Write(handle, gathered, at);
        }
        return Rate(at, since);
    }

    /// <summary>Reads a whole file in calls of <paramref name="block"/> bytes, doing <paramref name="with"/> on each.</summary>
    public static double Read(string path, int block, Action<ReadOnlySpan<byte>>? with = null)
    {
        var buffer = GC.AllocateUninitializedArray<byte>(block, pinned: true);
        buffer.AsSpan().Fill(1);
        using var handle = File.OpenHandle(path);
        var since = Stopwatch.GetTimestamp();
        long at = 0;
        for (int read; (read = RandomAccess.Read(handle, buffer, at)) > 0; at += read)
            with?.Invoke(buffer.AsSpan(0, read));
        return Rate(at, since);
    }

    /// <summary>Milliseconds of one fsync after a write of <paramref name="bytes"/> bytes.</summary>
    public double Flush(int bytes)
    {
        using var handle = File.OpenHandle(Path.Combine(directory, "raw-flush"), FileMode.Create, FileAccess.ReadWrite, FileShare.Read, FileOptions.DeleteOnClose);
        RandomAccess.Write(handle, new byte[bytes], 0);
        var since = Stopwatch.GetTimestamp();
        RandomAccess.FlushToDisk(handle);
        return Stopwatch.GetElapsedTime(since).TotalMilliseconds;
    }

    /// <summary>Takes a file out of the page cache, so that the next read comes from the disk. Does nothing where the system has no such call.</summary>
    public static void MakeCold(string path)
    {
        if (!OperatingSystem.IsLinux())
            return;
        using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.FlushToDisk(handle);
        if (Advise(handle, 0, 0, DropPages) != 0)
            throw new IOException($"{path} could not be taken out of the page cache.");
    }

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int Advise(SafeFileHandle file, long offset, long length, int advice);
}
