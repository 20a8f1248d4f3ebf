using ClassicBroker.Clients.Metadata;
using ClassicBroker.Clients.Network;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Testing.Verification;

/// <summary>
/// Reads all partitions from their beginning with Fetch requests of its own, as a Java consumer does: from the leader it knows, with the
/// leader epoch it knows. It notes the high watermark of every answer, and goes on after every error at the offset where it was.
/// </summary>
internal sealed class WatchingReader(string name, IReadOnlyList<TopicPartition> partitions, ClusterMetadata cluster, RunContext run)
{
    /// <summary>Highest Fetch version that addresses topics by name.</summary>
    private const short FetchByName = 12;

    // With fewer records at hand than this the reader has caught up and need not hurry.
    private const int Plenty = 50;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    // One loop per partition, each owning its own entry.
    public Task RunAsync() => Task.WhenAll(partitions.Select(ReadAsync));

    private async Task ReadAsync(TopicPartition partition)
    {
        run.History.Add(new ReaderAssigned(name, partition.ToString(), 0));
        long next = 0, toldWatermark = -1;
        try
        {
            while (true)
            {
                if (await FetchAsync(partition, next).ConfigureAwait(false) is not { } answer)
                {
                    await LookAgainAsync(partition).ConfigureAwait(false);
                    await Task.Delay(Pause, run.Time, run.Stop).ConfigureAwait(false);
                    continue;
                }

                if (answer.ErrorCode == ErrorCode.OffsetOutOfRange)
                {
                    run.History.Add(new ReaderOutOfRange(name, partition.ToString(), next));
                    run.History.Add(new ReaderAssigned(name, partition.ToString(), next = 0));
                    continue;
                }

                var (offsets, values, after) = RecordsOf(answer, next);
                next = after;
                if (offsets.Count > 0 || answer.HighWatermark != toldWatermark)
                    run.History.Add(new ReaderPolled(name, partition.ToString(), toldWatermark = answer.HighWatermark, offsets, values));
                if (offsets.Count < Plenty) await Task.Delay(Pause, run.Time, run.Stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (run.Stop.IsCancellationRequested)
        {
            // the end of reading
        }
    }

    // Null: no good answer; look for the leader again.
    private async Task<FetchResponse.PartitionData?> FetchAsync(TopicPartition partition, long next)
    {
        try
        {
            var leader = await cluster.ToLeaderAsync(partition, run.Stop).ConfigureAwait(false);
            var epoch = cluster.Current.Find(partition)?.LeaderEpoch ?? -1;
            var versions = leader.Versions ?? await leader.NegotiateAsync(run.Stop).ConfigureAwait(false);
            var response = await leader.SendAsync<FetchRequest, FetchResponse>(
                FetchRequests.For(partition, next, replicaId: -1, epoch), versions.Pick<FetchRequest, FetchResponse>(FetchByName), run.Stop).ConfigureAwait(false);
            var answer = response.Responses.SelectMany(topic => topic.Partitions).FirstOrDefault(p => p.PartitionIndex == partition.Partition);
            return answer?.ErrorCode is ErrorCode.None or ErrorCode.OffsetOutOfRange ? answer : null;
        }
        catch (Exception failure) when (failure is BrokerConnectionException or BrokerErrorException or ProtocolException)
        {
            return null;
        }
    }

    private async Task LookAgainAsync(TopicPartition partition)
    {
        try
        {
            await cluster.RefreshAsync([partition.Topic], ct: run.Stop).ConfigureAwait(false);
        }
        catch (BrokerConnectionException)
        {
            // nobody answers now; the next turn asks again
        }
    }

    private static (List<long> Offsets, List<long> Values, long After) RecordsOf(FetchResponse.PartitionData answer, long next)
    {
        var (offsets, values) = (new List<long>(), new List<long>());
        if (answer.Records is not { Length: > 0 } records) return (offsets, values, next);
        foreach (var record in RecordBatchReader.ReadAll(records).Where(record => record.Offset >= next))
        {
            offsets.Add(record.Offset);
            values.Add(ValueBytes.Read(record.Value));
        }

        return (offsets, values, offsets.Count == 0 ? next : offsets[^1] + 1);
    }
}
