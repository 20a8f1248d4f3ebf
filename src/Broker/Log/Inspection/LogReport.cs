namespace ClassicBroker.Broker.Log.Inspection;

/// <summary>What verifying one path found.</summary>
/// <param name="Path">as it was asked for</param>
/// <param name="Partitions">the partition directories in it, in order of their names</param>
/// <param name="Flaws">flaws of the files that no partition owns: checkpoints, meta.properties</param>
public sealed record LogReport(string Path, IReadOnlyList<PartitionReport> Partitions, IReadOnlyList<LogFlaw> Flaws)
{
    /// <summary>Every flaw, those of partitions included.</summary>
    public IEnumerable<LogFlaw> AllFlaws => Flaws.Concat(Partitions.SelectMany(p => p.Flaws));
}
