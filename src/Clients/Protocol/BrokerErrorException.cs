namespace ClassicBroker.Clients.Protocol;

/// <summary>A broker answered with an error code. Whether asking again can help: <see cref="ErrorCodeTable.IsRetriable"/>.</summary>
public sealed class BrokerErrorException(ErrorCode code, string what)
    : Exception($"{what}: {code.KafkaName()} ({(short)code}): {code.Meaning()}")
{
    public ErrorCode Code => code;
}
