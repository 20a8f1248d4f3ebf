using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Testing.Verification;

/// <summary>Why something was not answered well, in few words that can be counted.</summary>
internal static class Reason
{
    public static string Of(Exception failure) => failure switch
    {
        BrokerErrorException error => error.Code.ToString(),
        OperationCanceledException => "stopped",
        _ => failure.GetType().Name,
    };
}
