using ClassicBroker.Coordination.ZooKeeper;
using ClassicBroker.Coordination.ZooKeeper.Driver;
using CsCheck;

namespace ClassicBroker.Unit.ZooKeeper;

public class JuteReaderTests
{
    private delegate void Reading(ref JuteReader jute);

    // every way the driver reads a body; each only ever reads or throws ZooKeeperProtocolException
    private static readonly Reading[] Readings =
    [
        static (ref JuteReader jute) => jute.ReadBool(),
        static (ref JuteReader jute) => jute.ReadInt(),
        static (ref JuteReader jute) => jute.ReadLong(),
        static (ref JuteReader jute) => jute.ReadBuffer(),
        static (ref JuteReader jute) => jute.ReadString(),
        static (ref JuteReader jute) => jute.ReadStrings(),
        static (ref JuteReader jute) => jute.ReadStat(),
        static (ref JuteReader jute) => MultiFrames.DecodeOps(ref jute, 100, ConnectString.Parse("h/chroot")),
        static (ref JuteReader jute) => MultiFrames.DecodeReads(ref jute, 100),
    ];

    [Fact]
    public void No_bytes_crash_it_or_make_it_allocate_more_than_a_few_times_their_length()
    {
        // small numbers and -1 are frequent, so that lengths and counts are often plausible
        var plausible = Gen.OneOf(Gen.Byte, Gen.Const((byte)0), Gen.Const((byte)255), Gen.Byte[0, 8]);
        Gen.Select(plausible.Array[0, 400], Gen.Int[0, Readings.Length - 1].Array[1, 6]).Sample(
            (bytes, steps) =>
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                try
                {
                    var jute = new JuteReader(bytes);
                    foreach (int step in steps) Readings[step](ref jute);
                }
                catch (ZooKeeperProtocolException)
                {
                    // a clean refusal
                }

                // the constant covers the exception, the connect string and the result arrays of 100 entries each
                Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 120_000 + (8 * bytes.Length));
            },
            iter: 50_000);
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(1_000_000)]
    [InlineData(-2)]
    [InlineData(int.MinValue)]
    public void A_length_or_count_that_the_frame_cannot_hold_is_refused_before_anything_is_allocated(int announced)
    {
        var writer = new JuteWriter();
        writer.Int(announced);
        writer.Long(0);
        byte[] bytes = writer.ToFrame();
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes, announced);

        Assert.Throws<ZooKeeperProtocolException>(() => new JuteReader(bytes).ReadBuffer());
        Assert.Throws<ZooKeeperProtocolException>(() => new JuteReader(bytes).ReadString());
        Assert.Throws<ZooKeeperProtocolException>(() => new JuteReader(bytes).ReadStrings());
    }

    [Fact]
    public void Minus_one_means_none_and_reads_as_empty()
    {
        byte[] none = [255, 255, 255, 255];
        Assert.Empty(new JuteReader(none).ReadBuffer());
        Assert.Empty(new JuteReader(none).ReadString());
        Assert.Empty(new JuteReader(none).ReadStrings());
    }

    [Fact]
    public void What_the_writer_wrote_the_reader_reads()
    {
        Gen.Select(Gen.Int, Gen.Long, Gen.Bool, Gen.String, Gen.Byte.Array, Gen.String.List[0, 5]).Sample((number, large, flag, text, bytes, texts) =>
        {
            // a lone half of a surrogate pair has no UTF-8
            text = new string([.. text.Where(c => !char.IsSurrogate(c))]);
            string[] names = [.. texts.Select(name => new string([.. name.Where(c => !char.IsSurrogate(c))]))];

            var writer = new JuteWriter();
            writer.Int(0);
            writer.Int(number);
            writer.Long(large);
            writer.Bool(flag);
            writer.String(text);
            writer.Buffer(bytes);
            writer.Strings(names);

            byte[] frame = writer.ToFrame();
            var reader = new JuteReader(frame);
            Assert.Equal(frame.Length - 4, reader.ReadInt());
            Assert.Equal(number, reader.ReadInt());
            Assert.Equal(large, reader.ReadLong());
            Assert.Equal(flag, reader.ReadBool());
            Assert.Equal(text, reader.ReadString());
            Assert.Equal(bytes, reader.ReadBuffer());
            Assert.Equal(names, reader.ReadStrings());
            Assert.Equal(0, reader.Remaining);
        });
    }

    [Fact]
    public void A_multi_answered_with_fewer_results_than_steps_is_refused()
    {
        var writer = new JuteWriter();
        writer.Int(0);
        writer.Int(-1);
        writer.Bool(true);
        writer.Int(-1);
        byte[] body = writer.ToFrame()[4..];
        Assert.Throws<ZooKeeperProtocolException>(() =>
        {
            var reader = new JuteReader(body);
            MultiFrames.DecodeOps(ref reader, 1, ConnectString.Parse("h"));
        });
    }
}
