using System.Buffers;
using System.Buffers.Binary;
using ClassicBroker.Coordination.ZooKeeper.Driver;
using CsCheck;

namespace ClassicBroker.Unit.ZooKeeper;

public class FrameSplitterTests
{
    private const int Limit = 100;

    [Fact]
    public void However_the_bytes_arrive_the_frames_are_the_same()
    {
        Gen.Select(Gen.Int[16, 300].Array[1, 8], Gen.Int[1, 64]).Sample((lengths, chunk) =>
        {
            byte[] stream = [.. lengths.SelectMany(FrameOf)];
            var splitter = new FrameSplitter(Limit);
            var frames = new List<(int Length, bool Oversized, byte[] Bytes)>();
            byte[] held = [];
            foreach (byte[] piece in stream.Chunk(chunk))
            {
                held = [.. held, .. piece];
                var buffer = new ReadOnlySequence<byte>(held);
                while (splitter.TryTake(ref buffer, out var frame)) frames.Add((frame.Length, frame.IsOversized, frame.Bytes.ToArray()));
                held = buffer.ToArray();
            }

            Assert.Empty(held);
            Assert.Equal(lengths, frames.Select(frame => frame.Length));
            foreach (var (length, oversized, bytes) in frames)
            {
                Assert.Equal(length > Limit, oversized);
                Assert.Equal(oversized ? FrameSplitter.ReplyHeaderBytes : length, bytes.Length);
                Assert.All(bytes, b => Assert.Equal((byte)length, b));
            }
        });
    }

    [Fact]
    public void An_oversized_frame_is_passed_over_without_being_collected()
    {
        var splitter = new FrameSplitter(Limit);
        byte[] start = FrameOf(10_000)[..1_000];
        var buffer = new ReadOnlySequence<byte>(start);
        Assert.True(splitter.TryTake(ref buffer, out var frame));
        Assert.True(frame.IsOversized);
        Assert.False(splitter.TryTake(ref buffer, out _));
        Assert.True(buffer.IsEmpty); // nothing of it is kept while the rest is on its way
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData(0)]
    [InlineData(15)]
    public void A_length_no_answer_can_have_is_a_protocol_error(int length)
    {
        byte[] bytes = new byte[64];
        BinaryPrimitives.WriteInt32BigEndian(bytes, length);
        var buffer = new ReadOnlySequence<byte>(bytes);
        Assert.Throws<ZooKeeperProtocolException>(() => new FrameSplitter(Limit).TryTake(ref buffer, out _));
    }

    private static byte[] FrameOf(int length)
    {
        byte[] bytes = new byte[4 + length];
        bytes.AsSpan(4).Fill((byte)length);
        BinaryPrimitives.WriteInt32BigEndian(bytes, length);
        return bytes;
    }
}
