namespace ClassicBroker.Broker.Log;

/// <summary>
/// One open file of a log. Reads are safe beside one writer and beside Dispose (they then throw ObjectDisposedException).
/// Failures are IOExceptions; an append that fails leaves the file as long as it was.
/// </summary>
public interface ISegmentFile : IDisposable
{
    /// <summary>Bytes in the file.</summary>
    long Length { get; }

    /// <summary>Fills <paramref name="destination"/> from <paramref name="position"/>; returns the bytes read, fewer only at the end of the file.</summary>
    int ReadAt(Span<byte> destination, long position);

    /// <summary>A hint that these bytes will be read soon; it never waits and never fails.</summary>
    void WillNeed(long position, int length) { }

    /// <summary>Writes all pieces one after the other at the end of the file, in one system call where the platform can.</summary>
    void Append(IReadOnlyList<ReadOnlyMemory<byte>> pieces);

    void Append(ReadOnlySpan<byte> bytes);

    /// <summary>Cuts the file to <paramref name="length"/> bytes.</summary>
    void Truncate(long length);

    /// <summary>Returns when the content is on the disk.</summary>
    void Flush();
}
