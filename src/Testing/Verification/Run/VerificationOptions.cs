namespace ClassicBroker.Testing.Verification;

/// <summary>One run of <c>./classic verify</c>.</summary>
public sealed record VerificationOptions
{
    /// <summary>Folder of the cluster's data and of <c>history.jsonl</c>. What an earlier run left there is deleted.</summary>
    public required string Folder { get; init; }

    /// <summary>How long faults are made. Healing and reading back come after it.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Names and groups of faults, comma-separated; see <see cref="FaultCatalog"/>.</summary>
    public string Faults { get; init; } = FaultCatalog.Default;

    /// <summary>Decides which fault comes when and hits whom, as far as a real cluster lets one decide that.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Brokers to start, 3 to 9.</summary>
    public int Brokers { get; init; } = 3;

    /// <summary>A cluster that runs already: it is written to and read from, and no faults are made.</summary>
    public string? BootstrapServers { get; init; }

    /// <summary>Leaves the brokers' data and logs in the folder. They stay anyway when something was found.</summary>
    public bool Keep { get; init; }

    /// <summary>What is written and read.</summary>
    public WorkloadOptions Workload { get; init; } = new();

    /// <summary>Further settings for every broker.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>How long a cluster may take to be well again after a fault is healed: every partition led, every replica in sync.</summary>
    public TimeSpan HealWithin { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary><c>zookeeper.session.timeout.ms</c> of the brokers: short, so that much happens in little time.</summary>
    public TimeSpan SessionTimeout { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>The history of the run.</summary>
    public string HistoryFile => Path.Combine(Folder, "history.jsonl");
}
