using ClassicBroker.Clients.Metadata;
using ClassicBroker.Clients.Producer;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Testing.Verification;

/// <summary>
/// All writers and readers of a run. Per partition four writers share the rate: our producer with acks=all and with acks=1, a writer that
/// sends once, an idempotent one. Two readers read everything from the beginning. Owns its clients.
/// </summary>
internal sealed class Workload : IAsyncDisposable
{
    private const int WritersPerPartition = 4;

    private readonly RunContext _run;
    private readonly IReadOnlyList<TopicPartition> _partitions;
    private readonly Producer _all;
    private readonly Producer _one;
    private readonly ClusterMetadata _writing;
    private readonly ClusterMetadata _reading;
    private Task _writers = Task.CompletedTask;
    private Task _readers = Task.CompletedTask;

    public Workload(RunContext run, IReadOnlyList<TopicPartition> partitions)
    {
        (_run, _partitions) = (run, partitions);
        _all = new Producer(run.Client, Options(-1), run.Time);
        _one = new Producer(run.Client, Options(1), run.Time);
        _writing = new ClusterMetadata(run.Client, run.Time);
        _reading = new ClusterMetadata(run.Client, run.Time);
    }

    /// <summary>Begins everything.</summary>
    public void Start()
    {
        var perWriter = (double)_run.Options.OperationsPerSecond / (_partitions.Count * WritersPerPartition);
        _writers = Task.WhenAll(_partitions.SelectMany(partition => (Task[])
        [
            new ProducerWriter($"all-{partition}", partition, _all, -1, perWriter, _run).RunAsync(),
            new ProducerWriter($"one-{partition}", partition, _one, 1, perWriter, _run).RunAsync(),
            new DirectWriter($"once-{partition}", partition, _writing, RetryMode.Never, perWriter, _run).RunAsync(),
            new DirectWriter($"idempotent-{partition}", partition, _writing, RetryMode.Idempotent, perWriter, _run).RunAsync(),
        ]));
        _readers = Task.WhenAll(
            new WatchingReader("watcher", _partitions, _reading, _run).RunAsync(),
            new ConsumerReader("consumer", _partitions, _run).RunAsync());
    }

    /// <summary>Ends when the stop was asked for and every answer that was due is noted. Fails when a writer or reader failed in a way it should not.</summary>
    public Task Done => Task.WhenAll(_writers, _readers);

    public async ValueTask DisposeAsync()
    {
        await _all.DisposeAsync().ConfigureAwait(false);
        await _one.DisposeAsync().ConfigureAwait(false);
        await _writing.DisposeAsync().ConfigureAwait(false);
        await _reading.DisposeAsync().ConfigureAwait(false);
    }

    private ProducerOptions Options(short acks) => new()
    {
        Acks = acks, AckTimeout = RunContext.AckTimeout, DeliveryTimeout = _run.Options.GiveUpAfter, Linger = TimeSpan.FromMilliseconds(2),
    };
}
