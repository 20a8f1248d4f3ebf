using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Clients.Admin;

/// <summary>What became of one topic of a call.</summary>
/// <param name="Message">the broker's own words about an error; null or empty when it gave none</param>
public sealed record TopicResult(string Name, Guid TopicId, ErrorCode ErrorCode, string? Message)
{
    public bool Succeeded => ErrorCode == ErrorCode.None;

    /// <exception cref="BrokerErrorException">There was an error.</exception>
    public void ThrowIfFailed()
    {
        if (Succeeded) return;
        throw new BrokerErrorException(ErrorCode, string.IsNullOrEmpty(Message) ? $"topic {Name}" : $"topic {Name}: {Message}");
    }
}
