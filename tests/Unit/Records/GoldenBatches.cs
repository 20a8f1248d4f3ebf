using System.IO.Compression;
using System.Text.Json;

namespace ClassicBroker.Unit.Records;

/// <summary>Batches, good and spoiled, with what Kafka 3.9 decodes them to and answers to them (golden-batches.jsonl.gz).</summary>
public static class GoldenBatches
{
    private static readonly Lazy<IReadOnlyDictionary<string, JsonElement>> Lines = new(() =>
        Read("golden-batches.jsonl.gz").Where(e => Name(e) != "larger than max.message.bytes").ToDictionary(e => e.GetProperty("name").GetString()!));

    public static IEnumerable<TheoryDataRow<string>> GoodOfFormat2 => Names(e => IsGood(e) && Name(e).StartsWith("v2", StringComparison.Ordinal));

    public static IEnumerable<TheoryDataRow<string>> All => Names(_ => true); // without the one of which the file holds only a description

    public static JsonElement Get(string name) => Lines.Value[name];

    public static byte[] Bytes(string name) => Convert.FromHexString(Get(name).GetProperty("hex").GetString()!);

    public static IEnumerable<JsonElement> Read(string resource)
    {
        using var stream = typeof(GoldenBatches).Assembly.GetManifestResourceStream(resource)!;
        using var gzip = new GZipStream(stream, CompressionMode.Decompress);
        using var reader = new StreamReader(gzip);
        var lines = new List<JsonElement>();
        while (reader.ReadLine() is { } line)
            lines.Add(JsonDocument.Parse(line).RootElement);
        return lines;
    }

    private static IEnumerable<TheoryDataRow<string>> Names(Func<JsonElement, bool> wanted) =>
        Lines.Value.Values.Where(wanted).Select(e => new TheoryDataRow<string>(Name(e)));

    private static string Name(JsonElement e) => e.GetProperty("name").GetString()!;

    private static bool IsGood(JsonElement e) => e.GetProperty("good").GetBoolean();
}
