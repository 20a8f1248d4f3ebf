using System.Threading.Channels;
using ClassicBroker.Broker.Network;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Unit.Network;

/// <summary>Keeps warnings, and lets a test wait for them.</summary>
internal sealed class CollectedLog : ILogger<SocketListener>
{
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

    public async Task<IReadOnlyList<string>> LinesAsync(int count)
    {
        var lines = new List<string>();
        while (lines.Count < count || _lines.Reader.Count > 0)
        {
            lines.Add(await _lines.Reader.ReadAsync(TestContext.Current.CancellationToken));
        }

        return lines;
    }

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            _lines.Writer.TryWrite(formatter(state, exception));
        }
    }
}
