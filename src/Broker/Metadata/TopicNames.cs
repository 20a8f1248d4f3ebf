using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Metadata;

/// <summary>Pure rules on topic names, as Kafka has them.</summary>
public static class TopicNames
{
    /// <summary>Longest name: with partition number and suffix it must still be a file name.</summary>
    public const int MaxLength = 249;

    /// <summary>Legal names: 1 to 249 of letters, digits, dot, underscore, hyphen; not "." or "..".</summary>
    public static bool IsLegal(string name) =>
        name.Length is > 0 and <= MaxLength
        && name is not ("." or "..")
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    /// <summary>Topics the brokers keep for themselves.</summary>
    public static bool IsInternal(string name) => name is "__consumer_offsets" or "__transaction_state";
}
