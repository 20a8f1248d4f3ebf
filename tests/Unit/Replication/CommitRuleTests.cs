using ClassicBroker.Broker.Replication;

namespace ClassicBroker.Unit.Replication;

/// <summary>The commit rule as a table a student can read: now, leader's end, those waited for, ISR size, minimum → high watermark.</summary>
public class CommitRuleTests
{
    private const string Table =
        """
        now  end  waited-for   isr  min   →  watermark   because
        0    10   -            1    1     →  10          a lone leader commits at once
        0    10   10,10        3    2     →  10          all have it
        0    10   10,7         3    2     →  7           the slowest decides
        5    10   3            2    1     →  5           never back: a member may have restarted with less
        0    10   -1           2    1     →  0           a member not heard of yet holds everything back
        4    10   -            1    2     →  4           below min.insync.replicas it stands still (KIP-966)
        4    10   10           2    2     →  10          and moves when the ISR is large enough
        0    0    0            2    1     →  0           an empty log has nothing to commit
        """;

    public static TheoryData<string> Rows => [.. Table.Split('\n').Skip(1).Select(line => line.TrimEnd('\r'))];

    [Theory]
    [MemberData(nameof(Rows))]
    public void The_watermark_is_what_every_possible_leader_holds(string row)
    {
        var fields = row.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        long[] waitedFor = fields[2] == "-" ? [] : [.. fields[2].Split(',').Select(long.Parse)];

        var watermark = CommitRule.Advance(long.Parse(fields[0]), long.Parse(fields[1]), waitedFor, int.Parse(fields[3]), int.Parse(fields[4]));

        Assert.Equal(long.Parse(fields[6]), watermark);
    }

    [Theory]
    [InlineData(2, 3, 2)]
    [InlineData(3, 2, 2)]
    [InlineData(1, 1, 1)]
    public void No_topic_can_want_more_in_sync_replicas_than_it_has(int wanted, int replicas, int effective) =>
        Assert.Equal(effective, CommitRule.EffectiveMinIsr(wanted, replicas));
}
