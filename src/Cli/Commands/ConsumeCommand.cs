using System.CommandLine;
using System.Text;
using System.Text.Json;
using ClassicBroker.Clients.Consumer;

namespace ClassicBroker.Cli.Commands;

/// <summary><c>consume TOPIC</c>: prints values, one per line, or with <c>-o json</c> one JSON object per record and line.</summary>
internal static class ConsumeCommand
{
    private static readonly Argument<string> Topic = new("TOPIC") { Description = "Name of the topic" };

    private static readonly Option<bool> FromBeginning = new("--from-beginning") { Description = "Begin at the first record; else only what comes from now on" };

    private static readonly Option<long?> Count = new("--count", "-c") { Description = "Stop after this many records", HelpName = "N" };

    private static readonly Option<bool> Exit = new("--exit", "-e") { Description = "Stop at the end the topic had when reading began" };

    private static readonly Option<bool> Keys = new("--keys") { Description = "Print partition, offset and key before each value" };

    public static Command Build() =>
        new Command("consume", "Read a topic and print its records; Ctrl-C ends") { Topic, FromBeginning, Count, Exit, Keys, Bootstrap.Servers }.Runs(RunAsync);

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var json = parsed.Screen().IsJson;
        var keys = parsed.GetValue(Keys);
        var left = parsed.GetValue(Count) ?? long.MaxValue;
        if (left <= 0) throw new UsageException($"--count {left}: must be 1 or more");
        var from = parsed.GetValue(FromBeginning) ? StartPosition.Earliest : StartPosition.Latest;
        await using var consumer = new Consumer(parsed.Cluster(), new ConsumerOptions { StopAtEnd = parsed.GetValue(Exit) });
        await using var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false), bufferSize: 64 * 1024);
        try
        {
            await using var records = consumer.ReadAsync(parsed.GetValue(Topic)!, from, cancel).GetAsyncEnumerator(cancel);
            while (left-- > 0)
            {
                var next = records.MoveNextAsync();
                // Nothing more at hand: what was read must be seen before the wait for more.
                if (!next.IsCompleted) await output.FlushAsync(cancel).ConfigureAwait(false);
                if (!await next.ConfigureAwait(false)) break;
                await output.WriteLineAsync(json ? Json(records.Current) : keys ? WithKey(records.Current) : Text(records.Current.Record.Value)).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Ctrl-C is how reading without an end is ended.
        }

        return ExitCode.Ok;
    }

    private static string Json(ConsumedRecord record) => JsonSerializer.Serialize(new
    {
        topic = record.Partition.Topic,
        partition = record.Partition.Partition,
        offset = record.Offset,
        timestamp = record.Record.TimestampMs,
        key = record.Record.Key is { } key ? Text(key) : null,
        value = record.Record.Value is { } value ? Text(value) : null,
    });

    private static string WithKey(ConsumedRecord record) =>
        $"{record.Partition.Partition}\t{record.Offset}\t{Text(record.Record.Key)}\t{Text(record.Record.Value)}";

    private static string Text(ReadOnlyMemory<byte>? bytes) => bytes is { } some ? Encoding.UTF8.GetString(some.Span) : "";
}
