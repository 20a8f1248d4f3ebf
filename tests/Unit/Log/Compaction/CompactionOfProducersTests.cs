using ClassicBroker.Broker.Log;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Unit.Log.Compaction;

/// <summary>Idempotent producers and transactions in a compacted log.</summary>
public sealed class CompactionOfProducersTests
{
    [Fact]
    public async Task The_last_batch_of_a_live_producer_stays_without_records_so_that_its_sequence_does()
    {
        await using var bench = new CompactionBench();
        bench.AppendOf(5, 0, false, "a=1", "b=1");
        bench.AppendOf(5, 2, false, "a=2", "b=2");
        bench.Append("a=3", "b=3");
        bench.Roll();
        await bench.CleanAsync();
        var batches = bench.ReadBatches();
        var last = new RecordBatch(batches[0]);
        Assert.Equal((5L, 2, 3, 2L, 3L, 0, -1L), (last.ProducerId, last.BaseSequence, last.LastSequence, last.BaseOffset, last.LastOffset, last.RecordCount, last.BaseTimestamp));
        Assert.DoesNotContain(batches, b => new RecordBatch(b).BaseOffset == 0);

        // all snapshots lost: the log alone tells what the producer wrote
        foreach (var snapshot in Directory.GetFiles(bench.PartitionPath, "*.snapshot"))
            File.Delete(snapshot);
        await bench.ReopenAsync(clean: false);
        var next = new RecordBatchBuilder { ProducerId = 5, ProducerEpoch = 0, BaseSequence = 4 };
        next.Add(1, new byte[1], new byte[1]);
        Assert.Equal(bench.Log.LogEndOffset, bench.Log.AppendAsLeader(next.Build(), 0, ClassicBroker.Broker.Log.AppendRules.FromClient(9)).FirstOffset);
    }

    [Fact]
    public async Task Records_of_an_aborted_transaction_go_at_once_and_never_hide_committed_ones()
    {
        await using var bench = new CompactionBench();
        bench.Append("a=committed");
        bench.AppendOf(5, 0, true, "a=aborted", "b=aborted");
        bench.Append("c=1");
        bench.AppendMarker(5, commit: false);
        bench.AppendOf(5, 2, true, "d=committed");
        bench.AppendMarker(5, commit: true);
        bench.Roll();
        await bench.CleanAsync();
        Assert.Equal(["0 a=committed", "3 c=1", "5 d=committed"], bench.Read());
    }

    [Fact]
    public async Task A_marker_stays_as_long_as_a_batch_of_its_transaction_and_then_delete_retention_longer()
    {
        await using var bench = new CompactionBench();
        bench.AppendOf(5, 0, true, "a=1");
        var abort = bench.AppendMarker(5, commit: false);
        bench.AppendOf(6, 0, true, "b=1");
        var commit = bench.AppendMarker(6, commit: true);
        // both producers write on, so that the batches above need not stay for their sequences
        bench.AppendOf(5, 1, false, "x=1");
        bench.AppendOf(6, 1, false, "y=1");
        bench.Roll();
        await bench.CleanAsync();
        Assert.Equal([abort, commit], Markers(bench));
        bench.Append("b=2");
        await AgainAsync(bench);                                  // b=1 goes, the abort marker is found alone and stamped
        Assert.Equal([abort, commit], Markers(bench));
        await AgainAsync(bench);                                  // the commit marker is found alone and stamped
        bench.Time.Advance(TimeSpan.FromMilliseconds(60_001));
        await AgainAsync(bench);
        Assert.Empty(Markers(bench));
    }

    [Fact]
    public async Task A_transaction_whose_marker_lies_behind_the_cleanable_part_is_judged_by_it()
    {
        await using var bench = new CompactionBench();
        bench.Append("a=committed");
        bench.AppendOf(5, 0, true, "a=aborted");
        bench.Roll();
        bench.AppendMarker(5, commit: false);
        Assert.Equal(1, await bench.CleanAsync());
        Assert.Equal(["0 a=committed"], bench.Read());
    }

    [Fact]
    public async Task An_abort_stays_in_the_transaction_index_as_long_as_its_marker()
    {
        await using var bench = new CompactionBench();
        bench.AppendOf(5, 0, true, "a=aborted");
        var marker = bench.AppendMarker(5, commit: false);
        bench.AppendOf(5, 1, false, "b=1");
        bench.Roll();
        await bench.CleanAsync();
        // a reader that took records of the old segment asks for their fates after the swap
        Assert.Equal(new AbortedTransaction(5, 0, marker, marker + 1), Assert.Single(bench.Log.AbortedTransactions(0, marker)));
        await bench.ReopenAsync(clean: true);
        Assert.Single(bench.Log.AbortedTransactions(0, marker));
        await AgainAsync(bench);
        bench.Time.Advance(TimeSpan.FromMilliseconds(60_001));
        await AgainAsync(bench);
        Assert.Empty(Markers(bench));
        Assert.Empty(bench.Log.AbortedTransactions(0, marker));
        Assert.Empty(Directory.GetFiles(bench.PartitionPath, "*.txnindex"));
    }

    [Fact]
    public async Task Nothing_from_an_undecided_transaction_on_is_cleaned()
    {
        await using var bench = new CompactionBench();
        bench.Append("a=1");
        bench.Append("a=2");
        bench.Roll();
        var open = bench.AppendOf(5, 0, true, "a=open");
        bench.Roll();
        bench.Append("a=3");
        bench.Roll();
        await bench.CleanAsync();
        Assert.Equal(["1 a=2", $"{open} a=open"], bench.Read()[..2]);
        Assert.InRange(bench.Offsets.Find(CompactionBench.Id)!.Value, 2, open);
    }

    [Fact]
    public async Task A_marker_that_is_not_committed_itself_decides_nothing()
    {
        await using var bench = new CompactionBench();
        bench.Append("a=1");
        bench.AppendOf(5, 0, true, "a=2");
        bench.Roll();
        bench.Stable = bench.AppendMarker(5, commit: true);
        await bench.CleanAsync();
        Assert.Equal(["0 a=1", "1 a=2"], bench.Read());
        bench.Stable = null;
        await bench.CleanAsync();
        Assert.Equal(["1 a=2"], bench.Read());
    }

    [Fact]
    public async Task The_marker_that_is_all_a_producer_left_stays_for_its_epoch()
    {
        await using var bench = new CompactionBench();
        bench.AppendOf(5, 0, true, "a=1");
        bench.AppendMarker(5, commit: false, epoch: 1);
        await AgainAsync(bench);
        await AgainAsync(bench);
        bench.Time.Advance(TimeSpan.FromMilliseconds(60_001));
        await AgainAsync(bench);
        var marker = Assert.Single(bench.ReadBatches(), b => new RecordBatch(b).IsControl);
        Assert.Equal(((short)1, 1L), (new RecordBatch(marker).ProducerEpoch, new RecordBatch(marker).BaseOffset));
    }

    private static List<long> Markers(CompactionBench bench) =>
        [.. bench.ReadBatches().Where(b => new RecordBatch(b).IsControl).Select(b => new RecordBatch(b).BaseOffset)];

    private static async Task AgainAsync(CompactionBench bench)
    {
        bench.Roll();
        Assert.Equal(1, await bench.CleanAsync());
    }
}
