using ClassicBroker.Broker.Log;

namespace ClassicBroker.Unit.Log;

/// <summary>A disk that is full while <see cref="Broken"/> is set.</summary>
internal sealed class FailingLogFiles(ILogFiles inner) : ILogFiles
{
    public bool Broken { get; set; }

    public ISegmentFile Open(string path, bool create) => new File(this, inner.Open(path, create));

    public bool FileExists(string path) => inner.FileExists(path);

    public bool DirectoryExists(string path) => inner.DirectoryExists(path);

    public long FileLength(string path) => inner.FileLength(path);

    public DateTimeOffset LastWriteTime(string path) => inner.LastWriteTime(path);

    public byte[] ReadAllBytes(string path) => inner.ReadAllBytes(path);

    public void ReplaceFile(string path, ReadOnlySpan<byte> content) => inner.ReplaceFile(path, content);

    public IReadOnlyList<string> ListFiles(string directory) => inner.ListFiles(directory);

    public IReadOnlyList<string> ListDirectories(string directory) => inner.ListDirectories(directory);

    public void CreateDirectory(string path) => inner.CreateDirectory(path);

    public void Rename(string from, string to) => inner.Rename(from, to);

    public void RenameDirectory(string from, string to) => inner.RenameDirectory(from, to);

    public void DeleteFile(string path) => inner.DeleteFile(path);

    public void DeleteDirectory(string path) => inner.DeleteDirectory(path);

    public void FlushDirectory(string path) => inner.FlushDirectory(path);

    public IDisposable? TryLock(string path, string owner, out string? holder) => inner.TryLock(path, owner, out holder);

    private void Check()
    {
        if (Broken)
            throw new IOException("No space left on device");
    }

    private sealed class File(FailingLogFiles disk, ISegmentFile inner) : ISegmentFile
    {
        public long Length => inner.Length;

        public int ReadAt(Span<byte> destination, long position) => inner.ReadAt(destination, position);

        public void Append(IReadOnlyList<ReadOnlyMemory<byte>> pieces)
        {
            disk.Check();
            inner.Append(pieces);
        }

        public void Append(ReadOnlySpan<byte> bytes)
        {
            disk.Check();
            inner.Append(bytes);
        }

        public void Truncate(long length) => inner.Truncate(length);

        public void Flush()
        {
            disk.Check();
            inner.Flush();
        }

        public void Dispose() => inner.Dispose();
    }
}
