namespace ClassicBroker.Testing.Verification;

/// <summary>All faults by name and group, and the choice a command line makes of them.</summary>
public static class FaultCatalog
{
    private static IReadOnlyList<Fault> All { get; } = [.. ProcessFaults.All, .. ZooKeeperFaults.All, .. CutFaults.All, .. NetworkFaults.All];

    /// <summary>What is made when nothing is said: everything that needs no special rights.</summary>
    public const string Default = "kill,stop,restart,zk,session,cut";

    /// <summary>One line per fault: name, group, what it does.</summary>
    public static IEnumerable<(string Name, string Group, string Told)> Lines => All.Select(fault => (fault.Name, fault.Group, fault.Told));

    /// <summary>The faults a list of names and groups means; <c>none</c> means none.</summary>
    /// <exception cref="ClusterException">A word is neither; the message lists what there is.</exception>
    internal static IReadOnlyList<Fault> Choose(string words)
    {
        var chosen = new List<Fault>();
        foreach (var word in words.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (word == "none") continue;
            var meant = All.Where(fault => fault.Name == word || fault.Group == word).ToList();
            if (meant.Count == 0)
                throw new ClusterException(
                    $"there is no fault \"{word}\". Groups: {string.Join(", ", All.Select(f => f.Group).Distinct())}. Faults: {string.Join(", ", All.Select(f => f.Name))}.");
            chosen.AddRange(meant.Where(fault => !chosen.Contains(fault)));
        }

        if (chosen.Any(fault => fault.Group == CutFaults.Group) && chosen.Any(fault => fault.Group == NetworkFaults.Group))
            throw new ClusterException("faults of the groups cut and net need different networks: choose one of the two groups for a run.");
        return chosen;
    }
}
