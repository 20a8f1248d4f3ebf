using System.Security.Cryptography;
using ClassicBroker.Clients.Consumer;
using ClassicBroker.Clients.Metadata;
using ClassicBroker.Clients.Network;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Testing.Verification;

/// <summary>
/// Reads everything back when all is healed, in two ways: each partition through the consumer up to its high watermark, and the bytes of
/// each replica by fetching from every broker as one who only looks. Nothing may be written meanwhile.
/// </summary>
internal sealed class FinalReader(IReadOnlyList<TopicPartition> partitions, RunContext run)
{
    private const short FetchByName = 12;

    // A replica's checksums are told by ranges of offsets, so that a difference has a place.
    private const long Range = 1000;

    // Enough of the hash to tell replicas apart, and short enough to be read.
    private const int SumBytes = 8;

    // A follower may be an answer behind its leader.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    public async Task RunAsync(CancellationToken cancel)
    {
        await using var cluster = new ClusterMetadata(run.Client, run.Time);
        var lookup = new OffsetLookup(cluster);
        foreach (var partition in partitions)
        {
            var from = (await lookup.FindAsync(partition, OffsetLookup.Earliest, cancel).ConfigureAwait(false)).Offset;
            var to = (await lookup.FindAsync(partition, OffsetLookup.Latest, cancel).ConfigureAwait(false)).Offset;
            await ReadAsync(partition, from, to, cancel).ConfigureAwait(false);
            var snapshot = await cluster.Retries.RunAsync(token => cluster.RefreshAsync([partition.Topic], ct: token), cancel).ConfigureAwait(false);
            foreach (var broker in snapshot.Find(partition)!.Replicas)
                await HashAsync(cluster, partition, broker, from, to, cancel).ConfigureAwait(false);
        }
    }

    private async Task ReadAsync(TopicPartition partition, long from, long to, CancellationToken cancel)
    {
        var (offsets, values) = (new List<long>(), new List<long>());
        if (to > from)
        {
            await using var consumer = new Consumer(run.Client, new ConsumerOptions { StopAtEnd = true }, run.Time);
            var start = new Dictionary<TopicPartition, StartPosition> { [partition] = StartPosition.At(from) };
            await foreach (var record in consumer.ReadAsync(start, cancel).ConfigureAwait(false))
            {
                offsets.Add(record.Offset);
                values.Add(ValueBytes.Read(record.Record.Value));
            }
        }

        run.History.Add(new FinalRead(partition.ToString(), from, to, offsets, values));
    }

    private async Task HashAsync(ClusterMetadata cluster, TopicPartition partition, int broker, long from, long to, CancellationToken cancel)
    {
        var began = run.Time.GetTimestamp();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long next = from, rangeBegan = from;
        while (next < to)
        {
            var bytes = await FetchAsync(cluster, partition, broker, next, cancel).ConfigureAwait(false);
            var before = next;
            while (next < to && RecordBatch.TryRead(bytes.Span, out var batch))
            {
                if (batch.BaseOffset / Range != rangeBegan / Range && batch.BaseOffset > rangeBegan) Tell(ref rangeBegan, batch.BaseOffset);
                hash.AppendData(batch.Bytes);
                next = batch.NextOffset;
                bytes = bytes[(int)batch.Length..];
            }

            if (next > before) continue;
            if (run.Time.GetElapsedTime(began) > Patience) break;
            await Task.Delay(Pause, run.Time, cancel).ConfigureAwait(false);
        }

        Tell(ref rangeBegan, next);

        void Tell(ref long began, long end)
        {
            run.History.Add(new ReplicaBytes(broker, partition.ToString(), began, end, Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, SumBytes))));
            began = end;
        }
    }

    private static async Task<ReadOnlyMemory<byte>> FetchAsync(ClusterMetadata cluster, TopicPartition partition, int broker, long offset, CancellationToken cancel)
    {
        try
        {
            var connection = await cluster.ToBrokerAsync(broker, cancel).ConfigureAwait(false);
            var versions = connection.Versions ?? await connection.NegotiateAsync(cancel).ConfigureAwait(false);
            var response = await connection.SendAsync<FetchRequest, FetchResponse>(
                FetchRequests.For(partition, offset, FetchRequests.Debugging, leaderEpoch: -1), versions.Pick<FetchRequest, FetchResponse>(FetchByName), cancel).ConfigureAwait(false);
            return response.Responses.SelectMany(topic => topic.Partitions).FirstOrDefault()?.Records ?? default(Memory<byte>);
        }
        catch (Exception failure) when (failure is BrokerConnectionException or BrokerErrorException)
        {
            return default; // asked again until the patience is over; then what is missing shows as a difference
        }
    }
}
