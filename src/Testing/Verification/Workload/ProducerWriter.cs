using ClassicBroker.Clients.Network;
using ClassicBroker.Clients.Producer;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Testing.Verification;

/// <summary>
/// Writes to one partition through the project's own producer, which sends again until it is answered (<see cref="RetryMode.Plain"/>).
/// Values follow each other without waiting for answers.
/// </summary>
internal sealed class ProducerWriter(string name, TopicPartition partition, Producer producer, short acks, double perSecond, RunContext run)
{
    private readonly Pace _pace = new(perSecond, run.NewRandom(), run.Time);

    /// <summary>Writes until the run is stopped, then waits for the answers that are due.</summary>
    public async Task RunAsync()
    {
        var waiting = new List<Task>();
        try
        {
            while (true)
            {
                await _pace.NextAsync(run.Stop).ConfigureAwait(false);
                waiting.RemoveAll(told => told.IsCompleted);
                waiting.Add(await SendAsync().ConfigureAwait(false));
            }
        }
        catch (OperationCanceledException) when (run.Stop.IsCancellationRequested)
        {
            // the end of writing
        }

        await Task.WhenAll(waiting).ConfigureAwait(false);
    }

    private async Task<Task> SendAsync()
    {
        var value = run.NextValue();
        var bytes = ValueBytes.Of(value, run.Options.MaxValueBytes);
        run.History.Add(new SendStarted(name, partition.ToString(), value, run.Options.PromiseAcksOne ? (short)-1 : acks, RetryMode.Plain));
        try
        {
            return NoteAsync(value, await producer.EnqueueAsync(partition.Topic, partition.Partition, null, bytes, ct: CancellationToken.None).ConfigureAwait(false));
        }
        catch (Exception failure) when (failure is BrokerConnectionException or BrokerErrorException or ProtocolException)
        {
            run.History.Add(new SendRefused(value, "not sent: " + failure.Message));
            return Task.CompletedTask;
        }
    }

    private async Task NoteAsync(long value, Task<ProducedRecord> told)
    {
        try
        {
            var produced = await told.ConfigureAwait(false);
            run.History.Add(new SendAcknowledged(value, produced.Offset));
        }
        catch (Exception failure) when (failure is BrokerConnectionException or BrokerErrorException or ProtocolException or OperationCanceledException)
        {
            // It was sent more than once perhaps; what the last answer says is not true of the others.
            run.History.Add(new SendUnsure(value, Reason.Of(failure)));
        }
    }
}
