using System.Runtime.InteropServices;

namespace ClassicBroker.Broker.Hosting;

/// <summary>
/// Waits for the system's wish that the process end (SIGTERM, Ctrl-C). The first signal begins an orderly stop; a second one is left to the
/// system, which ends the process at once.
/// </summary>
internal sealed class UntilAsked : IDisposable
{
    private readonly TaskCompletionSource<string> _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _token = new();
    private readonly PosixSignalRegistration[] _registrations;

    public UntilAsked() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
        PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
    ];

    /// <summary>Cancelled when asked: a start that still runs is given up.</summary>
    public CancellationToken Token => _token.Token;

    /// <summary>Completes with the signal's name.</summary>
    public Task<string> Asked => _asked.Task;

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _token.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        if (_asked.TrySetResult(context.Signal.ToString()))
        {
            context.Cancel = true;
            _token.Cancel();
        }
    }
}
