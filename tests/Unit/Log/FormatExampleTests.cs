using System.Text;
using ClassicBroker.Broker.Log;
using ClassicBroker.Clients.Records;
using ClassicBroker.Unit.Tidy;

namespace ClassicBroker.Unit.Log;

/// <summary>Keeps the examples in docs/formats/log-files.md true: writes the log they show and looks for each file in the document.</summary>
public sealed class FormatExampleTests : IDisposable
{
    private const long Time = 1_700_000_000_000;

    private static readonly string Document = SourceTree.Read("docs/formats/log-files.md");

    private readonly LogBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void The_example_log_is_what_the_document_shows()
    {
        using (var log = _bench.Open(new LogOptions { IndexIntervalBytes = 0 }))
        {
            var plain = new RecordBatchBuilder();
            plain.Add(Time, Bytes("a"), Bytes("one"));
            plain.Add(Time + 5, null, Bytes("two"), [new RecordHeader("h", Bytes("v"))]);
            var tombstone = new RecordBatchBuilder { ProducerId = 4000, ProducerEpoch = 0, BaseSequence = 0 };
            tombstone.Add(Time + 9, Bytes("a"), null);
            log.AppendAsLeader(plain.Build(), 7, AppendRules.FromClient(9));
            log.AppendAsLeader(tombstone.Build(), 7, AppendRules.FromClient(9));
            log.SaveProducers();
        }
        foreach (var file in new[] { "00000000000000000000.log", "00000000000000000000.index", "00000000000000000000.timeindex", "00000000000000000003.snapshot" })
            Shown(file, HexDump(File.ReadAllBytes(Path.Combine(_bench.Partition, file))));
        Shown("leader-epoch-checkpoint", File.ReadAllText(Path.Combine(_bench.Partition, "leader-epoch-checkpoint")).TrimEnd());
    }

    [Fact]
    public void The_aborted_transaction_is_what_kafka_wrote()
    {
        KafkaSample.Unpack(_bench.Root);
        Shown(".txnindex", HexDump(File.ReadAllBytes(Path.Combine(_bench.Root, "data", "txn-0", "00000000000000000000.txnindex"))[..34]));
    }

    private static void Shown(string file, string content) =>
        Assert.True(Document.Contains($"```\n{content}\n```", StringComparison.Ordinal), $"{file} is not shown as it is:\n{content}");

    private static string HexDump(byte[] bytes) => string.Join('\n', bytes.Chunk(16).Select((line, i) =>
        $"{i * 16:x8}: {string.Join(' ', Convert.ToHexStringLower(line).Chunk(4).Select(c => new string(c)))}"));

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
