namespace ClassicBroker.Broker.Log;

/// <summary>A transaction that was aborted; its records are in the log, and a read_committed consumer skips them.</summary>
/// <param name="ProducerId">whose transaction</param>
/// <param name="FirstOffset">of its first record in this partition</param>
/// <param name="LastOffset">of its abort marker</param>
/// <param name="LastStableOffset">of the log once this marker was written: nothing below it belongs to a transaction that ends later</param>
public readonly record struct AbortedTransaction(long ProducerId, long FirstOffset, long LastOffset, long LastStableOffset);

/// <summary>A transaction whose marker has been written; an abort is noted in the transaction index.</summary>
internal readonly record struct CompletedTransaction(long ProducerId, long FirstOffset, long LastOffset, long LastStableOffset, bool IsAborted);
