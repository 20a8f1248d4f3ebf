using ClassicBroker.Testing.Verification;

namespace ClassicBroker.Unit.Verification;

/// <summary>For each anomaly a small history that shows it and nothing else; and beside it the nearest history that is correct.</summary>
public class AnomalyTests
{
    private const string Sent =
        """
        {"e":"send","at":1,"w":"w","p":"t-0","v":10,"acks":-1,"retry":"never"}
        {"e":"send","at":2,"w":"w","p":"t-0","v":11,"acks":-1,"retry":"never"}
        {"e":"send","at":3,"w":"w","p":"t-0","v":12,"acks":-1,"retry":"never"}
        {"e":"ack","at":4,"v":10,"o":0}
        {"e":"ack","at":5,"v":11,"o":1}
        {"e":"ack","at":6,"v":12,"o":2}
        """;

    private const string ReadAll = """{"e":"final","at":90,"p":"t-0","from":0,"to":3,"o":[0,1,2],"v":[10,11,12]}""";

    [Fact]
    public void A_history_in_which_all_is_as_it_should_be_holds()
    {
        var verdict = Check(Sent, """{"e":"poll","at":8,"r":"r","p":"t-0","hw":3,"o":[0,1,2],"v":[10,11,12]}""", ReadAll);

        Assert.Empty(verdict.Anomalies);
        Assert.True(verdict.Holds);
        Assert.Equal("verdict: no acknowledged record lost (3 acknowledged with acks=all, 0 faults, no anomaly)", verdict.LastLine);
    }

    [Fact]
    public void A_history_in_which_nothing_was_acknowledged_shows_nothing()
    {
        var verdict = Check("""{"e":"send","at":1,"w":"w","p":"t-0","v":10,"acks":1,"retry":"never"}""", """{"e":"ack","at":4,"v":10,"o":0}""");

        Assert.False(verdict.Holds);
        Assert.Contains("nothing was shown", verdict.LastLine);
    }

    [Fact]
    public void Lost_write_acknowledged_and_gone_after_healing() =>
        Shows(AnomalyKind.LostWrite, Sent, """{"e":"final","at":90,"p":"t-0","from":0,"to":2,"o":[0,1],"v":[10,11]}""");

    [Fact]
    public void Lost_write_that_nobody_read_while_a_later_one_was_read()
    {
        var kinds = Kinds(Check(Sent, """{"e":"poll","at":8,"r":"r","p":"t-0","hw":3,"o":[0],"v":[10]}""", """{"e":"poll","at":8,"r":"r","p":"t-0","hw":3,"o":[2],"v":[12]}"""));

        Assert.Contains(AnomalyKind.LostWrite, kinds);
        Assert.Contains(AnomalyKind.PollSkip, kinds);
    }

    [Fact]
    public void With_acks_1_a_lost_write_is_counted_and_not_accused()
    {
        var verdict = Check(
            Sent, ReadAll,
            """{"e":"send","at":7,"w":"x","p":"t-0","v":20,"acks":1,"retry":"never"}""",
            """{"e":"ack","at":8,"v":20,"o":2}""");

        Assert.True(verdict.Holds);
        Assert.Equal(1, verdict.Writes.Single(w => w.Acks == 1).Lost);
    }

    [Fact]
    public void Lost_read_of_a_record_that_only_acks_1_had_acknowledged() => Shows(
        AnomalyKind.LostRead, Sent, ReadAll,
        """{"e":"send","at":7,"w":"x","p":"t-0","v":20,"acks":1,"retry":"never"}""",
        """{"e":"ack","at":8,"v":20,"o":3}""",
        """{"e":"poll","at":9,"r":"r","p":"t-0","hw":4,"o":[3],"v":[20]}""");

    [Fact]
    public void Unseen_acknowledged_and_never_looked_for() =>
        Shows(AnomalyKind.Unseen, Sent, """{"e":"poll","at":8,"r":"r","p":"t-0","hw":3,"o":[0,1],"v":[10,11]}""");

    [Fact]
    public void Inconsistent_offset_two_readers_saw_different_values() => Shows(
        AnomalyKind.InconsistentOffset, Sent, ReadAll,
        """{"e":"send","at":7,"w":"x","p":"t-0","v":20,"acks":1,"retry":"plain"}""",
        """{"e":"poll","at":9,"r":"r","p":"t-0","hw":4,"o":[2],"v":[20]}""",
        """{"e":"final","at":91,"p":"t-0","from":0,"to":4,"o":[0,1,2,3],"v":[10,11,12,20]}""");

    [Fact]
    public void Inconsistent_offset_the_acknowledgement_said_another_one() => Shows(
        AnomalyKind.InconsistentOffset, Sent,
        """{"e":"send","at":7,"w":"x","p":"t-0","v":20,"acks":1,"retry":"never"}""",
        """{"e":"send","at":7,"w":"y","p":"t-0","v":21,"acks":-1,"retry":"plain"}""",
        """{"e":"ack","at":8,"v":21,"o":3}""",
        """{"e":"final","at":91,"p":"t-0","from":0,"to":5,"o":[0,1,2,3,4],"v":[10,11,12,20,21]}""");

    [Theory]
    [InlineData("never")]
    [InlineData("idempotent")]
    public void Duplicate_of_a_value_that_may_be_there_once(string retry) => Shows(
        AnomalyKind.Duplicate, Sent,
        $$"""{"e":"send","at":7,"w":"x","p":"t-0","v":20,"acks":-1,"retry":"{{retry}}"}""",
        """{"e":"ack","at":8,"v":20,"o":4}""",
        """{"e":"final","at":91,"p":"t-0","from":0,"to":5,"o":[0,1,2,3,4],"v":[10,11,12,20,20]}""");

    [Fact]
    public void A_duplicate_left_by_plain_retries_is_counted_and_not_accused()
    {
        var verdict = Check(
            Sent,
            """{"e":"send","at":7,"w":"x","p":"t-0","v":20,"acks":-1,"retry":"plain"}""",
            """{"e":"ack","at":8,"v":20,"o":4}""",
            """{"e":"final","at":91,"p":"t-0","from":0,"to":5,"o":[0,1,2,3,4],"v":[10,11,12,20,20]}""");

        Assert.True(verdict.Holds);
        Assert.Equal(1, verdict.Writes.Single(w => w.Retry == RetryMode.Plain).Duplicated);
    }

    [Fact]
    public void Aborted_read_of_a_value_the_broker_had_refused() => Shows(
        AnomalyKind.AbortedRead, Sent,
        """{"e":"send","at":7,"w":"x","p":"t-0","v":20,"acks":-1,"retry":"never"}""",
        """{"e":"refuse","at":8,"v":20,"why":"NotEnoughReplicas"}""",
        """{"e":"final","at":91,"p":"t-0","from":0,"to":4,"o":[0,1,2,3],"v":[10,11,12,20]}""");

    [Fact]
    public void Foreign_value_that_nobody_sent() =>
        Shows(AnomalyKind.Foreign, Sent, """{"e":"final","at":91,"p":"t-0","from":0,"to":4,"o":[0,1,2,3],"v":[10,11,12,99]}""");

    [Fact]
    public void Foreign_value_of_another_partition()
    {
        var kinds = Kinds(Check(
            Sent, ReadAll,
            """{"e":"send","at":7,"w":"x","p":"t-1","v":20,"acks":1,"retry":"never"}""",
            """{"e":"final","at":91,"p":"t-0","from":0,"to":4,"o":[0,1,2,3],"v":[10,11,12,20]}"""));

        Assert.Equal([AnomalyKind.Foreign], kinds);
    }

    [Fact]
    public void Poll_skip_between_two_answers() => Shows(
        AnomalyKind.PollSkip, Sent, ReadAll,
        """{"e":"poll","at":8,"r":"r","p":"t-0","hw":3,"o":[0],"v":[10]}""",
        """{"e":"poll","at":9,"r":"r","p":"t-0","hw":3,"o":[2],"v":[12]}""");

    [Fact]
    public void Poll_skip_right_behind_the_assignment() => Shows(
        AnomalyKind.PollSkip, Sent, ReadAll,
        """{"e":"assign","at":7,"r":"r","p":"t-0","o":0}""",
        """{"e":"poll","at":8,"r":"r","p":"t-0","hw":3,"o":[1,2],"v":[11,12]}""");

    [Fact]
    public void An_offset_that_holds_no_record_is_no_skip()
    {
        var verdict = Check(
            """{"e":"send","at":1,"w":"w","p":"t-0","v":10,"acks":-1,"retry":"never"}""",
            """{"e":"send","at":2,"w":"w","p":"t-0","v":11,"acks":-1,"retry":"never"}""",
            """{"e":"ack","at":4,"v":10,"o":0}""",
            """{"e":"ack","at":5,"v":11,"o":2}""",
            """{"e":"poll","at":8,"r":"r","p":"t-0","hw":3,"o":[0,2],"v":[10,11]}""",
            """{"e":"final","at":90,"p":"t-0","from":0,"to":3,"o":[0,2],"v":[10,11]}""");

        Assert.True(verdict.Holds);
    }

    [Fact]
    public void Non_monotonic_poll() => Shows(
        AnomalyKind.NonMonotonicPoll, Sent, ReadAll,
        """{"e":"poll","at":8,"r":"r","p":"t-0","hw":3,"o":[0,1],"v":[10,11]}""",
        """{"e":"poll","at":9,"r":"r","p":"t-0","hw":3,"o":[1,2],"v":[11,12]}""");

    [Fact]
    public void A_reader_that_is_assigned_again_may_go_back()
    {
        var verdict = Check(
            Sent, ReadAll,
            """{"e":"assign","at":7,"r":"r","p":"t-0","o":0}""",
            """{"e":"poll","at":8,"r":"r","p":"t-0","hw":3,"o":[0,1],"v":[10,11]}""",
            """{"e":"assign","at":9,"r":"r","p":"t-0","o":0}""",
            """{"e":"poll","at":9,"r":"r","p":"t-0","hw":2,"o":[0,1],"v":[10,11]}""");

        Assert.True(verdict.Holds);
    }

    [Theory]
    [InlineData("[0,2,1]", "[10,12,11]")]
    [InlineData("[0,2]", "[10,12]")]
    public void Internal_order_within_one_answer(string offsets, string values) =>
        Shows(AnomalyKind.InternalOrder, Sent, ReadAll, $$"""{"e":"poll","at":8,"r":"r","p":"t-0","hw":3,"o":{{offsets}},"v":{{values}}}""");

    [Fact]
    public void Non_monotonic_send() => Shows(
        AnomalyKind.NonMonotonicSend,
        """{"e":"send","at":1,"w":"w","p":"t-0","v":10,"acks":-1,"retry":"never"}""",
        """{"e":"send","at":2,"w":"w","p":"t-0","v":11,"acks":-1,"retry":"never"}""",
        """{"e":"ack","at":4,"v":11,"o":0}""",
        """{"e":"ack","at":5,"v":10,"o":1}""",
        """{"e":"final","at":90,"p":"t-0","from":0,"to":2,"o":[0,1],"v":[11,10]}""");

    [Fact]
    public void High_watermark_went_back() => Shows(
        AnomalyKind.HighWatermarkWentBack, Sent, ReadAll,
        """{"e":"poll","at":8,"r":"r","p":"t-0","hw":3,"o":[0,1,2],"v":[10,11,12]}""",
        """{"e":"poll","at":9,"r":"r","p":"t-0","hw":2,"o":[],"v":[]}""");

    [Fact]
    public void Read_past_the_high_watermark() =>
        Shows(AnomalyKind.ReadPastHighWatermark, Sent, ReadAll, """{"e":"poll","at":8,"r":"r","p":"t-0","hw":2,"o":[0,1,2],"v":[10,11,12]}""");

    [Fact]
    public void Log_went_back_behind_a_reader() => Shows(
        AnomalyKind.LogWentBack, Sent, ReadAll,
        """{"e":"poll","at":8,"r":"r","p":"t-0","hw":3,"o":[0,1,2],"v":[10,11,12]}""",
        """{"e":"outside","at":9,"r":"r","p":"t-0","o":3}""");

    [Fact]
    public void Replicas_differ() => Shows(
        AnomalyKind.ReplicasDiffer, Sent, ReadAll,
        """{"e":"replica","at":95,"broker":0,"p":"t-0","from":0,"to":3,"sum":"aa"}""",
        """{"e":"replica","at":95,"broker":1,"p":"t-0","from":0,"to":3,"sum":"bb"}""",
        """{"e":"replica","at":95,"broker":2,"p":"t-0","from":0,"to":3,"sum":"aa"}""");

    [Fact]
    public void Replicas_differ_when_one_has_less() => Shows(
        AnomalyKind.ReplicasDiffer, Sent, ReadAll,
        """{"e":"replica","at":95,"broker":0,"p":"t-0","from":0,"to":2,"sum":"aa"}""",
        """{"e":"replica","at":95,"broker":1,"p":"t-0","from":0,"to":2,"sum":"aa"}""",
        """{"e":"replica","at":95,"broker":0,"p":"t-0","from":2,"to":3,"sum":"cc"}""");

    [Fact]
    public void Never_healed() => Shows(AnomalyKind.NeverHealed, Sent, ReadAll, """{"e":"stuck","at":95,"what":"the ISR of t-0 is 0,1 after 60 s"}""");

    [Fact]
    public void A_finding_carries_the_events_that_show_it()
    {
        var lost = Check(Sent, """{"e":"final","at":90,"p":"t-0","from":0,"to":2,"o":[0,1],"v":[10,11]}""").Anomalies.Single();

        Assert.Equal("t-0", lost.Partition);
        Assert.Equal("value 12 was acknowledged with acks=all at offset 2 and is not in the log after healing (offsets 0 to 2)", lost.Told);
        Assert.Equal([typeof(SendStarted), typeof(SendAcknowledged)], lost.Events.Select(e => e.GetType()));
    }

    internal static Verdict Check(params string[] histories) =>
        HistoryChecker.Check(histories.SelectMany(text => text.Split('\n')).Select((line, i) => HistoryFile.Parse(line, i + 1, "literal")));

    private static void Shows(AnomalyKind kind, params string[] histories)
    {
        var verdict = Check(histories);

        Assert.Equal([kind], Kinds(verdict));
        Assert.False(verdict.Holds);
        Assert.StartsWith("verdict: BROKEN: ", verdict.LastLine);
        Assert.Contains(Verdict.Words(kind), verdict.LastLine);
    }

    private static IEnumerable<AnomalyKind> Kinds(Verdict verdict) => verdict.Anomalies.Select(a => a.Kind).Distinct();
}
