using System.IO.Compression;
using System.Reflection;
using System.Text.Json;

namespace ClassicBroker.Unit.Protocol;

/// <summary>
/// One message as Kafka 3.9.2's own classes wrote it: the bytes, and the values they stand for. Tagged fields unknown to the message may be
/// among the bytes; they are not among the values.
/// </summary>
public sealed record GoldenVector(string Message, short Version, bool Flexible, byte[] Bytes, JsonElement Values)
{
    private static readonly Lazy<IReadOnlyList<GoldenVector>> Loaded = new(Load);

    public static IReadOnlyList<GoldenVector> All => Loaded.Value;

    /// <summary>All but the headers.</summary>
    public static IEnumerable<GoldenVector> Bodies => All.Where(vector => !vector.Message.EndsWith("Header", StringComparison.Ordinal));

    public override string ToString() => $"{Message} v{Version} {Convert.ToHexString(Bytes)}";

    private static IReadOnlyList<GoldenVector> Load()
    {
        using Stream packed = Assembly.GetExecutingAssembly().GetManifestResourceStream("golden.jsonl.gz")!;
        using var lines = new StreamReader(new GZipStream(packed, CompressionMode.Decompress));
        var vectors = new List<GoldenVector>();
        while (lines.ReadLine() is { } line)
        {
            JsonElement json = JsonDocument.Parse(line).RootElement;
            vectors.Add(new GoldenVector(
                json.GetProperty("message").GetString()!,
                json.GetProperty("version").GetInt16(),
                json.GetProperty("flexible").GetBoolean(),
                Convert.FromHexString(json.GetProperty("hex").GetString()!),
                json.GetProperty("json")));
        }
        return vectors;
    }
}
