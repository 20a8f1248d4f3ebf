using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Broker.Api;

/// <summary>
/// What a produce request itself may carry, before any log looks at it (Kafka: <c>ProduceRequest.validateRecords</c> and the transactional check of the
/// handler): from version 3 on exactly one batch of format v2 per partition; transactional batches only under a transactional id.
/// </summary>
public static class ProducedRecords
{
    private const byte FirstUnknownMagic = 3;

    /// <summary>NONE, or why the bytes cannot be appended; <paramref name="why"/> is the message clients are shown, where Kafka shows one.</summary>
    public static ErrorCode Check(Memory<byte>? records, string? transactionalId, short version, out string? why)
    {
        why = null;
        if (records is not { Length: > RecordBatch.LogOverhead + 4 } bytes) return ErrorCode.InvalidRecord;
        var magic = bytes.Span[RecordBatch.LogOverhead + 4];
        if (magic >= FirstUnknownMagic)
        {
            why = $"Unknown record format {magic}";
            return ErrorCode.CorruptMessage;
        }
        if (magic != RecordBatch.CurrentMagic) return ErrorCode.InvalidRecord;
        if (!RecordBatch.TryRead(bytes.Span, out var batch)) return ErrorCode.CorruptMessage;
        if (batch.Length != bytes.Length) return ErrorCode.InvalidRecord;
        if (batch.Compression == CompressionType.Zstd && version < 7) return ErrorCode.UnsupportedCompressionType;
        return batch.IsTransactional && transactionalId is null ? ErrorCode.TransactionalIdAuthorizationFailed : ErrorCode.None;
    }

    /// <summary>Refusals for which the answer says where the log starts: those about single records and producers' sequences, not about the batch as such.</summary>
    public static bool ShowsLogStart(ErrorCode error) =>
        error is not (ErrorCode.CorruptMessage or ErrorCode.MessageTooLarge or ErrorCode.RecordListTooLarge or ErrorCode.UnsupportedCompressionType);
}
