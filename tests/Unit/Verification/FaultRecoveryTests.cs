using ClassicBroker.Testing.Verification;

namespace ClassicBroker.Unit.Verification;

public class FaultRecoveryTests
{
    [Fact]
    public void The_longest_silence_of_each_partition_counts_from_the_fault_to_the_next()
    {
        // t-0 is silent from 100 to 700 ms, t-1 goes on every 100 ms
        var recovery = Recoveries(Acks("t-0", 0, 50, 700, 800, 900), Acks("t-1", 0, 100, 200, 300, 400, 500, 600, 700, 800, 900), Fault(1, "kill", 100, 500));

        Assert.Equal(new FaultRecovery("kill", 1, 600, 600, 200), recovery.Single());
    }

    [Fact]
    public void A_fault_is_not_blamed_for_the_next_one()
    {
        var recovery = Recoveries(Acks("t-0", 0, 100, 200, 300, 900), Fault(1, "a", 100, 200), Fault(2, "b", 300, 400));

        Assert.Equal(100, recovery.Single(r => r.Fault == "a").MaxMs);
        Assert.Equal(600, recovery.Single(r => r.Fault == "b").MaxMs);
        Assert.Equal(500, recovery.Single(r => r.Fault == "b").MaxAfterHealMs);
    }

    [Fact]
    public void A_partition_that_never_answers_again_is_silent_to_the_end()
    {
        var recovery = Recoveries(Acks("t-0", 0), Fault(1, "kill", 100, 200), new ReaderAssigned("r", "t-0", 0) { At = 5_000_000 });

        Assert.Equal(4900, recovery.Single().MaxMs);
    }

    [Fact]
    public void The_end_of_writing_is_no_silence()
    {
        var recovery = Recoveries(Acks("t-0", 0, 150, 200), Fault(1, "kill", 100, 200), new ReaderAssigned("r", "t-0", 0) { At = 60_000_000 });

        Assert.Equal(50, recovery.Single().MaxMs);
    }

    private static IReadOnlyList<FaultRecovery> Recoveries(params IEnumerable<object> parts) =>
        FaultRecovery.Of(HistoryIndex.Of(parts.SelectMany(part => part as IEnumerable<HistoryEvent> ?? [(HistoryEvent)part])));

    private static IEnumerable<HistoryEvent> Acks(string partition, params int[] milliseconds)
    {
        var value = partition.GetHashCode(StringComparison.Ordinal) * 1000L;
        foreach (var at in milliseconds)
        {
            yield return new SendStarted("w", partition, ++value, -1, RetryMode.Never) { At = at * 1000L };
            yield return new SendAcknowledged(value, at) { At = at * 1000L };
        }
    }

    private static IEnumerable<HistoryEvent> Fault(int number, string name, int from, int to) =>
        [new FaultStarted(number, name, "broker 0") { At = from * 1000L }, new FaultHealed(number) { At = to * 1000L }];
}
