using System.Buffers;
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

    public static byte[] Compress(CompressionType type, ReadOnlySpan<byte> data) => type switch
    {
        CompressionType.None => data.ToArray(),
        CompressionType.Gzip => Gzip(data),
        CompressionType.Snappy => Xerial(data),
        CompressionType.Lz4 => Lz4(data),
        CompressionType.Zstd => Zstd(data),
        _ => throw new InvalidRecordsException($"Compression codec {(int)type} is not known."),
    };

    /// <summary>The content of a compressed block; InvalidRecordsException when it is broken or larger than <paramref name="maxBytes"/>.</summary>
    public static byte[] Decompress(CompressionType type, ReadOnlyMemory<byte> data, int maxBytes)
    {
        try
        {
            return type switch
            {
                CompressionType.None => data.ToArray(),
                CompressionType.Gzip => ReadStream(new GZipStream(AsStream(data), CompressionMode.Decompress), maxBytes),
                CompressionType.Snappy => UnSnappy(data.Span, maxBytes),
                CompressionType.Lz4 => ReadStream(LZ4Stream.Decode(AsStream(data)), maxBytes),
                CompressionType.Zstd => ReadStream(new ZstdSharp.DecompressionStream(AsStream(data)), maxBytes),
                _ => throw new InvalidRecordsException($"Compression codec {(int)type} is not known."),
            };
        }
        // the decoders are other people's, the bytes a stranger's: whatever they throw means "these bytes are no such block"
        catch (Exception e) when (e is not InvalidRecordsException and not OutOfMemoryException)
        {
            throw new InvalidRecordsException($"A {type} block cannot be decompressed: {e.Message}", e);
        }
    }

    private static byte[] Gzip(ReadOnlySpan<byte> data)
    {
        using var target = new MemoryStream();
        using (var gzip = new GZipStream(target, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(data);
        return target.ToArray();
    }

    private static byte[] Zstd(ReadOnlySpan<byte> data)
    {
        using var compressor = new ZstdSharp.Compressor();
        return compressor.Wrap(data).ToArray();
    }

    private static byte[] Lz4(ReadOnlySpan<byte> data)
    {
        using var target = new MemoryStream();
        // independent blocks: what every client's decoder can read
        var settings = new LZ4EncoderSettings { ChainBlocks = false, BlockSize = 64 * 1024, CompressionLevel = LZ4Level.L00_FAST };
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

    private static byte[] UnSnappy(ReadOnlySpan<byte> data, int maxBytes)
    {
        if (!data.StartsWith(XerialMagic))
            return SnappyBlock(data, maxBytes);
        if (data.Length < XerialHeaderSize)
            throw new InvalidRecordsException("A snappy block ends inside of its header.");
        using var target = new MemoryStream();
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
            target.Write(SnappyBlock(data.Slice(4, length), maxBytes - (int)target.Length));
            data = data[(4 + length)..];
        }
        return target.ToArray();
    }

    private static byte[] SnappyBlock(ReadOnlySpan<byte> data, int maxBytes)
    {
        // the announced length is checked before anything of that size is allocated
        var length = Snappy.GetUncompressedLength(data);
        if (length > maxBytes)
            throw TooLarge(maxBytes);
        var block = new byte[length];
        var written = Snappy.Decompress(data, block);
        return written == length ? block : throw new InvalidRecordsException("A snappy block holds less than it announces.");
    }

    private static byte[] ReadStream(Stream source, int maxBytes)
    {
        using var _ = source;
        using var target = new MemoryStream();
        var block = ArrayPool<byte>.Shared.Rent(CopyBlock);
        try
        {
            for (int read; (read = source.Read(block, 0, block.Length)) > 0;)
            {
                if (target.Length + read > maxBytes)
                    throw TooLarge(maxBytes);
                target.Write(block, 0, read);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
        return target.ToArray();
    }

    private static InvalidRecordsException TooLarge(int maxBytes) =>
        new($"A compressed block grows past {maxBytes} bytes.");

    private static MemoryStream AsStream(ReadOnlyMemory<byte> data) =>
        System.Runtime.InteropServices.MemoryMarshal.TryGetArray(data, out var array)
            ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
            : new MemoryStream(data.ToArray(), writable: false);
}
