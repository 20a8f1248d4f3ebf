using System.Text;

namespace ClassicBroker.Testing.Verification;

/// <summary>
/// Writes a history while it happens. Safe for concurrent use: the lock owns the writer and stamps the time, so lines are in the order of
/// their times. A write's line is on its way to the system before the method returns.
/// </summary>
public sealed class HistoryRecorder : IDisposable
{
    private const int BufferBytes = 64 * 1024;

    private readonly Lock _gate = new();
    private readonly StreamWriter _lines;
    private readonly TimeProvider _time;
    private readonly long _began;

    /// <summary>Begins a new file; one that is there is replaced.</summary>
    public HistoryRecorder(string file, TimeProvider time)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        _lines = new StreamWriter(file, append: false, new UTF8Encoding(false), BufferBytes);
        _time = time;
        _began = time.GetTimestamp();
    }

    /// <summary>Writes an event down under the present time.</summary>
    public void Add(HistoryEvent happened)
    {
        lock (_gate)
        {
            var at = (long)_time.GetElapsedTime(_began).TotalMicroseconds;
            _lines.WriteLine(HistoryFile.Line(happened with { At = at }));
        }
    }

    /// <summary>Hands what is buffered to the system.</summary>
    public void Flush()
    {
        lock (_gate) _lines.Flush();
    }

    public void Dispose()
    {
        lock (_gate) _lines.Dispose();
    }
}
