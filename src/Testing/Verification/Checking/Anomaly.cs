namespace ClassicBroker.Testing.Verification;

/// <summary>Something a history shows that a correct cluster never does. The names are Jepsen's where it has one.</summary>
public enum AnomalyKind
{
    /// <summary>Two values at one offset, as reads and acknowledgements of acks=all tell it (P2).</summary>
    InconsistentOffset,

    /// <summary>Acknowledged with acks=all and not in the log any more (P1).</summary>
    LostWrite,

    /// <summary>A consumer read it, so it was committed, and it is not in the log any more (P1).</summary>
    LostRead,

    /// <summary>One value at two offsets though it was sent once, or under one sequence number (P4).</summary>
    Duplicate,

    /// <summary>Read, though the broker had said it was not written, or its transaction was aborted (P5).</summary>
    AbortedRead,

    /// <summary>Read by its own transaction before that was committed (P5).</summary>
    PrecommittedRead,

    /// <summary>A reader passed over an offset that holds a record.</summary>
    PollSkip,

    /// <summary>A reader went back.</summary>
    NonMonotonicPoll,

    /// <summary>Within one answer offsets go back, or one that holds a record is missing.</summary>
    InternalOrder,

    /// <summary>A writer's later value was acknowledged at a lower offset than its earlier one (P4).</summary>
    NonMonotonicSend,

    /// <summary>Acknowledged with acks=all above everything that was read, and no final read looked for it: not proven either way.</summary>
    Unseen,

    /// <summary>A value nobody sent, or in another partition than it was sent to.</summary>
    Foreign,

    /// <summary>The high watermark a reader was told went back (P6).</summary>
    HighWatermarkWentBack,

    /// <summary>A record at or above the high watermark of its own answer (P6).</summary>
    ReadPastHighWatermark,

    /// <summary>A reader's next offset was out of range: the log went back behind it (P6).</summary>
    LogWentBack,

    /// <summary>Replicas differ below the high watermark (P3).</summary>
    ReplicasDiffer,

    /// <summary>Needed a human (P13).</summary>
    NeverHealed,
}

/// <summary>One finding.</summary>
/// <param name="Partition">Where; empty when it is about the whole cluster.</param>
/// <param name="Told">What is wrong, in a sentence.</param>
/// <param name="Events">The events that together show it, in their order.</param>
public sealed record Anomaly(AnomalyKind Kind, string Partition, string Told, IReadOnlyList<HistoryEvent> Events);
