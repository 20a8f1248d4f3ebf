using ClassicBroker.Clients.Admin;
using ClassicBroker.Clients.Network;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Testing.Verification;

/// <summary>
/// Makes one fault after the other until the time is up: make it, let it go on, heal it, and wait until the cluster is well again by itself.
/// The order is a shuffled pack, so that every fault comes before one comes twice. Now and then the next fault does not wait for
/// the healing.
/// </summary>
internal sealed class FaultLoop(FaultSite site, IReadOnlyList<Fault> faults, AdminClient admin, IReadOnlyList<TopicPartition> partitions, RunContext run, TimeSpan healWithin, Action<string> say)
{
    private const double HurriedShare = 0.2;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(200);

    private readonly Queue<Fault> _pack = [];
    private int _number;

    /// <summary>Ends after the fault during which <paramref name="until"/> passed, or when something did not heal. One fault is made at least.</summary>
    public async Task RunAsync(Func<bool> until, CancellationToken cancel)
    {
        if (faults.Count == 0) return;
        do
        {
            if (_pack.Count == 0)
                foreach (var shuffled in faults.OrderBy(_ => site.Random.Next()).ToList()) _pack.Enqueue(shuffled);
            if (!await MakeAsync(_pack.Dequeue(), cancel).ConfigureAwait(false)) return;
        }
        while (!until());
    }

    /// <summary>Waits until all is well; false (and a line in the history) when it is not within the deadline.</summary>
    public async Task<bool> HealedAsync(string after, CancellationToken cancel)
    {
        var began = site.Time.GetTimestamp();
        while (true)
        {
            var missing = await MissingAsync(cancel).ConfigureAwait(false);
            if (missing is null) return true;
            if (site.Time.GetElapsedTime(began) > healWithin) return Stuck($"{healWithin.TotalSeconds:0} s after {after}: {missing}");
            await Task.Delay(LookEvery, site.Time, cancel).ConfigureAwait(false);
        }
    }

    private async Task<bool> MakeAsync(Fault fault, CancellationToken cancel)
    {
        var effect = await fault.StartAsync(site, cancel).ConfigureAwait(false);
        run.History.Add(new FaultStarted(++_number, fault.Name, effect.Target));
        say($"fault {_number}: {fault.Name} on {effect.Target}{(effect.Hold > TimeSpan.Zero ? $" for {effect.Hold.TotalSeconds:0.0} s" : "")}");
        try
        {
            await Task.Delay(effect.Hold, site.Time, cancel).ConfigureAwait(false);
        }
        finally
        {
            // Also when the run is broken off: a frozen process would stay behind for ever.
            await HealAsync(fault, effect, cancel).ConfigureAwait(false);
        }

        if (!await EveryoneServesAsync(fault, cancel).ConfigureAwait(false) || !await NobodyEndedAsync(fault, cancel).ConfigureAwait(false)) return false;
        if (site.Random.NextDouble() < HurriedShare) return true;
        if (!await HealedAsync(fault.Name, cancel).ConfigureAwait(false)) return false;
        await Task.Delay(site.Between(0.5, 3), site.Time, cancel).ConfigureAwait(false);
        return true;
    }

    private async Task HealAsync(Fault fault, FaultInEffect effect, CancellationToken cancel)
    {
        try
        {
            await effect.HealAsync(cancel.IsCancellationRequested ? CancellationToken.None : cancel).ConfigureAwait(false);
            run.History.Add(new FaultHealed(_number));
        }
        catch (Exception failure) when (failure is ClusterException or TimeoutException)
        {
            Stuck($"healing {fault.Name} on {effect.Target}: {failure.Message}");
        }
    }

    private async Task<bool> EveryoneServesAsync(Fault fault, CancellationToken cancel)
    {
        try
        {
            await site.Ensemble.WaitUntilServingAsync(cancel).ConfigureAwait(false);
            foreach (var id in site.Running) await site.Cluster.WaitUntilReadyAsync(id, cancel).ConfigureAwait(false);
            return true;
        }
        catch (Exception failure) when (failure is ClusterException or TimeoutException)
        {
            return Stuck($"after {fault.Name}: {failure.Message}");
        }
    }

    // Brokers die only when they are killed.
    private async Task<bool> NobodyEndedAsync(Fault fault, CancellationToken cancel)
    {
        var running = site.Running;
        var gone = site.Cluster.State.Brokers.Where(broker => !running.Contains(broker.Id)).ToList();
        foreach (var broker in gone)
        {
            Stuck($"broker {broker.Id} ended by itself during or after {fault.Name}; its log: {broker.LogFile}");
            site.Cluster.LaunchBroker(broker.Id);
        }

        return gone.Count == 0;
    }

    private async Task<string?> MissingAsync(CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(healWithin, site.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        try
        {
            return await FaultSite.MissingAsync(admin, partitions, either.Token).ConfigureAwait(false);
        }
        catch (Exception silent) when (silent is BrokerConnectionException or BrokerErrorException || (silent is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return "no broker answers: " + silent.Message;
        }
    }

    private bool Stuck(string what)
    {
        say("NOT HEALED: " + what);
        run.History.Add(new NeverHealed(what));
        return false;
    }
}
