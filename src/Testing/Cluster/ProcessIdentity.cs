using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace ClassicBroker.Testing;

/// <summary>
/// One operating-system process, named so that a recycled process id is never mistaken for it: the id and the moment it started.
/// A state file may outlive a reboot; killing by a bare id could then hit a stranger.
/// Immutable; every answer is read from the system at the moment of the call.
/// </summary>
/// <param name="Id">Process id.</param>
/// <param name="StartedAtMs">Start time in Unix milliseconds, as the system reports it.</param>
public sealed record ProcessIdentity(int Id, long StartedAtMs)
{
    private const int SigTerm = 15;
    private const int SigKill = 9;
    private const int SigStop = 19;
    private const int SigContinue = 18;

    // The system reports start times in ticks of 10 ms, counted from a boot time that it rounds too.
    private const long ToleranceMs = 2_000;

    /// <summary>The identity of a process this program holds.</summary>
    public static ProcessIdentity Of(Process process) => new(process.Id, StartOf(process));

    /// <summary>The identity of the process that has this id now.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static ProcessIdentity Find(int id)
    {
        using var process = Process.GetProcessById(id);
        return Of(process);
    }

    /// <summary>True while the process runs. A zombie that its parent has not collected counts as dead.</summary>
    public bool IsAlive
    {
        get
        {
            try
            {
                using var process = Process.GetProcessById(Id);
                return Math.Abs(StartOf(process) - StartedAtMs) <= ToleranceMs && !IsZombie(Id);
            }
            catch (Exception gone) when (gone is ArgumentException or InvalidOperationException)
            {
                return false;
            }
        }
    }

    /// <summary>Resident memory in bytes; 0 when the process is gone.</summary>
    public long ResidentBytes
    {
        get
        {
            if (!IsAlive) return 0;
            try
            {
                using var process = Process.GetProcessById(Id);
                return process.WorkingSet64;
            }
            catch (Exception gone) when (gone is ArgumentException or InvalidOperationException)
            {
                return 0;
            }
        }
    }

    /// <summary>SIGTERM: asks for a clean stop. Does nothing when the process is gone.</summary>
    public void Terminate() => Send(SigTerm);

    /// <summary>SIGKILL: the process gets no chance to say goodbye. Does nothing when it is gone.</summary>
    public void Kill() => Send(SigKill);

    /// <summary>SIGSTOP: the process freezes but its sockets stay open, as in a long pause.</summary>
    public void Freeze() => Send(SigStop);

    /// <summary>SIGCONT: a frozen process goes on.</summary>
    public void Thaw() => Send(SigContinue);

    /// <summary>Waits until the process is gone; false when it still runs after <paramref name="limit"/>.</summary>
    public async Task<bool> WaitForExitAsync(TimeSpan limit, TimeProvider time, CancellationToken cancel = default)
    {
        var start = time.GetTimestamp();
        while (IsAlive)
        {
            if (time.GetElapsedTime(start) > limit) return false;
            await Task.Delay(TimeSpan.FromMilliseconds(20), time, cancel).ConfigureAwait(false);
        }

        return true;
    }

    private void Send(int signal)
    {
        if (!IsAlive) return;
        // The only possible failures are "no such process" (then the wish is fulfilled) and "not yours".
        if (Kill(Id, signal) != 0 && IsAlive)
            throw new InvalidOperationException(
                $"process {Id} could not be sent signal {signal}: it belongs to another user. Run as that user, or stop it by hand.");
    }

    private static long StartOf(Process process) => new DateTimeOffset(process.StartTime).ToUnixTimeMilliseconds();

    private static bool IsZombie(int id)
    {
        var stat = $"/proc/{id.ToString(CultureInfo.InvariantCulture)}/stat";
        if (!File.Exists(stat)) return false;
        try
        {
            var text = File.ReadAllText(stat);
            // The name stands in brackets and may hold anything; the state letter follows the last one.
            var state = text[text.LastIndexOf(')') + 2];
            return state is 'Z' or 'X';
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int Kill(int pid, int signal);
}
