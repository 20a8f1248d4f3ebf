using System.Text;
using ClassicBroker.Broker.Log;
using ClassicBroker.Broker.Log.Compaction;

namespace ClassicBroker.Unit.Log.Compaction;

/// <summary>The pure parts: hash, map, rules of choice, groups.</summary>
public sealed class CompactionPartsTests
{
    private static readonly LogOptions Options = new() { CleanupCompact = true };

    [Theory]
    [InlineData(0, "a3817f04ba25a8e66df67214c7550293")]
    [InlineData(1, "da87c1d86b99af44347659119b22fc45")]
    public void The_hash_is_SipHash_of_128_bits(int length, string expected)
    {
        var secret = UInt128.Zero;
        for (var i = 15; i >= 0; i--)
            secret = (secret << 8) | (byte)i;
        var input = Enumerable.Range(0, length).Select(i => (byte)i).ToArray();
        var (low, high) = new KeyHash(secret).Of(input);
        Assert.Equal(expected, Convert.ToHexStringLower([.. BitConverter.GetBytes(low), .. BitConverter.GetBytes(high)]));
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.9)]
    [InlineData(0.99)]
    public void The_map_keeps_the_last_offset_of_each_key_up_to_its_load(double load)
    {
        using var map = new OffsetMap(1 << 20, long.MaxValue, load, 1);
        Assert.Equal((int)((1 << 20) / 24 * load), map.Capacity);
        for (var i = 0; i < map.Capacity; i++)
            Assert.True(map.TryPut(Key(i), i));
        Assert.False(map.TryPut(Key(-1), 1));
        Assert.True(map.TryPut(Key(3), 99_999_999));
        Assert.Equal(map.Capacity, map.Count);
        Assert.Equal(-1, map.Get(Key(-1)));
        Assert.Equal(99_999_999, map.Get(Key(3)));
        for (var i = 4; i < map.Capacity; i++)
            Assert.Equal(i, map.Get(Key(i)));
    }

    [Fact]
    public void A_map_for_few_records_is_small()
    {
        using var map = new OffsetMap(1 << 27, 1000, 0.9, 1);
        Assert.InRange(map.Capacity, 1000, 1010);
    }

    [Fact]
    public void Dirty_is_what_lies_between_the_last_cleaning_and_the_active_segment()
    {
        var bounds = Bounds(checkpoint: 100);
        Assert.Equal(new CompactionBounds(100, 300, 10, 50, false), bounds);
        Assert.Equal(50.0 / 60, bounds.DirtyRatio);
        Assert.True(bounds.IsDue(0.5));
        Assert.False(bounds.IsDue(0.9));
    }

    [Theory]
    [InlineData(null, 0)]
    [InlineData(99L, 99)]
    [InlineData(400L, 400)]
    [InlineData(401L, 0)]
    public void A_checkpoint_outside_of_the_log_counts_as_none(long? checkpoint, long expected) =>
        Assert.Equal(expected, Bounds(checkpoint).FirstDirty);

    [Fact]
    public void A_checkpoint_below_the_log_start_begins_there() => Assert.Equal(150, Bounds(checkpoint: 20, logStart: 150).FirstDirty);

    [Theory]
    [InlineData(400, 300)]
    [InlineData(300, 300)]
    [InlineData(299, 200)]
    [InlineData(100, 100)]
    [InlineData(99, 0)]
    public void Segments_that_reach_past_the_last_stable_offset_are_not_cleaned(long stable, long expected) =>
        Assert.Equal(expected, Bounds(checkpoint: 0, stable: stable).FirstUncleanable);

    [Theory]
    [InlineData(0, 300)]
    [InlineData(1, 300)]
    [InlineData(600, 200)]
    [InlineData(5000, 0)]
    public void Segments_from_the_first_young_record_on_are_not_cleaned(long lag, long expected) =>
        Assert.Equal(expected, Bounds(checkpoint: 0, options: Options with { MinCompactionLagMs = lag }).FirstUncleanable);

    [Theory]
    [InlineData(2000, true)]
    [InlineData(4000, false)]
    public void A_dirty_record_older_than_the_maximum_makes_a_log_overdue(long lag, bool expected) =>
        Assert.Equal(expected, Bounds(checkpoint: 100, options: Options with { MaxCompactionLagMs = lag }).IsOverdue);

    [Fact]
    public void Groups_stay_below_the_size_of_a_segment_its_indexes_and_32_bits_of_offsets()
    {
        SegmentMeasure[] segments =
        [
            new(0, 10, 40, 1), new(10, 20, 40, 1), new(20, 30, 40, 1), new(30, 40, 10, 9), new(40, 50, 10, 9),
            new(50, 1L << 31, 1, 1), new(1L << 31, (1L << 31) + 60, 1, 1), new((1L << 31) + 60, (1L << 31) + 61, 500, 1),
        ];
        Assert.Equal(["0..2", "2..4", "4..6", "6..7", "7..8"], SegmentGroups.Split(segments, 100, 10).Select(r => r.ToString()));
    }

    private static CompactionBounds Bounds(long? checkpoint, long logStart = 0, long stable = 400, LogOptions? options = null)
    {
        SegmentFacts[] segments = [new(0, 10, 6000, 6500), new(100, 20, 7000, 8500), new(200, 30, 9000, 9500), new(300, 40, 9900, 9999)];
        return CompactionRules.Bounds(segments, checkpoint, logStart, 400, stable, options ?? Options, nowMs: 10_000);
    }

    private static byte[] Key(int i) => Encoding.UTF8.GetBytes($"key-{i}");
}
