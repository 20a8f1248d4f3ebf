namespace ClassicBroker.Coordination;

/// <summary>
/// What became of a leader's compare-and-set. <see cref="Written"/>: the wanted state is stored, <see cref="Current"/> has its version.
/// Not written: <see cref="Current"/> is what is stored instead; null when the partition's znode is gone (topic deleted).
/// </summary>
public readonly record struct IsrWriteResult(bool Written, VersionedPartitionState? Current);
