using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Log;

/// <summary>The records were refused; nothing was written. Carries the code a produce response shows.</summary>
public sealed class LogAppendException : Exception
{
    public LogAppendException(ErrorCode code, string message) : base(message) => Code = code;

    public ErrorCode Code { get; }

    /// <summary>Records of the batch that were at fault, by their index in it; shown to clients from produce v8 on.</summary>
    public IReadOnlyList<(int Index, string Message)> RecordErrors { get; init; } = [];
}
