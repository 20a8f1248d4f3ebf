using System.Text.RegularExpressions;
using ClassicBroker.Broker.Log.Inspection;

namespace ClassicBroker.Unit.Log;

/// <summary>What the dump shows, held against Kafka's own tool on files that Kafka wrote.</summary>
public sealed partial class LogDumpTests : IDisposable
{
    private readonly LogBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void Every_file_kafka_wrote_is_told_as_kafkas_own_tool_tells_it()
    {
        KafkaSample.Unpack(_bench.Root);
        var dump = new LogDump(_bench.Files);
        var (files, compared) = (0, 0);
        foreach (var (file, kafkas) in KafkaSample.Dump())
        {
            var isInternal = file.StartsWith("__", StringComparison.Ordinal);
            var ours = dump.Lines(Path.Combine(_bench.Root, "data", file), records: true, data: !isInternal).Select(l => l.ToString().TrimEnd());
            Assert.Equal(kafkas.Select(l => Optional().Replace(l, m => m.Groups[1].Success ? m.Groups[1].Value : "none").TrimEnd()), ours);
            (files, compared) = (files + 1, compared + kafkas.Count);
        }
        Assert.True(files >= 80 && compared > 4000, $"{files} files, {compared} lines");
    }

    [Fact]
    public void A_directory_stands_for_all_files_below_it_that_are_known()
    {
        KafkaSample.Unpack(_bench.Root);
        var files = new LogDump(_bench.Files).FilesOf(Path.Combine(_bench.Root, "crashed"));
        Assert.Contains(files, f => f.EndsWith("meta.properties", StringComparison.Ordinal));
        Assert.Contains(files, f => f.EndsWith("txn-0/00000000000000000000.txnindex", StringComparison.Ordinal));
        Assert.DoesNotContain(files, f => f.EndsWith(".deleted", StringComparison.Ordinal));
        foreach (var file in files)
            Assert.NotNull(new LogDump(_bench.Files).Lines(file, records: true, data: true).ToList());
    }

    [Fact]
    public void Bytes_that_are_no_batch_are_told_where_they_begin()
    {
        Directory.CreateDirectory(_bench.Partition);
        var path = Path.Combine(_bench.Partition, "00000000000000000000.log");
        File.WriteAllBytes(path, [.. LogBench.Batch(), 1, 2, 3]);
        var lines = new LogDump(_bench.Files).Lines(path, records: false, data: false).Select(l => l.ToString()).ToList();
        Assert.Equal(2, lines.Count);
        Assert.Contains("3 bytes are no batch", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Control_characters_in_values_do_not_reach_the_terminal() =>
        Assert.Equal("| key: a\\x1B[31m\\x0A", new DumpLine([KeyValuePair.Create<string, object?>("key", "a\u001b[31m\n")], IsRecord: true).ToString());

    [Fact]
    public void A_file_of_another_kind_is_refused_by_name()
    {
        var refused = Assert.Throws<InvalidDataException>(() => new LogDump(_bench.Files).Lines("/etc/passwd", false, false));
        Assert.Contains("/etc/passwd", refused.Message, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"OptionalLong(?:\.empty|\[(\d+)\])")]
    private static partial Regex Optional();
}
