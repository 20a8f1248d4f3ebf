namespace ClassicBroker.Broker.Log.Compaction;

/// <summary>The newest batch of a live producer, which tells its last sequence and so must outlive its records.</summary>
/// <param name="Epoch">of the producer</param>
/// <param name="LastDataOffset">last offset of the batch, -1 when only a marker of this epoch was written</param>
internal readonly record struct LastOfProducer(short Epoch, long LastDataOffset);
