using Microsoft.Extensions.Logging;

namespace ClassicBroker.Testing.Simulation;

/// <summary>The log of a simulated process: lines of the trace, written only when somebody reads it.</summary>
internal sealed class SimulatedLog(Scheduler scheduler, string who) : ILoggerFactory, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information && scheduler.Trace is not null;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel)) return;
        scheduler.Tell(who, $"{(logLevel > LogLevel.Information ? $"{logLevel}: " : "")}{formatter(state, exception)}"
            + (logLevel >= LogLevel.Error && exception is not null ? $" {exception}" : ""));
    }

    public void Dispose()
    {
        // Nothing is held.
    }
}
