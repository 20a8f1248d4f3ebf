using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ClassicBroker.Broker.Log;

/// <summary>
/// A segment on a real disk: positional reads and gathered writes on one handle, no memory map, no stream buffer, so that what was
/// appended is in the page cache when the call returns. Owner of Append and Truncate: the log's writer; reads need no owner.
/// </summary>
internal sealed partial class DiskSegmentFile : ISegmentFile
{
    private const int PosixWillNeed = 3; // POSIX_FADV_WILLNEED on Linux
    private const int InputOutputError = 5; // EIO

    private readonly SafeFileHandle _handle;
    private long _length;

    public DiskSegmentFile(string path, bool create, FileAccess access = FileAccess.ReadWrite)
    {
        _handle = File.OpenHandle(path, create ? FileMode.OpenOrCreate : FileMode.Open, access,
            FileShare.ReadWrite | FileShare.Delete);
        _length = RandomAccess.GetLength(_handle);
    }

    public long Length => Volatile.Read(ref _length);

    public int ReadAt(Span<byte> destination, long position)
    {
        var done = 0;
        while (done < destination.Length)
        {
            var read = RandomAccess.Read(_handle, destination[done..], position + done);
            if (read == 0)
                break;
            done += read;
        }
        return done;
    }

    public void WillNeed(long position, int length)
    {
        // a hint: where it does not exist, or the file is closed just now, nothing is lost
        if (OperatingSystem.IsLinux() && !_handle.IsClosed)
            _ = Advise(_handle, position, length, PosixWillNeed);
    }

    public void Append(IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        long size = 0;
        for (var i = 0; i < pieces.Count; i++)
            size += pieces[i].Length;
        try
        {
            RandomAccess.Write(_handle, pieces, _length);
        }
        catch (IOException e)
        {
            throw CutBack(e);
        }
        Volatile.Write(ref _length, _length + size);
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        try
        {
            RandomAccess.Write(_handle, bytes, _length);
        }
        catch (IOException e)
        {
            throw CutBack(e);
        }
        Volatile.Write(ref _length, _length + bytes.Length);
    }

    public void Truncate(long length)
    {
        if (length >= _length)
            return;
        RandomAccess.SetLength(_handle, length);
        Volatile.Write(ref _length, length);
    }

    public void Flush()
    {
        try
        {
            RandomAccess.FlushToDisk(_handle);
        }
        catch (IOException e)
        {
            // Whatever the reason: the pages may be gone from the cache without being on the disk, and a second flush would not say so. Never taken for a disk
            // that is only full.
            throw new IOException($"Flush failed: {e.Message}", InputOutputError);
        }
    }

    public void Dispose() => _handle.Dispose();

    [LibraryImport("libc", EntryPoint = "posix_fadvise64")]
    private static partial int Advise(SafeFileHandle file, long offset, long length, int advice);

    // A write that failed may have left a part: it goes, or it would stand in the file as if it were a batch. If even that fails, the caller must not take it
    // for a full disk.
    private IOException CutBack(IOException cause)
    {
        try
        {
            RandomAccess.SetLength(_handle, _length);
            return cause;
        }
        catch (IOException e)
        {
            return new IOException($"{cause.Message} What was half written could not be cut off: {e.Message}", InputOutputError);
        }
    }
}
