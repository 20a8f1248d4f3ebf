using System.Text.Json.Serialization;

namespace ClassicBroker.Testing.Verification;

/// <summary>
/// One line of a history: something a client began, was told or saw, or a fault that began or ended. The order of the lines is the
/// order in which they were written down; <see cref="At"/> are microseconds since the run began. A write is written down before
/// its request leaves and its end after the answer came, so the truth lies between the two lines.
/// <code>
/// {"e":"run","at":0,"seed":7,"brokers":3,"options":"…"}
/// {"e":"send","at":12,"w":"all-1","p":"v0-1","v":17,"acks":-1,"retry":"never"}      v: the value, unique in the run
/// {"e":"ack","at":40,"v":17,"o":9}                                                o: its offset
/// {"e":"refuse","at":40,"v":17,"why":"…"}                                         certainly not written
/// {"e":"unsure","at":40,"v":17,"why":"…"}                                         perhaps written
/// {"e":"assign","at":1,"r":"reader-1","p":"v0-1","o":0}                           a reader begins, or begins again, at offset o
/// {"e":"poll","at":50,"r":"reader-1","p":"v0-1","hw":10,"o":[9],"v":[17]}         what one answer held
/// {"e":"outside","at":50,"r":"reader-1","p":"v0-1","o":9}                         the reader's own offset is out of range
/// {"e":"fault","at":60,"n":1,"fault":"kill-leader","on":"broker 2"}  {"e":"heal","at":90,"n":1}
/// {"e":"final","at":99,"p":"v0-1","from":0,"to":10,"o":[…],"v":[…]}               the whole partition, read after healing
/// {"e":"replica","at":99,"broker":2,"p":"v0-1","from":0,"to":10,"sum":"…"}        the bytes one replica holds of a range
/// {"e":"stuck","at":99,"what":"…"}                                                did not heal by itself within its deadline
/// </code>
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "e")]
[JsonDerivedType(typeof(RunStarted), "run")]
[JsonDerivedType(typeof(SendStarted), "send")]
[JsonDerivedType(typeof(SendAcknowledged), "ack")]
[JsonDerivedType(typeof(SendRefused), "refuse")]
[JsonDerivedType(typeof(SendUnsure), "unsure")]
[JsonDerivedType(typeof(ReaderAssigned), "assign")]
[JsonDerivedType(typeof(ReaderPolled), "poll")]
[JsonDerivedType(typeof(ReaderOutOfRange), "outside")]
[JsonDerivedType(typeof(FaultStarted), "fault")]
[JsonDerivedType(typeof(FaultHealed), "heal")]
[JsonDerivedType(typeof(FinalRead), "final")]
[JsonDerivedType(typeof(ReplicaBytes), "replica")]
[JsonDerivedType(typeof(NeverHealed), "stuck")]
public abstract record HistoryEvent
{
    /// <summary>Microseconds since the run began.</summary>
    [JsonPropertyName("at")] public long At { get; init; }
}

/// <summary>The first line.</summary>
public sealed record RunStarted(
    [property: JsonPropertyName("seed")] long Seed,
    [property: JsonPropertyName("brokers")] int Brokers,
    [property: JsonPropertyName("options")] string Options) : HistoryEvent;

/// <summary>A writer is about to send a value.</summary>
public sealed record SendStarted(
    [property: JsonPropertyName("w")] string Writer,
    [property: JsonPropertyName("p")] string Partition,
    [property: JsonPropertyName("v")] long Value,
    [property: JsonPropertyName("acks")] short Acks,
    [property: JsonPropertyName("retry")] RetryMode Retry) : HistoryEvent;

/// <summary>The broker acknowledged it at this offset.</summary>
public sealed record SendAcknowledged(
    [property: JsonPropertyName("v")] long Value, [property: JsonPropertyName("o")] long Offset) : HistoryEvent;

/// <summary>The broker's answer means that it was not written, in no attempt.</summary>
public sealed record SendRefused(
    [property: JsonPropertyName("v")] long Value, [property: JsonPropertyName("why")] string Why) : HistoryEvent;

/// <summary>No answer, or one that leaves open whether it was written.</summary>
public sealed record SendUnsure(
    [property: JsonPropertyName("v")] long Value, [property: JsonPropertyName("why")] string Why) : HistoryEvent;

/// <summary>A reader begins at an offset; what it reads from now on must follow without a gap.</summary>
public sealed record ReaderAssigned(
    [property: JsonPropertyName("r")] string Reader,
    [property: JsonPropertyName("p")] string Partition,
    [property: JsonPropertyName("o")] long Offset) : HistoryEvent;

/// <summary>What one fetch answer held of a partition: offsets and values side by side. High watermark -1: the reader was not told.</summary>
public sealed record ReaderPolled(
    [property: JsonPropertyName("r")] string Reader,
    [property: JsonPropertyName("p")] string Partition,
    [property: JsonPropertyName("hw")] long HighWatermark,
    [property: JsonPropertyName("o")] IReadOnlyList<long> Offsets,
    [property: JsonPropertyName("v")] IReadOnlyList<long> Values) : HistoryEvent;

/// <summary>The offset right behind what a reader had read was refused as out of range: the log went back behind the reader.</summary>
public sealed record ReaderOutOfRange(
    [property: JsonPropertyName("r")] string Reader,
    [property: JsonPropertyName("p")] string Partition,
    [property: JsonPropertyName("o")] long Offset) : HistoryEvent;

/// <summary>A fault took effect.</summary>
public sealed record FaultStarted(
    [property: JsonPropertyName("n")] int Number,
    [property: JsonPropertyName("fault")] string Fault,
    [property: JsonPropertyName("on")] string Target) : HistoryEvent;

/// <summary>Its cause is gone; what is left to heal the cluster must do alone.</summary>
public sealed record FaultHealed([property: JsonPropertyName("n")] int Number) : HistoryEvent;

/// <summary>A whole partition from its log start (<paramref name="From"/>) to its high watermark (<paramref name="To"/>, exclusive), read when all was healed.</summary>
public sealed record FinalRead(
    [property: JsonPropertyName("p")] string Partition,
    [property: JsonPropertyName("from")] long From,
    [property: JsonPropertyName("to")] long To,
    [property: JsonPropertyName("o")] IReadOnlyList<long> Offsets,
    [property: JsonPropertyName("v")] IReadOnlyList<long> Values) : HistoryEvent;

/// <summary>A checksum over the batches one replica holds with base offsets in a range below the high watermark.</summary>
public sealed record ReplicaBytes(
    [property: JsonPropertyName("broker")] int Broker,
    [property: JsonPropertyName("p")] string Partition,
    [property: JsonPropertyName("from")] long From,
    [property: JsonPropertyName("to")] long To,
    [property: JsonPropertyName("sum")] string Sum) : HistoryEvent;

/// <summary>Something that was to become well again without a human, and did not before its deadline (promise P13).</summary>
public sealed record NeverHealed([property: JsonPropertyName("what")] string What) : HistoryEvent;
