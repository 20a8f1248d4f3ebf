using ClassicBroker.Broker.Log;

namespace ClassicBroker.Unit.Log;

public sealed class RetentionTests : IDisposable
{
    private static readonly LogOptions Small = new() { SegmentBytes = 500, RetentionMs = 10_000, FileDeleteDelayMs = 60_000 };

    private readonly LogBench _bench = new();

    private long Now => _bench.Time.GetUtcNow().ToUnixTimeMilliseconds();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void Nothing_above_the_watermark_and_nothing_of_an_open_transaction_goes()
    {
        using var log = Filled(20, Now - 60_000);
        Assert.Equal(0, log.ApplyRetention(upTo: 0));
        log.ApplyRetention(upTo: 10);
        Assert.InRange(log.LogStartOffset, 5, 10);
        log.ApplyRetention(upTo: 20);
        Assert.Equal(20, log.LogStartOffset);
        Assert.Equal(1, log.SegmentCount);
    }

    [Fact]
    public void By_size_the_oldest_go_while_the_rest_is_large_enough()
    {
        using var log = Filled(30, Now);
        log.Options = Small with { RetentionMs = -1, RetentionBytes = 1500 };
        log.ApplyRetention(upTo: 30);
        Assert.InRange(log.SizeBytes, 1500, 2000);
    }

    [Fact]
    public void Files_are_marked_first_and_removed_later()
    {
        using var log = Filled(20, Now - 60_000);
        log.ApplyRetention(upTo: 20);
        Assert.NotEmpty(Directory.GetFiles(_bench.Partition, "*.deleted"));
        log.RestIdleSegments();
        Assert.NotEmpty(Directory.GetFiles(_bench.Partition, "*.deleted"));
        _bench.Time.Advance(TimeSpan.FromMinutes(2));
        log.RestIdleSegments();
        Assert.Empty(Directory.GetFiles(_bench.Partition, "*.deleted"));
    }

    [Fact]
    public void Without_a_trusted_clock_nothing_goes_for_its_age_but_size_still_counts()
    {
        using var log = Filled(30, Now - 60_000);
        Assert.Equal(0, log.ApplyRetention(upTo: 30, byTime: false));
        log.Options = Small with { RetentionBytes = 1500 };
        Assert.NotEqual(0, log.ApplyRetention(upTo: 30, byTime: false));
        Assert.InRange(log.SizeBytes, 1500, 2000);
    }

    [Fact]
    public void Records_of_the_far_future_age_with_their_file()
    {
        using var log = Filled(20, Now + 10L * 365 * 24 * 3600 * 1000);
        Assert.Equal(0, log.ApplyRetention(upTo: 20));
        _bench.Time.Advance(TimeSpan.FromSeconds(11));
        log.ApplyRetention(upTo: 20);
        Assert.Equal(20, log.LogStartOffset);
    }

    [Fact]
    public void Records_of_the_far_past_are_old_as_in_Kafka()
    {
        using var log = Filled(20, 0);
        log.ApplyRetention(upTo: 20);
        Assert.Equal(20, log.LogStartOffset);
    }

    [Fact]
    public void A_moved_start_survives_a_restart_and_its_segments_go_on_compacted_topics_too()
    {
        using (var log = Filled(20, Now, Small with { CleanupDelete = false, CleanupCompact = true }))
        {
            log.MoveLogStart(12);
            log.ApplyRetention(upTo: 20);
            Assert.InRange(log.FirstSegmentOffset, 8, 12);
        }
        using var again = _bench.Open(Small, clean: true, recoveryPoint: 20, logStart: 12);
        Assert.Equal((12, 20), (again.LogStartOffset, again.LogEndOffset));
    }

    [Theory]
    [InlineData(10L * 365 * 24)]
    [InlineData(-10L * 365 * 24)]
    [InlineData(2)]
    [InlineData(-2)]
    public void A_clock_that_jumped_is_not_trusted_until_it_is_back_or_steady_for_a_day(long hours)
    {
        var clock = new JumpingClock();
        var jump = new ClockJump(clock, TimeSpan.FromHours(1));
        clock.Pass(TimeSpan.FromDays(30));
        Assert.True(jump.IsTrusted());
        clock.Jump(TimeSpan.FromMinutes(59));
        Assert.True(jump.IsTrusted());
        clock.Jump(TimeSpan.FromMinutes(-59) + TimeSpan.FromHours(hours));
        Assert.False(jump.IsTrusted());
        clock.Pass(TimeSpan.FromHours(23));
        Assert.False(jump.IsTrusted());
        clock.Jump(TimeSpan.FromHours(-hours));
        Assert.True(jump.IsTrusted());
        clock.Jump(TimeSpan.FromHours(hours));
        Assert.False(jump.IsTrusted());
        clock.Pass(TimeSpan.FromHours(25));
        Assert.True(jump.IsTrusted());
        Assert.InRange(jump.Offset, TimeSpan.FromSeconds(-1), TimeSpan.FromSeconds(1));
    }

    private PartitionLog Filled(int records, long timestamp, LogOptions? options = null)
    {
        var log = _bench.Open(options ?? Small);
        for (var i = 0; i < records; i++)
            LogBench.Append(log, timestamp: timestamp + i);
        return log;
    }

    /// <summary>A wall clock that can be set, beside a monotonic one that cannot.</summary>
    private sealed class JumpingClock : TimeProvider
    {
        private TimeSpan _passed, _jumped;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _passed.Ticks + 1;

        public override DateTimeOffset GetUtcNow() => new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero) + _passed + _jumped;

        public void Pass(TimeSpan time) => _passed += time;

        public void Jump(TimeSpan by) => _jumped += by;
    }
}
