namespace ClassicBroker.Broker.Log;

/// <summary>What an append did.</summary>
/// <param name="FirstOffset">offset of the first record; of a repeated idempotent batch, the original's</param>
/// <param name="LastOffset">offset of the last record</param>
/// <param name="LogAppendTimeMs">the stamp given on append, -1 when the topic keeps the producers' time</param>
/// <param name="LogStartOffset">of the log after the append</param>
/// <param name="Batches">batches written; 0 for a repeated idempotent batch</param>
/// <param name="Bytes">bytes written</param>
public readonly record struct LogAppend(
    long FirstOffset, long LastOffset, long LogAppendTimeMs, long LogStartOffset, int Batches, int Bytes);
