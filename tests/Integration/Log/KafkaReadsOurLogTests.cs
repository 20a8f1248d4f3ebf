using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using ClassicBroker.Broker.Log;
using ClassicBroker.Broker.Log.Inspection;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Records;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClassicBroker.Integration.Log;

/// <summary>
/// Log directories that our log wrote, read by Kafka's own dump tool (CLASSIC_PEER or ../shared/peer, and java): no complaint, and it says
/// what ours says. Without them our own reader must find the same directories whole; that it agrees with Kafka's tool is shown by the
/// unit tests on a directory and a dump that Kafka wrote.
/// </summary>
public sealed partial class KafkaReadsOurLogTests : IDisposable
{
    private const long Time = 1_700_000_000_000;

    private readonly string _root = Directory.CreateTempSubdirectory("classic-format-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task What_we_write_is_read_by_kafkas_tool_without_complaint()
    {
        var cancel = TestContext.Current.CancellationToken;
        string[] directories = [Path.Combine(_root, "disk-1"), Path.Combine(_root, "disk-2")];
        await WriteAsync(directories, cancel);
        var files = new List<string>();
        foreach (var directory in directories)
        {
            var report = await new LogVerify(new DiskLogFiles()).VerifyAsync(directory, 1, cancel);
            Assert.Empty(report.AllFlaws);
            Assert.NotEmpty(report.Partitions);
            files.AddRange(new LogDump(new DiskLogFiles()).FilesOf(directory).Where(f => char.IsAsciiDigit(Path.GetFileName(f)[0])));
        }
        Assert.Contains(files, f => f.EndsWith(".txnindex", StringComparison.Ordinal));
        if (Tool() is not { } tool)
        {
            TestContext.Current.SendDiagnosticMessage("No peer or no java: Kafka's own tool was not asked; our reader found {0} files whole.", files.Count);
            return;
        }
        Same(await RunAsync(tool, [.. files.Where(f => f.EndsWith(".log", StringComparison.Ordinal))], "--deep-iteration", "--print-data-log"));
        Same(await RunAsync(tool, [.. files.Where(f => !f.EndsWith(".log", StringComparison.Ordinal))]));
        var checkedIndexes = await RunAsync(tool, [.. files.Where(f => f.EndsWith(".index", StringComparison.Ordinal))], "--index-sanity-check");
        Assert.Equal(files.Count(f => f.EndsWith(".index", StringComparison.Ordinal) && new FileInfo(f).Length > 0), checkedIndexes.Split('\n').Count(l => l.EndsWith("passed sanity check.", StringComparison.Ordinal)));
    }

    // Every line of Kafka's that tells a batch, record, entry or producer is a line of ours, in the same order, and it says nothing else.
    private static void Same(string kafkas)
    {
        var dump = new LogDump(new DiskLogFiles());
        var compared = 0;
        IEnumerator<string>? ours = null;
        foreach (var line in kafkas.Split('\n').Select(l => l.TrimEnd()).Where(l => l.Length > 0))
        {
            if (line.StartsWith("Dumping ", StringComparison.Ordinal))
            {
                Assert.False(ours?.MoveNext() ?? false, "ours says more than Kafka's");
                ours = dump.Lines(line["Dumping ".Length..], records: true, data: true).Select(l => l.ToString().TrimEnd()).GetEnumerator();
            }
            else if (!line.StartsWith("Log starting offset", StringComparison.Ordinal) && !line.EndsWith(" is empty.", StringComparison.Ordinal))
            {
                Assert.True(ours!.MoveNext(), $"Kafka's tool says more than ours: {line}");
                Assert.Equal(Optional().Replace(line, m => m.Groups[1].Success ? m.Groups[1].Value : "none"), ours.Current);
                compared++;
            }
        }
        Assert.False(ours?.MoveNext() ?? false, "ours says more than Kafka's");
        Assert.True(compared > 20, $"only {compared} lines were compared:\n{kafkas}");
    }

    private static async Task WriteAsync(string[] paths, CancellationToken cancel)
    {
        var options = new LogOptions { SegmentBytes = 8 * 1024, IndexIntervalBytes = 512 };
        await using var directories = LogDirectories.Open(paths, new DiskLogFiles(), TimeProvider.System, NullLoggerFactory.Instance);
        directories.Adopt(1, "a-cluster");
        await directories.LoadAsync(options, _ => null, cancel);
        PartitionLog New(string topic, LogOptions with) => directories.GetOrCreate(new TopicPartition(topic, 0), Guid.NewGuid(), with, isNew: true);
        var codecs = New("codecs", options);
        for (var i = 0; i < 100; i++)
            Append(codecs, i / 30, i, new RecordBatchBuilder((CompressionType)(i % 5)));
        var stamped = New("stamped", options with { AppendTime = true });
        for (var i = 0; i < 40; i++)
            Append(stamped, 0, i, new RecordBatchBuilder((CompressionType)(i % 5)));
        var idempotent = New("idempotent", options);
        for (var i = 0; i < 60; i++)
            Append(idempotent, 0, i, new RecordBatchBuilder { ProducerId = 10 + i % 3, ProducerEpoch = 2, BaseSequence = i / 3 * 5 });
        New("empty", options);
        Transactions(New("transactions", options));
        await directories.StopAsync(brokerEpoch: 5, cancel);
    }

    private static void Transactions(PartitionLog log)
    {
        for (var i = 0; i < 30; i++)
        {
            var id = 100 + i % 2;
            Append(log, 0, i, new RecordBatchBuilder { ProducerId = id, ProducerEpoch = 0, BaseSequence = i / 2 * 5, IsTransactional = true });
            if (i % 3 == 2)
                log.AppendAsLeader(new TransactionMarker(IsCommit: i % 2 == 0, CoordinatorEpoch: 3, Time + i).Build(id, 0), 0, AppendRules.FromCoordinator);
        }
    }

    private static void Append(PartitionLog log, int epoch, int number, RecordBatchBuilder builder)
    {
        for (var i = 0; i < 5; i++)
            builder.Add(Time + number * 10 + i, i == 3 ? null : Encoding.UTF8.GetBytes($"key {number}"), i == 4 ? null : Encoding.UTF8.GetBytes($"value {number} {new string('x', 40)}"),
                i == 2 ? [new RecordHeader("grüße", Encoding.UTF8.GetBytes("1")), new RecordHeader("null", null)] : null);
        log.AppendAsLeader(builder.Build(), epoch, AppendRules.FromClient(9));
    }

    private static string? Tool()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "ClassicBroker.sln")))
            root = root.Parent;
        var peer = Environment.GetEnvironmentVariable("CLASSIC_PEER") ?? Path.Combine(root?.Parent?.FullName ?? "/", "shared", "peer");
        var tool = Path.Combine(peer, "kafka", "bin", "kafka-dump-log.sh");
        var hasJava = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(p => File.Exists(Path.Combine(p, "java")));
        return hasJava && File.Exists(tool) ? tool : null;
    }

    private static async Task<string> RunAsync(string tool, string[] files, params string[] options)
    {
        var cancel = TestContext.Current.CancellationToken;
        using var process = Process.Start(new ProcessStartInfo(tool, [.. options, "--files", string.Join(',', files)]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync(cancel);
        var output = await process.StandardOutput.ReadToEndAsync(cancel);
        await process.WaitForExitAsync(cancel);
        Assert.True(process.ExitCode == 0, $"{output}\n{await errors}");
        return output;
    }

    [GeneratedRegex(@"OptionalLong(?:\.empty|\[(\d+)\])")]
    private static partial Regex Optional();
}
