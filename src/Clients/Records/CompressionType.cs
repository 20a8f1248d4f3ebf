namespace ClassicBroker.Clients.Records;

/// <summary>Codec of a record batch: bits 0-2 of its attributes. The numbers are the wire values.</summary>
public enum CompressionType : byte
{
    None = 0,
    Gzip = 1,
    Snappy = 2,
    Lz4 = 3,
    Zstd = 4,
}
