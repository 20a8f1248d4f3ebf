using System.Text.Json.Serialization;

namespace ClassicBroker.Testing.Verification;

/// <summary>What a writer does when it gets no answer: it decides whether a value may lie in the log twice.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RetryMode>))]
public enum RetryMode
{
    /// <summary>One attempt. The value is in the log once or not at all.</summary>
    [JsonStringEnumMemberName("never")] Never,

    /// <summary>Sends again until an answer comes. The value may be there more than once.</summary>
    [JsonStringEnumMemberName("plain")] Plain,

    /// <summary>Sends again under the same producer id and sequence. The broker keeps it to once.</summary>
    [JsonStringEnumMemberName("idempotent")] Idempotent,
}
