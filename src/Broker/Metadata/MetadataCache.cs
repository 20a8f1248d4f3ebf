using ClassicBroker.Broker.ControlPlane;

namespace ClassicBroker.Broker.Metadata;

/// <summary>
/// Holds the current <see cref="MetadataSnapshot"/>. Written only by the controller's UpdateMetadata orders, one at a time under
/// <c>_writing</c>; read by everyone without a lock, because the whole snapshot is swapped at once.
/// </summary>
public sealed class MetadataCache(TimeProvider? time = null) : IMetadataOrders
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Lock _writing = new();
    private volatile MetadataSnapshot _current = MetadataSnapshot.Empty;

    // Completed and emptied at every change: waiting is "look, then wait for the next change, then look again". One for each request that waits.
    private readonly List<TaskCompletionSource> _waiting = [];

    /// <summary>The cluster as last told; never null.</summary>
    public MetadataSnapshot Current => _current;

    /// <summary>Applies one order. Epoch checks have been made by the control plane before.</summary>
    public UpdateMetadataAnswer Apply(UpdateMetadataOrder order)
    {
        TaskCompletionSource[] waiting;
        lock (_writing)
        {
            _current = SnapshotChange.Apply(_current, order);
            waiting = [.. _waiting];
            _waiting.Clear();
        }

        foreach (var one in waiting)
        {
            one.TrySetResult();
        }

        return new UpdateMetadataAnswer();
    }

    /// <summary>
    /// Waits until the snapshot satisfies <paramref name="condition"/>. True when it does, false when <paramref name="timeout"/>
    /// has passed first. The condition runs on the waiting side and must be cheap.
    /// </summary>
    public async Task<bool> WaitUntilAsync(Func<MetadataSnapshot, bool> condition, TimeSpan timeout, CancellationToken ct)
    {
        using var patience = new CancellationTokenSource(timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        while (true)
        {
            var changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_writing)
            {
                _waiting.Add(changed);
            }

            if (condition(_current))
            {
                Forget(changed);
                return true;
            }

            await using (either.Token.Register(() => changed.TrySetResult()))
            {
                await changed.Task;
            }

            if (either.IsCancellationRequested)
            {
                Forget(changed);
                ct.ThrowIfCancellationRequested();
                return condition(_current);
            }
        }
    }

    private void Forget(TaskCompletionSource waiting)
    {
        lock (_writing)
        {
            _waiting.Remove(waiting);
        }
    }
}
