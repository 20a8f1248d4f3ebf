using System.Buffers.Binary;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;
using CsCheck;

namespace ClassicBroker.Unit.Protocol;

public class FrameBuilderTests
{
    [Fact]
    public void Pieces_of_any_size_copied_or_referenced_come_out_in_order() =>
        Gen.Select(Gen.Int[0, 40_000], Gen.Bool).Array[0, 12].Sample(pieces =>
        {
            using var frame = new FrameBuilder();
            var expected = new List<byte>();
            foreach ((int length, bool referenced) in pieces)
            {
                byte[] bytes = new byte[length];
                new Random(expected.Count).NextBytes(bytes);
                expected.AddRange(bytes);
                if (referenced) frame.WriteReference(bytes);
                else frame.Write(bytes);
                Assert.Equal(frame.Length, frame.Segments.Sum(segment => segment.Length));
            }
            Assert.True(frame.ToArray().AsSpan().SequenceEqual(expected.ToArray()));
        }, iter: 300);

    [Fact]
    public void Records_are_referenced_not_copied()
    {
        byte[] records = new byte[4096];
        var response = new FetchResponse { Responses = [new() { Topic = "t", Partitions = [new() { Records = records }] }] };
        using FrameBuilder frame = MessageCodec.ResponseFrame(ApiKey.Fetch, 12, 7, response);
        Assert.Contains(frame.Segments, segment => segment.Equals(new ReadOnlyMemory<byte>(records)));
    }

    [Fact]
    public void A_frame_begins_with_its_size_and_the_header_its_version_asks_for()
    {
        using FrameBuilder classic = MessageCodec.ResponseFrame(ApiKey.Fetch, 11, 7, new FetchResponse());
        using FrameBuilder flexible = MessageCodec.ResponseFrame(ApiKey.Heartbeat, 4, 7, new HeartbeatResponse());
        using FrameBuilder versions = MessageCodec.ResponseFrame(ApiKey.ApiVersions, 3, 7, new ApiVersionsResponse());
        foreach (byte[] bytes in new[] { classic.ToArray(), flexible.ToArray(), versions.ToArray() })
        {
            Assert.Equal(bytes.Length - 4, BinaryPrimitives.ReadInt32BigEndian(bytes));
            Assert.Equal(7, BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(4)));
        }
        Assert.Equal(4, MessageCodec.ResponseBodyStart(ApiKey.Fetch, 11, classic.ToArray().AsMemory(4)));
        Assert.Equal(5, MessageCodec.ResponseBodyStart(ApiKey.Heartbeat, 4, flexible.ToArray().AsMemory(4)));
        Assert.Equal(4, MessageCodec.ResponseBodyStart(ApiKey.ApiVersions, 3, versions.ToArray().AsMemory(4)));
    }

    [Theory]
    [InlineData(3, false)]
    [InlineData(4, true)]
    public void What_the_version_cannot_carry_is_refused_when_written(short version, bool flexible)
    {
        Assert.Throws<ProtocolException>(() => MessageCodec.ToBytes(new HeartbeatRequest { GroupId = null! }, version, flexible));
        var tooLong = new HeartbeatRequest { GroupId = new string('x', 40_000) };
        if (flexible) Assert.True(MessageCodec.ToBytes(tooLong, version, flexible).Length > 40_000);
        else Assert.Throws<ProtocolException>(() => MessageCodec.ToBytes(tooLong, version, flexible));
    }
}
