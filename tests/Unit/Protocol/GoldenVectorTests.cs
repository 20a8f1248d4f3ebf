using System.Collections;
using System.Reflection;
using System.Text.Json;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Unit.Protocol;

public class GoldenVectorTests
{
    [Fact]
    public void Every_message_reads_Kafkas_bytes_and_writes_them_back_identically()
    {
        int identical = 0, withUnknownTags = 0;
        foreach (GoldenVector vector in GoldenVector.Bodies)
        {
            MessageProbe probe = MessageProbe.Of(vector.Message);
            var (message, read, skipped) = probe.Read(vector.Bytes, vector.Version, vector.Flexible);
            Assert.True(read == vector.Bytes.Length, $"{read} of {vector.Bytes.Length} bytes read: {vector}");
            byte[] written = probe.Write(message, vector.Version, vector.Flexible);
            if (skipped == 0)
            {
                Assert.True(written.AsSpan().SequenceEqual(vector.Bytes), $"{vector}\nwas written as {Convert.ToHexString(written)}");
                identical++;
                continue;
            }
            // What we do not know we do not keep: then the message without it must read back to the same values.
            SameAs(vector.Values, probe.Read(written, vector.Version, vector.Flexible).Message, vector.ToString());
            withUnknownTags++;
        }
        Assert.True(identical >= 1250, $"only {identical} vectors are compared byte by byte, {withUnknownTags} by value");
    }

    [Fact]
    public void Every_field_has_the_value_Kafka_says_it_has()
    {
        foreach (GoldenVector vector in GoldenVector.Bodies)
        {
            IMessage message = MessageProbe.Of(vector.Message).Read(vector.Bytes, vector.Version, vector.Flexible).Message;
            SameAs(vector.Values, message, vector.ToString());
        }
    }

    [Fact]
    public void Every_message_has_vectors_for_its_whole_range_and_knows_where_it_turns_flexible()
    {
        Assert.True(MessageProbe.Names.Count >= 96);
        foreach (string name in MessageProbe.Names)
        {
            List<GoldenVector> vectors = GoldenVector.All.Where(vector => vector.Message == name).ToList();
            MessageProbe probe = MessageProbe.Of(name);
            if (probe.RequestConstant("ApiKey") is not ApiKey key) continue;
            short from = (short)probe.RequestConstant("FlexibleFrom")!;
            Assert.Equal(from, ApiKeyTable.FlexibleFrom(key));
            Assert.Equal((short)probe.RequestConstant("MinVersion")!, vectors.Min(vector => vector.Version));
            Assert.Equal((short)probe.RequestConstant("MaxVersion")!, vectors.Max(vector => vector.Version));
            Assert.All(vectors, vector => Assert.Equal(vector.Version >= from, vector.Flexible));
        }
    }

    [Fact]
    public void Request_headers_keep_the_classic_client_id_and_skip_tags_only_when_the_request_is_flexible()
    {
        foreach (GoldenVector vector in GoldenVector.All.Where(vector => vector is { Message: "RequestHeader", Version: > 0 }))
        {
            // Keys in the vectors are arbitrary; the header version follows from key and version, so put one there that asks for it.
            byte[] bytes = [0, (byte)ApiKey.Fetch, 0, vector.Version == 2 ? (byte)12 : (byte)11, .. vector.Bytes[4..]];
            Assert.True(RequestHeader.TryRead(bytes, out RequestHeader header));
            Assert.Equal(bytes.Length, header.Length);
            Assert.Equal(vector.Values.GetProperty("correlationId").GetInt32(), header.CorrelationId);
            Assert.Equal(vector.Values.GetProperty("clientId").GetString(), header.ClientId);
        }
    }

    private static void SameAs(JsonElement expected, object? actual, string where)
    {
        bool same = (expected.ValueKind, actual) switch
        {
            (JsonValueKind.Null, null) => true,
            (JsonValueKind.Number, double number) => expected.GetDouble().Equals(number),
            (JsonValueKind.Number, ErrorCode code) => expected.GetInt64() == (short)code,
            (JsonValueKind.Number, IConvertible number) => expected.GetInt64() == number.ToInt64(null),
            (JsonValueKind.True or JsonValueKind.False, bool flag) => expected.GetBoolean() == flag,
            (JsonValueKind.String, Guid id) => expected.GetString() == Kafka64(id),
            (JsonValueKind.String, byte[] bytes) => expected.GetBytesFromBase64().AsSpan().SequenceEqual(bytes),
            (JsonValueKind.String, Memory<byte> bytes) => expected.GetBytesFromBase64().AsSpan().SequenceEqual(bytes.Span),
            (JsonValueKind.String, "NaN" or double) => actual is double.NaN or double.PositiveInfinity or double.NegativeInfinity,
            (JsonValueKind.String, string text) => expected.GetString() == text,
            (JsonValueKind.Array, IList list) => SameList(expected, list, where),
            (JsonValueKind.Object, IMessage message) => SameFields(expected, message, where),
            _ => false,
        };
        Assert.True(same, $"expected {expected}, got {actual}: {where}");
    }

    private static bool SameList(JsonElement expected, IList list, string where)
    {
        if (expected.GetArrayLength() != list.Count) return false;
        for (int i = 0; i < list.Count; i++) SameAs(expected[i], list[i], where);
        return true;
    }

    private static bool SameFields(JsonElement expected, IMessage message, string where)
    {
        foreach (JsonProperty property in expected.EnumerateObject())
        {
            FieldInfo? field = message.GetType().GetField(
                property.Name, BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase);
            Assert.True(field is not null, $"{message.GetType()} has no field {property.Name}");
            SameAs(property.Value, field!.GetValue(message), $"{property.Name} in {where}");
        }
        return true;
    }

    /// <summary>Kafka's text form of a uuid: its bytes in URL-safe base64 without padding.</summary>
    private static string Kafka64(Guid id) =>
        Convert.ToBase64String(id.ToByteArray(bigEndian: true)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
