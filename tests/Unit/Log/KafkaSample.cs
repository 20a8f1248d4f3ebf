using ClassicBroker.Unit.Records;

namespace ClassicBroker.Unit.Log;

/// <summary>A data directory that Kafka 3.9 wrote (kafka-logdir.jsonl.gz), and what its own dump tool says of it (kafka-logdump.jsonl.gz).</summary>
internal static class KafkaSample
{
    /// <summary>Writes the directories <c>data</c> (stopped in order) and <c>crashed</c> (killed) below <paramref name="root"/>.</summary>
    public static void Unpack(string root)
    {
        foreach (var file in GoldenBatches.Read("kafka-logdir.jsonl.gz"))
        {
            var path = Path.Combine(root, file.GetProperty("path").GetString()!);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, file.GetProperty("base64").GetBytesFromBase64());
        }
    }

    /// <summary>Per file of <c>data</c> the lines of Kafka's dump, keys and values of internal topics left out.</summary>
    public static IEnumerable<(string File, IReadOnlyList<string> Lines)> Dump() =>
        GoldenBatches.Read("kafka-logdump.jsonl.gz").Select(f => (f.GetProperty("file").GetString()!,
            (IReadOnlyList<string>)[.. f.GetProperty("lines").EnumerateArray().Select(l => l.GetString()!)]));
}
