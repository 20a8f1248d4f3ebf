using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ClassicBroker.Broker.Log;

/// <summary>
/// The mark of an orderly stop, <c>.kafka_cleanshutdown</c>: written last of all, when everything is flushed and checkpointed, and
/// removed first of all at the next start. While it stands, logs are opened without scanning. Kafka asks only whether it is there;
/// the content is the JSON Kafka 3.9 writes, <c>{"version":0,"brokerEpoch":n}</c>.
/// Source: storage/…/checkpoint/CleanShutdownFileHandler.java.
/// </summary>
internal static class CleanShutdownMark
{
    public const string FileName = ".kafka_cleanshutdown";

    /// <summary>
    /// Whether a mark stood that can be believed; it no longer does, durably, before anything else is touched. An empty mark is what
    /// Kafka 2.8 writes. Any other content that is not the one JSON is no mark: a scan too many harms nobody.
    /// </summary>
    public static bool Take(ILogFiles files, string directory)
    {
        var path = Path.Combine(directory, FileName);
        if (!files.FileExists(path))
            return false;
        var content = files.ReadAllBytes(path);
        files.DeleteFile(path);
        files.FlushDirectory(directory);
        return content.Length == 0 || IsMark(content);
    }

    public static void Write(ILogFiles files, string directory, long brokerEpoch) =>
        files.ReplaceFile(Path.Combine(directory, FileName),
            Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"version\":0,\"brokerEpoch\":{brokerEpoch}}}")));

    private static bool IsMark(byte[] content)
    {
        try
        {
            using var json = JsonDocument.Parse(content);
            return json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.TryGetProperty("version", out var version) && version.TryGetInt32(out var number) && number == 0
                && json.RootElement.TryGetProperty("brokerEpoch", out var epoch) && epoch.TryGetInt64(out _);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }
}
