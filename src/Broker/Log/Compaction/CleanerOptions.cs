namespace ClassicBroker.Broker.Log.Compaction;

/// <summary>What the cleaner of one broker may take; what it does to a topic stands in <see cref="LogOptions"/>. Checked where they are bound.</summary>
public sealed record CleanerOptions
{
    /// <summary>log.cleaner.enable.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>log.cleaner.threads: partitions cleaned side by side.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>log.cleaner.dedupe.buffer.size: bytes of all offset maps together, 24 per key.</summary>
    public long DedupeBufferBytes { get; init; } = 128L * 1024 * 1024;

    /// <summary>log.cleaner.io.buffer.load.factor: how full an offset map may become; fuller is slower.</summary>
    public double LoadFactor { get; init; } = 0.9;

    /// <summary>log.cleaner.io.buffer.size: bytes of all read and write buffers together. A batch that is larger gets a buffer of its own size.</summary>
    public int IoBufferBytes { get; init; } = 512 * 1024;

    /// <summary>log.cleaner.io.max.bytes.per.second: read and written together, by all partitions cleaned side by side.</summary>
    public double MaxBytesPerSecond { get; init; } = double.MaxValue;

    /// <summary>log.cleaner.backoff.ms: pause when there is nothing to clean.</summary>
    public TimeSpan Backoff { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Key of the hash function of the offset maps: random, so that nobody can make keys that collide.</summary>
    public UInt128 HashKey { get; init; }

    internal long MapBytes => DedupeBufferBytes / Threads;

    /// <summary>Half of a thread's share: one to read, one to write.</summary>
    internal int BufferBytes => Math.Max(4096, IoBufferBytes / Threads / 2);
}
