using System.Buffers;
using System.Text.Json;

namespace ClassicBroker.Coordination.ZNodes;

/// <summary>
/// Reading and writing the JSON of znodes. Every way in which foreign content can be wrong (not JSON, a missing field, a field
/// of another type) becomes a <see cref="ZNodeFormatException"/> that names the znode; unknown fields are ignored.
/// </summary>
internal static class ZNodeJson
{
    public static byte[] Write(Action<Utf8JsonWriter> fields)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartObject();
        fields(writer);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    public static T Read<T>(string path, ReadOnlySpan<byte> data, Func<JsonElement, T> read)
    {
        try
        {
            var reader = new Utf8JsonReader(data);
            using var document = JsonDocument.ParseValue(ref reader);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new ZNodeFormatException(path, "a JSON object was expected.");
            return read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException or OverflowException)
        {
            throw new ZNodeFormatException(path, e.Message, e);
        }
    }

    public static int Int(this JsonElement json, string name, int absent) =>
        json.TryGetProperty(name, out var value) ? value.GetInt32() : absent;

    public static string? Text(this JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value.GetString() : null;

    public static int[] Ints(this JsonElement json) => [.. json.EnumerateArray().Select(item => item.GetInt32())];

    public static Dictionary<int, int[]> IntsByPartition(this JsonElement json, string name)
    {
        var result = new Dictionary<int, int[]>();
        if (!json.TryGetProperty(name, out var map)) return result;
        foreach (var entry in map.EnumerateObject())
            result[int.Parse(entry.Name, System.Globalization.CultureInfo.InvariantCulture)] = entry.Value.Ints();
        return result;
    }

    public static void WriteInts(this Utf8JsonWriter json, string name, IEnumerable<int> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values) json.WriteNumberValue(value);
        json.WriteEndArray();
    }

    public static void WriteIntsByPartition(this Utf8JsonWriter json, string name, IReadOnlyDictionary<int, int[]> map)
    {
        json.WriteStartObject(name);
        foreach (var (partition, values) in map.OrderBy(entry => entry.Key))
            json.WriteInts(partition.ToString(System.Globalization.CultureInfo.InvariantCulture), values);
        json.WriteEndObject();
    }
}
