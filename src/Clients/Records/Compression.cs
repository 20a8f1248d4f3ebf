using System.Buffers.Binary;
using System.IO.Compression;
using K4os.Compression.LZ4;
using K4os.Compression.LZ4.Streams;
using Snappier;

namespace ClassicBroker.Clients.Records;

/// <summary>
/// The codecs of record batches, block in, block out. Decompressing is bounded: a block that would grow past the given size is
/// refused as soon as that is seen, so a small batch cannot fill the memory.
/// Snappy is written in the xerial framing (Java's snappy streams) and read in it or raw (some older clients); LZ4 is the frame
/// format of LZ4 itself (Kafka's later one, with a right header checksum).
/// Source: clients/…/common/compress.
/// </summary>
public static class Compression
{
    // xerial: this magic, two int32 versions, then blocks: int32 compressed length, raw snappy
    private static ReadOnlySpan<byte> XerialMagic => [0x82, (byte)'S', (byte)'N', (byte)'A', (byte)'P', (byte)'P', (byte)'Y', 0];
    private const int XerialHeaderSize = 16, XerialBlockSize = 32 * 1024;
    private const int CopyBlock = 16 * 1024;
    private const int Lz4FastLevel = 9, MostSnappyGives = 64, ZstdFirstGuess = 8;

    /// <summary>The levels Kafka uses where nothing else is set: gzip -1 (zlib's own), lz4 9 (the fast compressor), zstd 3. Snappy has none.</summary>
    public static int DefaultLevel(CompressionType type) => type switch
    {
        CompressionType.Gzip => -1,
        CompressionType.Lz4 => Lz4FastLevel,
        CompressionType.Zstd => 3,
        _ => 0,
    };

    public static byte[] Compress(CompressionType type, ReadOnlySpan<byte> data) => Compress(type, data, DefaultLevel(type));

    /// <param name="type">the codec</param>
    /// <param name="data">what is to be compressed</param>
    /// <param name="level">gzip -1 or 1 to 9, lz4 1 to 17, zstd -131072 to 22 (KIP-390); the others have none</param>
    public static byte[] Compress(CompressionType type, ReadOnlySpan<byte> data, int level) => type switch
    {
        CompressionType.None => data.ToArray(),
        CompressionType.Gzip => Gzip(data, level),
        CompressionType.Snappy => Xerial(data),
        CompressionType.Lz4 => Lz4(data, level),
        CompressionType.Zstd => Zstd(data, level),
        _ => throw new InvalidRecordsException($"Compression codec {(int)type} is not known."),
    };

    /// <summary>The content of a compressed block; InvalidRecordsException when it is broken or larger than <paramref name="maxBytes"/>.</summary>
    public static byte[] Decompress(CompressionType type, ReadOnlyMemory<byte> data, int maxBytes)
    {
        using var content = DecompressPooled(type, data, maxBytes);
        return content.Span.ToArray();
    }

    /// <summary>As <see cref="Decompress"/>, into a pooled block that the caller gives back.</summary>
    public static PooledBytes DecompressPooled(CompressionType type, ReadOnlyMemory<byte> data, int maxBytes)
    {
        var content = new PooledBytes(maxBytes);
        try
        {
            Decompress(type, data, content, maxBytes);
            return content;
        }
        // the decoders are other people's, the bytes a stranger's: whatever they throw means "these bytes are no such block"
        catch (Exception e)
        {
            content.Dispose();
            if (e is InvalidRecordsException or OutOfMemoryException)
                throw;
            throw new InvalidRecordsException($"A {type} block cannot be decompressed: {e.Message}", e);
        }
    }

    private static void Decompress(CompressionType type, ReadOnlyMemory<byte> data, PooledBytes content, int maxBytes)
    {
        switch (type)
        {
            case CompressionType.None:
                data.Span.CopyTo(content.Free(data.Length));
                content.Advance(data.Length);
                break;
            case CompressionType.Gzip:
                ReadStream(new GZipStream(AsStream(data), CompressionMode.Decompress), content);
                break;
            case CompressionType.Snappy:
                UnSnappy(data.Span, content);
                break;
            case CompressionType.Lz4:
                ReadStream(LZ4Stream.Decode(AsStream(data)), content);
                break;
            case CompressionType.Zstd:
                UnZstd(data.Span, content, maxBytes);
                break;
            default:
                throw new InvalidRecordsException($"Compression codec {(int)type} is not known.");
        }
    }

    private static byte[] Gzip(ReadOnlySpan<byte> data, int level)
    {
        using var target = new MemoryStream();
        using (var gzip = new GZipStream(target, new ZLibCompressionOptions { CompressionLevel = level }, leaveOpen: true))
            gzip.Write(data);
        return target.ToArray();
    }

    private static byte[] Zstd(ReadOnlySpan<byte> data, int level)
    {
        using var compressor = new ZstdSharp.Compressor(level);
        return compressor.Wrap(data).ToArray();
    }

    private static byte[] Lz4(ReadOnlySpan<byte> data, int level)
    {
        using var target = new MemoryStream();
        // Kafka's default means the fast compressor; this library's high compression begins at 3 and ends at 12
        var effort = level == Lz4FastLevel ? LZ4Level.L00_FAST : (LZ4Level)Math.Clamp(level, (int)LZ4Level.L03_HC, (int)LZ4Level.L12_MAX);
        // independent blocks: what every client's decoder can read
        var settings = new LZ4EncoderSettings { ChainBlocks = false, BlockSize = 64 * 1024, CompressionLevel = effort };
        using (var lz4 = LZ4Stream.Encode(target, settings, leaveOpen: true))
            lz4.Write(data);
        return target.ToArray();
    }

    private static byte[] Xerial(ReadOnlySpan<byte> data)
    {
        using var target = new MemoryStream();
        Span<byte> header = stackalloc byte[XerialHeaderSize];
        XerialMagic.CopyTo(header);
        BinaryPrimitives.WriteInt32BigEndian(header[8..], 1);
        BinaryPrimitives.WriteInt32BigEndian(header[12..], 1);
        target.Write(header);
        Span<byte> length = stackalloc byte[4];
        var block = new byte[Snappy.GetMaxCompressedLength(XerialBlockSize)];
        for (; data.Length > 0; data = data[Math.Min(data.Length, XerialBlockSize)..])
        {
            var written = Snappy.Compress(data[..Math.Min(data.Length, XerialBlockSize)], block);
            BinaryPrimitives.WriteInt32BigEndian(length, written);
            target.Write(length);
            target.Write(block, 0, written);
        }
        return target.ToArray();
    }

    private static void UnSnappy(ReadOnlySpan<byte> data, PooledBytes content)
    {
        if (!data.StartsWith(XerialMagic))
        {
            SnappyBlock(data, content);
            return;
        }
        if (data.Length < XerialHeaderSize)
            throw new InvalidRecordsException("A snappy block ends inside of its header.");
        for (data = data[XerialHeaderSize..]; data.Length > 0;)
        {
            // concatenated streams repeat the header
            if (data.StartsWith(XerialMagic) && data.Length >= XerialHeaderSize)
            {
                data = data[XerialHeaderSize..];
                continue;
            }
            var length = data.Length < 4 ? -1 : BinaryPrimitives.ReadInt32BigEndian(data);
            if (length < 0 || length > data.Length - 4)
                throw new InvalidRecordsException("A snappy block is cut.");
            SnappyBlock(data.Slice(4, length), content);
            data = data[(4 + length)..];
        }
    }

    private static void SnappyBlock(ReadOnlySpan<byte> data, PooledBytes content)
    {
        // snappy gives at most 64 bytes for 3 (a copy), so a length beyond that is a lie and nothing is allocated by it
        var length = Snappy.GetUncompressedLength(data);
        if (length > MostSnappyGives * (long)data.Length)
            throw new InvalidRecordsException($"A snappy block of {data.Length} bytes announces {length}.");
        if (Snappy.Decompress(data, content.Free(length)) != length)
            throw new InvalidRecordsException("A snappy block holds less than it announces.");
        content.Advance(length);
    }

    // In one call, without the window a stream would need: a frame may ask for one of 2 GiB. The block grows only while there is content.
    private static void UnZstd(ReadOnlySpan<byte> data, PooledBytes content, int maxBytes)
    {
        using var decompressor = new ZstdSharp.Decompressor();
        for (var size = (int)Math.Min(maxBytes, Math.Max(CopyBlock, ZstdFirstGuess * (long)data.Length));; size = (int)Math.Min(maxBytes, size * 4L))
        {
            if (decompressor.TryUnwrap(data, content.Restart(size), out var written))
            {
                content.Advance(written);
                return;
            }
            if (size == maxBytes)
                throw content.TooLarge();
        }
    }

    private static void ReadStream(Stream source, PooledBytes content)
    {
        using var _ = source;
        for (int read; (read = source.Read(content.Probe())) > 0;)
            content.Advance(read);
    }

    private static MemoryStream AsStream(ReadOnlyMemory<byte> data) =>
        System.Runtime.InteropServices.MemoryMarshal.TryGetArray(data, out var array)
            ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
            : new MemoryStream(data.ToArray(), writable: false);
}
