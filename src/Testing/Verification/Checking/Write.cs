namespace ClassicBroker.Testing.Verification;

/// <summary>One value from its sending to what became known of it. Owned by the index that builds it; read-only afterwards.</summary>
public sealed class Write(SendStarted sent)
{
    /// <summary>How it was sent.</summary>
    public SendStarted Sent { get; } = sent;

    /// <summary>Its acknowledgement; null when there was none.</summary>
    public SendAcknowledged? Acknowledged { get; internal set; }

    /// <summary>Its refusal; null when there was none.</summary>
    public SendRefused? Refused { get; internal set; }

    /// <summary>An acknowledgement that promises the record will never be lost.</summary>
    public bool IsPromised => Acknowledged is not null && Sent.Acks == -1;
}
