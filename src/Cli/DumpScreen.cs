using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using ClassicBroker.Broker.Log.Inspection;

namespace ClassicBroker.Cli;

/// <summary>Writes dump lines as they come, so that a log larger than memory can be dumped: lines for people, or one JSON document.</summary>
internal abstract class DumpScreen
{
    public static DumpScreen To(Stream output, bool json) => json ? new Json(output) : new Text(output);

    public abstract Task WriteAsync(IEnumerable<(string Path, IEnumerable<DumpLine> Lines)> files, CancellationToken cancel);

    private sealed class Text(Stream output) : DumpScreen
    {
        public override async Task WriteAsync(IEnumerable<(string Path, IEnumerable<DumpLine> Lines)> files, CancellationToken cancel)
        {
            await using var writer = new StreamWriter(output, new UTF8Encoding(false), 64 * 1024, leaveOpen: true);
            foreach (var (path, lines) in files)
            {
                await writer.WriteLineAsync($"Dumping {path}".AsMemory(), cancel).ConfigureAwait(false);
                foreach (var line in lines)
                    await writer.WriteLineAsync(line.ToString().AsMemory(), cancel).ConfigureAwait(false);
            }
        }
    }

    private sealed class Json(Stream output) : DumpScreen
    {
        private const int FlushAt = 64 * 1024;

        public override async Task WriteAsync(IEnumerable<(string Path, IEnumerable<DumpLine> Lines)> files, CancellationToken cancel)
        {
            await using var json = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
            json.WriteStartArray();
            foreach (var (path, lines) in files)
            {
                json.WriteStartObject();
                json.WriteString("file", path);
                json.WriteStartArray("entries");
                await EntriesAsync(json, lines, cancel).ConfigureAwait(false);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndArray();
            await json.FlushAsync(cancel).ConfigureAwait(false);
        }

        // records lie in their batch: it stays open until the next batch comes
        private static async Task EntriesAsync(Utf8JsonWriter json, IEnumerable<DumpLine> lines, CancellationToken cancel)
        {
            var (open, withRecords) = (false, false);
            foreach (var line in lines)
            {
                if (line.IsRecord && !withRecords)
                {
                    json.WriteStartArray("records");
                    withRecords = true;
                }
                if (!line.IsRecord && open)
                {
                    if (withRecords) json.WriteEndArray();
                    json.WriteEndObject();
                    withRecords = false;
                }
                json.WriteStartObject();
                foreach (var (name, value) in line.Fields)
                {
                    json.WritePropertyName(name);
                    JsonSerializer.Serialize(json, value, value?.GetType() ?? typeof(object));
                }
                if (line.IsRecord) json.WriteEndObject();
                else open = true;
                if (json.BytesPending > FlushAt) await json.FlushAsync(cancel).ConfigureAwait(false);
            }
            if (withRecords) json.WriteEndArray();
            if (open) json.WriteEndObject();
        }
    }
}
