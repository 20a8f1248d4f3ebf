using System.CommandLine;
using System.Text;
using ClassicBroker.Clients.Producer;
using ClassicBroker.Testing;
using Spectre.Console;

namespace ClassicBroker.Cli.Commands;

/// <summary><c>produce TOPIC</c>: every line of standard input becomes a record. Ends when all are acknowledged.</summary>
internal static class ProduceCommand
{
    // Lines read ahead of their acknowledgements: enough to fill batches, little enough to hold in memory.
    private const int MaxUnacknowledged = 10_000;

    private static readonly Argument<string> Topic = new("TOPIC") { Description = "Name of the topic" };

    private static readonly Option<string?> KeySeparator = new("--key-separator", "-k")
    {
        Description = "What stands before it in a line is the record's key; lines without it have no key",
        HelpName = "TEXT",
    };

    private static readonly Option<string> Acks = new("--acks")
    {
        Description = "Who must have a record before it counts: all in-sync replicas, the leader (1) or nobody (0)",
        DefaultValueFactory = _ => "all",
    };

    public static Command Build()
    {
        Acks.AcceptOnlyFromAmong("all", "-1", "1", "0");
        return new Command("produce", "Write lines from standard input to a topic") { Topic, KeySeparator, Acks, Bootstrap.Servers }.Runs(RunAsync);
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var topic = parsed.GetValue(Topic)!;
        var separator = parsed.GetValue(KeySeparator);
        var acks = parsed.GetValue(Acks) is "all" ? (short)-1 : short.Parse(parsed.GetValue(Acks)!, System.Globalization.CultureInfo.InvariantCulture);
        var begun = TimeProvider.System.GetTimestamp();
        long sent = 0;
        var last = new Dictionary<int, long>();
        var waiting = new Queue<Task<ProducedRecord>>();
        await using (var producer = new Producer(parsed.Cluster(), new ProducerOptions { Acks = acks, Linger = TimeSpan.FromMilliseconds(5) }))
        {
            using var lines = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false));
            if (!Console.IsInputRedirected) parsed.Screen().Say("one record per line; Ctrl-D ends.");
            // A terminal's read cannot be cancelled, only left.
            while (await lines.ReadLineAsync(cancel).AsTask().WaitAsync(cancel).ConfigureAwait(false) is { } line)
            {
                var (key, value) = Split(line, separator);
                waiting.Enqueue(await producer.EnqueueAsync(topic, null, key, value, ct: cancel).ConfigureAwait(false));
                sent++;
                while (waiting.Count > MaxUnacknowledged || (waiting.TryPeek(out var first) && first.IsCompleted))
                    await SettleAsync().ConfigureAwait(false);
            }

            while (waiting.Count > 0) await SettleAsync().ConfigureAwait(false);
        }

        var seconds = TimeProvider.System.GetElapsedTime(begun).TotalSeconds;
        parsed.Screen().Show(new { topic, records = sent, seconds = Math.Round(seconds, 3), lastOffsets = last }, (console, _) =>
            console.WriteLine($"{sent} records acknowledged in {seconds:0.00} s; last offsets: {string.Join(", ", last.OrderBy(l => l.Key).Select(l => $"{topic}-{l.Key}: {l.Value}"))}"));
        return ExitCode.Ok;

        async Task SettleAsync()
        {
            var produced = await waiting.Dequeue().ConfigureAwait(false);
            last[produced.Partition.Partition] = produced.Offset;
        }
    }

    private static (ReadOnlyMemory<byte>? Key, ReadOnlyMemory<byte>? Value) Split(string line, string? separator)
    {
        var at = string.IsNullOrEmpty(separator) ? -1 : line.IndexOf(separator, StringComparison.Ordinal);
        return at < 0
            ? (null, Encoding.UTF8.GetBytes(line))
            : (Encoding.UTF8.GetBytes(line[..at]), Encoding.UTF8.GetBytes(line[(at + separator!.Length)..]));
    }
}
