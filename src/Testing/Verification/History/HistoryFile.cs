using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace ClassicBroker.Testing.Verification;

/// <summary>Histories on disk: one JSON object per line (<see cref="HistoryEvent"/>), so that a run can be checked again, cut and searched.</summary>
public static class HistoryFile
{
    private static readonly JsonSerializerOptions Json = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        AllowOutOfOrderMetadataProperties = true, // people cut and paste histories
    };

    /// <summary>One event as its line, without the line end.</summary>
    public static string Line(HistoryEvent happened) => JsonSerializer.Serialize(happened, Json);

    /// <summary>The event of a line.</summary>
    /// <exception cref="InvalidDataException">It is none; the message names the line and what is wrong with it.</exception>
    public static HistoryEvent Parse(string line, int number, string file)
    {
        try
        {
            return JsonSerializer.Deserialize<HistoryEvent>(line, Json) is { } happened && IsWhole(happened)
                ? happened
                : throw new InvalidDataException($"{file}, line {number}: not an event of a history");
        }
        catch (Exception wrong) when (wrong is JsonException or NotSupportedException)
        {
            throw new InvalidDataException($"{file}, line {number}: not an event of a history: {wrong.Message}", wrong);
        }
    }

    /// <summary>
    /// The events of a file, one after the other. A last line that is cut (the run was killed while writing it) is left out: what
    /// was not written down whole was not promised to anyone.
    /// </summary>
    public static IEnumerable<HistoryEvent> Read(string file)
    {
        string? held = null;
        var number = 0;
        foreach (var line in File.ReadLines(file, Encoding.UTF8))
        {
            if (held is not null) yield return Parse(held, number, file);
            held = line;
            number++;
        }

        if (held is not null && held.EndsWith('}')) yield return Parse(held, number, file);
    }

    private static bool IsWhole(HistoryEvent happened) => happened switch
    {
        ReaderPolled poll => poll.Offsets is not null && poll.Values is not null && poll.Offsets.Count == poll.Values.Count && poll.Partition is not null,
        FinalRead read => read.Offsets is not null && read.Values is not null && read.Offsets.Count == read.Values.Count && read.Partition is not null,
        SendStarted send => send.Partition is not null && send.Writer is not null,
        ReaderAssigned assigned => assigned.Partition is not null && assigned.Reader is not null,
        ReplicaBytes replica => replica.Partition is not null && replica.Sum is not null,
        _ => true,
    };
}
