using ClassicBroker.Clients.Consumer;
using ClassicBroker.Clients.Network;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Testing.Verification;

/// <summary>Reads all partitions through the project's own consumer, assigned by hand, and begins anew from the first offset now and then.</summary>
internal sealed class ConsumerReader(string name, IReadOnlyList<TopicPartition> partitions, RunContext run)
{
    private const int MaxPerEvent = 500;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private TopicPartition? _of;
    private List<long> _offsets = [];
    private List<long> _values = [];

    public async Task RunAsync()
    {
        while (!run.Stop.IsCancellationRequested)
        {
            using var again = new CancellationTokenSource(run.Options.ReadAgainEvery, run.Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(again.Token, run.Stop);
            try
            {
                await ReadAsync(either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (either.IsCancellationRequested)
            {
                Note();
            }
            catch (Exception failure) when (failure is BrokerConnectionException or BrokerErrorException or ProtocolException)
            {
                Note();
                if (failure is BrokerErrorException { Code: ErrorCode.OffsetOutOfRange } outside)
                    run.History.Add(new ReaderOutOfRange(name, partitions.FirstOrDefault(p => outside.Message.Contains(p.ToString(), StringComparison.Ordinal)).ToString(), -1));
                await Task.Delay(Pause, run.Time, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private async Task ReadAsync(CancellationToken cancel)
    {
        foreach (var partition in partitions) run.History.Add(new ReaderAssigned(name, partition.ToString(), 0));
        await using var consumer = new Consumer(run.Client, time: run.Time);
        await using var records = consumer.ReadAsync(partitions.ToDictionary(p => p, _ => StartPosition.At(0)), cancel).GetAsyncEnumerator(cancel);
        while (true)
        {
            var next = records.MoveNextAsync();
            if (!next.IsCompleted) Note(); // what is at hand was one answer
            if (!await next.ConfigureAwait(false)) return;
            var record = records.Current;
            if (_of != record.Partition || _offsets.Count == MaxPerEvent) Note();
            _of = record.Partition;
            _offsets.Add(record.Offset);
            _values.Add(ValueBytes.Read(record.Record.Value));
        }
    }

    private void Note()
    {
        if (_of is { } partition && _offsets.Count > 0) run.History.Add(new ReaderPolled(name, partition.ToString(), -1, _offsets, _values));
        (_of, _offsets, _values) = (null, [], []);
    }
}
