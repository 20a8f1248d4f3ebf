using System.Text.Json;
using ClassicBroker.Broker.Log;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Records;
using ClassicBroker.Unit.Records;

namespace ClassicBroker.Unit.Log;

/// <summary>Our answer to each golden batch beside Kafka's, whose leader stood at offset 3, epoch 5, with its clock where ours is.</summary>
public class GoldenAppendTests
{
    // Where we answer differently, and why. Kafka's UNKNOWN_SERVER_ERROR is always a missing check.
    private static readonly Dictionary<string, string> OnPurpose = new()
    {
        ["key length below -1"] = "INVALID_RECORD: Kafka reads any negative length as null",
    };

    [Theory]
    [MemberData(nameof(GoldenBatches.All), MemberType = typeof(GoldenBatches))]
    public void A_leader_answers_a_produced_batch_as_kafka_does(string name)
    {
        foreach (var setting in new[] { "create", "append", "gzip" })
        {
            using var bench = new LogBench();
            using var log = bench.Open(new LogOptions { AppendTime = setting == "append", CompressionType = setting == "gzip" ? "gzip" : "producer" });
            LogBench.Append(log, 3, epoch: 5);
            var golden = GoldenBatches.Get(name);
            var kafka = golden.GetProperty("leader").GetProperty(setting);
            var expected = golden.GetProperty("produce").GetString() is var produce and not "NONE" ? produce : kafka.GetProperty("error").GetString();
            if (expected == "UNKNOWN_SERVER_ERROR" || OnPurpose.ContainsKey(name))
                expected = setting == "gzip" && IsOddButWritable(name) ? "NONE" : "INVALID_RECORD";
            var (error, first) = Append(log, GoldenBatches.Bytes(name));
            Assert.Equal((setting, expected), (setting, error));
            if (error != "NONE")
            {
                Assert.Equal(3, log.LogEndOffset);
                continue;
            }
            Assert.Equal(3, first);
            if (kafka.TryGetProperty("stored", out var stored) && setting != "gzip" && IsWhole(stored) && name != "offset delta of a record wrong")
                Assert.Equal(stored.GetString() == "same" ? golden.GetProperty("hex").GetString() : stored.GetString(), Convert.ToHexStringLower(LogBench.Copy(log, 3)));
            if (setting == "gzip" && stored.ValueKind == JsonValueKind.String && IsWhole(stored) && stored.GetString() != "same")
                SameButForTheCompressor(Convert.FromHexString(stored.GetString()!), LogBench.Copy(log, 3));
            Assert.NotEmpty(RecordBatchReader.ReadAll(LogBench.Copy(log, 3)));
        }
    }

    [Theory]
    [MemberData(nameof(GoldenBatches.All), MemberType = typeof(GoldenBatches))]
    public void A_follower_stores_what_kafkas_follower_stores(string name)
    {
        using var bench = new LogBench();
        using var log = bench.Open();
        var bytes = GoldenBatches.Bytes(name);
        var golden = GoldenBatches.Get(name).GetProperty("follower");
        var wanted = golden.GetProperty("error").GetString();
        if (bytes.Length > 16 && bytes[16] < 2)
            return; // formats before 2 are not stored
        if (name == "v2, leader epoch set")
            return; // Kafka's follower was told an older leader epoch than the batch's, and waits
        try
        {
            log.AppendAsFollower(bytes);
            Assert.Equal("NONE", wanted);
            Assert.Equal(golden.GetProperty("logEndOffset").GetInt64(), log.LogEndOffset);
        }
        catch (LogAppendException e)
        {
            Assert.Contains(wanted, new[] { "UNKNOWN_SERVER_ERROR", Code(e) });
            Assert.Equal(0, log.LogEndOffset);
        }
    }

    private static void SameButForTheCompressor(byte[] kafkas, byte[] ours)
    {
        var (theirs, own) = (Header(kafkas), Header(ours));
        Assert.Equal(theirs, own);
        Assert.Equal(Contents(kafkas), Contents(ours));

        static string Header(byte[] bytes)
        {
            var b = new RecordBatch(bytes);
            return $"{b.BaseOffset} {b.PartitionLeaderEpoch} {b.Attributes} {b.LastOffsetDelta} {b.BaseTimestamp} {b.MaxTimestamp} {b.ProducerId} {b.ProducerEpoch} {b.BaseSequence} {b.RecordCount}";
        }

        static IEnumerable<string> Contents(byte[] bytes) => RecordBatchReader.ReadAll(bytes).Select(r =>
            $"{r.Offset} {r.TimestampMs} {Text(r.Key)} {Text(r.Value)} {string.Join(',', r.Headers.Select(h => $"{h.Key}={Text(h.Value)}"))}");

        static string Text(ReadOnlyMemory<byte>? bytes) => bytes is { } b ? Convert.ToHexString(b.Span) : "null";
    }

    // Kafka fails to build these anew; we write them as they are, like Kafka does without compression.type
    private static bool IsOddButWritable(string name) =>
        name is "transactional bit without producer id" or "producer epoch negative" or "timestamp below -1";

    private static bool IsWhole(JsonElement stored) => stored.GetString() is { Length: > 20 } or "same";

    private static (string Error, long FirstOffset) Append(PartitionLog log, byte[] bytes)
    {
        try
        {
            return ("NONE", log.AppendAsLeader(bytes, 5, AppendRules.FromClient(9)).FirstOffset);
        }
        catch (LogAppendException e)
        {
            return (Code(e), -1);
        }
    }

    private static string Code(LogAppendException e) =>
        string.Concat(e.Code.ToString().Select((c, i) => i > 0 && char.IsUpper(c) ? $"_{c}" : char.ToUpperInvariant(c).ToString()));
}
