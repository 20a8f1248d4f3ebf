using System.Text;
using ClassicBroker.Broker.Log;

namespace ClassicBroker.Testing;

/// <summary>
/// A disk in memory that forgets as real ones do. What is written is at once visible, as through a page cache; it survives
/// <see cref="PowerLoss"/> only as far as it was flushed: bytes of a file by its Flush, names in a directory (creations, renames, deletions)
/// by FlushDirectory. Of the rest chance keeps a part: of each file's unflushed tail a prefix, sometimes with zeros where bytes were on
/// their way; of each directory's unflushed changes the first few. <see cref="ProcessDeath"/> loses nothing, as kill -9 does.
/// It fills up (<see cref="FreeBytes"/>), fails where it is told to (<see cref="Fault"/>), and its bytes can be spoiled.
/// <para>Strict as POSIX allows, not lenient as one file system happens to be. Safe from any thread: one lock. Names come sorted, and
/// chance is the caller's seeded <see cref="Random"/>, so a run can be repeated.</para>
/// </summary>
public sealed class MemoryDisk(TimeProvider time) : ILogFiles
{
    /// <summary>errno values, as .NET puts them into HResult: what a full and a failing disk answer.</summary>
    public const int NoSpace = 28, InputOutput = 5;

    private readonly Lock _gate = new();
    private readonly MemoryFolder _root = new();
    private readonly HashSet<string> _locked = new(StringComparer.Ordinal);
    private int _life;

    /// <summary>Bytes that can still be written; an append that does not fit writes nothing and fails with <see cref="NoSpace"/>.</summary>
    public long FreeBytes { get; set; } = long.MaxValue;

    /// <summary>Asked before every operation with its name ("append", "flush", "read", "rename", …) and the path; what it returns is thrown.</summary>
    public Func<string, string, IOException?>? Fault { get; set; }

    /// <summary>Flushes of files and directories so far.</summary>
    public long Flushes { get; private set; }

    /// <summary>An answer of a failing disk, for <see cref="Fault"/>.</summary>
    public static IOException IoError(string path) => new($"Input/output error : '{path}'", InputOutput);

    /// <summary>The answer of a full disk, for <see cref="Fault"/>.</summary>
    public static IOException Full(string path) => new($"No space left on device : '{path}'", NoSpace);

    /// <summary>The process ends without a word: open files and locks are gone, everything written stays.</summary>
    public void ProcessDeath()
    {
        lock (_gate)
        {
            _life++;
            _locked.Clear();
        }
    }

    /// <summary>The power goes: see the class comment. With <paramref name="keepNothing"/> every unflushed byte and name is lost.</summary>
    public void PowerLoss(Random chance, bool keepNothing = false)
    {
        ProcessDeath();
        lock (_gate) _root.LosePower(chance, keepNothing);
    }

    /// <summary>Everything as it is now, as a disk of its own: a crash can be tried many times from one state.</summary>
    public MemoryDisk Copy()
    {
        lock (_gate)
        {
            var copy = new MemoryDisk(time) { FreeBytes = FreeBytes };
            _root.CopyTo(copy._root);
            return copy;
        }
    }

    /// <summary>Puts a file there, flushed, whatever was there before: for damage done on purpose.</summary>
    public void Put(string path, ReadOnlySpan<byte> content)
    {
        lock (_gate)
        {
            var folder = FolderOf(path, create: true);
            var file = new MemoryContent(time.GetUtcNow());
            file.Write(content);
            file.Flush();
            folder.Set(NameOf(path), file);
            folder.Flush();
        }
    }

    /// <summary>Flips bits of one byte where it lies, as a bad sector does, also under files that are open.</summary>
    public void Flip(string path, int position, byte mask)
    {
        lock (_gate) FileAt(path).Flip(position, mask);
    }

    public ISegmentFile Open(string path, bool create)
    {
        lock (_gate)
        {
            Check("open", path);
            var folder = FolderOf(path, create: false);
            if (folder.Now.GetValueOrDefault(NameOf(path)) is MemoryContent found)
                return new Handle(this, found, path, _life);
            if (!create)
                throw new FileNotFoundException($"Could not find file '{path}'.", path);
            if (FreeBytes <= 0)
                throw Full(path);
            var made = new MemoryContent(time.GetUtcNow());
            folder.Set(NameOf(path), made);
            return new Handle(this, made, path, _life);
        }
    }

    public bool FileExists(string path)
    {
        lock (_gate) return Find(path) is MemoryContent;
    }

    public bool DirectoryExists(string path)
    {
        lock (_gate) return Find(path) is MemoryFolder;
    }

    public long FileLength(string path)
    {
        lock (_gate) return FileAt(path).Length;
    }

    public DateTimeOffset LastWriteTime(string path)
    {
        lock (_gate) return FileAt(path).Written;
    }

    public byte[] ReadAllBytes(string path)
    {
        lock (_gate)
        {
            Check("read", path);
            return FileAt(path).Bytes.ToArray();
        }
    }

    public void ReplaceFile(string path, ReadOnlySpan<byte> content)
    {
        lock (_gate)
        {
            Check("replace", path);
            var folder = FolderOf(path, create: false);
            Take(content.Length, path);
            if (folder.Now.GetValueOrDefault(NameOf(path)) is MemoryContent old)
                Give(old.Length);
            var file = new MemoryContent(time.GetUtcNow());
            file.Write(content);
            file.Flush();
            folder.Set(NameOf(path), file);
            folder.Flush();
            Flushes += 2;
        }
    }

    public IReadOnlyList<string> ListFiles(string directory)
    {
        lock (_gate) return [.. FolderAt(directory, "list").Now.Where(e => e.Value is MemoryContent).Select(e => e.Key).Order(StringComparer.Ordinal)];
    }

    public IReadOnlyList<string> ListDirectories(string directory)
    {
        lock (_gate) return [.. FolderAt(directory, "list").Now.Where(e => e.Value is MemoryFolder).Select(e => e.Key).Order(StringComparer.Ordinal)];
    }

    public void CreateDirectory(string path)
    {
        lock (_gate)
        {
            Check("create", path);
            FolderOf(Path.Combine(path, "x"), create: true);
        }
    }

    public void Rename(string from, string to) => Move(from, to, "rename");

    public void RenameDirectory(string from, string to) => Move(from, to, "rename");

    public void DeleteFile(string path)
    {
        lock (_gate)
        {
            Check("delete", path);
            if (Find(path) is not MemoryContent file)
                return;
            Give(file.Length);
            FolderOf(path, create: false).Set(NameOf(path), null);
        }
    }

    public void DeleteDirectory(string path)
    {
        lock (_gate)
        {
            Check("delete", path);
            if (Find(path) is not MemoryFolder folder)
                return;
            Give(folder.Size);
            FolderOf(path, create: false).Set(NameOf(path), null);
        }
    }

    public void FlushDirectory(string path)
    {
        lock (_gate)
        {
            FolderAt(path, "flush").Flush();
            Flushes++;
        }
    }

    public IDisposable? TryLock(string path, string owner, out string? holder)
    {
        lock (_gate)
        {
            Check("lock", path);
            holder = null;
            if (!_locked.Add(path))
            {
                holder = Encoding.UTF8.GetString(FileAt(path).Bytes).Trim();
                return null;
            }
            var folder = FolderOf(path, create: false);
            var file = new MemoryContent(time.GetUtcNow());
            file.Write(Encoding.UTF8.GetBytes(owner));
            folder.Set(NameOf(path), file);
            return new Held(this, path, _life);
        }
    }

    private void Move(string from, string to, string what)
    {
        lock (_gate)
        {
            Check(what, from);
            var node = Find(from) ?? throw new FileNotFoundException($"Could not find '{from}'.", from);
            var (source, target) = (FolderOf(from, create: false), FolderOf(to, create: false));
            if (ReferenceEquals(source, target))
            {
                target.Rename(NameOf(from), NameOf(to), node);
                return;
            }
            source.Set(NameOf(from), null);
            target.Set(NameOf(to), node);
        }
    }

    private void Take(long bytes, string path)
    {
        if (bytes > FreeBytes)
            throw Full(path);
        Give(-bytes);
    }

    // a disk without a limit stays without one
    private void Give(long bytes) => FreeBytes = FreeBytes == long.MaxValue ? FreeBytes : FreeBytes + bytes;

    private void Check(string what, string path)
    {
        if (Fault?.Invoke(what, path) is { } failure)
            throw failure;
    }

    private static string NameOf(string path) => Path.GetFileName(path);

    private MemoryContent FileAt(string path) => Find(path) as MemoryContent ?? throw new FileNotFoundException($"Could not find file '{path}'.", path);

    private MemoryFolder FolderAt(string path, string what)
    {
        Check(what, path);
        return Find(path) as MemoryFolder ?? throw new DirectoryNotFoundException($"Could not find a part of the path '{path}'.");
    }

    private MemoryNode? Find(string path)
    {
        MemoryNode? at = _root;
        foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
            at = (at as MemoryFolder)?.Now.GetValueOrDefault(name);
        return at;
    }

    private MemoryFolder FolderOf(string path, bool create)
    {
        var at = _root;
        foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries)[..^1])
        {
            if (at.Now.GetValueOrDefault(name) is not MemoryFolder next)
            {
                if (!create)
                    throw new DirectoryNotFoundException($"Could not find a part of the path '{path}'.");
                next = new MemoryFolder();
                at.Set(name, next);
            }
            at = next;
        }
        return at;
    }

    private sealed class Held(MemoryDisk disk, string path, int life) : IDisposable
    {
        public void Dispose()
        {
            lock (disk._gate)
            {
                if (disk._life == life)
                    disk._locked.Remove(path);
            }
        }
    }

    private sealed class Handle(MemoryDisk disk, MemoryContent content, string path, int life) : ISegmentFile
    {
        private bool _closed;

        public long Length
        {
            get { lock (disk._gate) return content.Length; }
        }

        public int ReadAt(Span<byte> destination, long position)
        {
            lock (disk._gate)
            {
                Check("read");
                var rest = position >= content.Length ? default : content.Bytes[(int)position..];
                var read = Math.Min(rest.Length, destination.Length);
                rest[..read].CopyTo(destination);
                return read;
            }
        }

        public void Append(IReadOnlyList<ReadOnlyMemory<byte>> pieces)
        {
            foreach (var piece in pieces)
                Append(piece.Span);
        }

        public void Append(ReadOnlySpan<byte> bytes)
        {
            lock (disk._gate)
            {
                Check("append");
                disk.Take(bytes.Length, path);
                content.Write(bytes);
                content.Written = disk.Now;
            }
        }

        public void Truncate(long length)
        {
            lock (disk._gate)
            {
                Check("truncate");
                if (length >= content.Length)
                    return;
                disk.Give(content.Length - length);
                content.Truncate((int)length);
                content.Written = disk.Now;
            }
        }

        public void Flush()
        {
            lock (disk._gate)
            {
                Check("flush");
                content.Flush();
                disk.Flushes++;
            }
        }

        public void Dispose() => _closed = true;

        private void Check(string what)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            if (disk._life != life)
                throw new ObjectDisposedException(path, "The process that opened this file is dead.");
            disk.Check(what, path);
        }
    }

    private DateTimeOffset Now => time.GetUtcNow();
}
