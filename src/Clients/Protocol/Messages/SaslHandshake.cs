namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Chooses a SASL mechanism.</summary>
/// <remarks>Version 0 is followed by bare token frames, 1 by SaslAuthenticate requests. Never flexible.</remarks>
public sealed class SaslHandshakeRequest : IRequest<SaslHandshakeResponse>
{
    public static ApiKey ApiKey => ApiKey.SaslHandshake;
    public static short MinVersion => 0;
    public static short MaxVersion => 1;
    public static short FlexibleFrom => ApiKeyTable.NeverFlexible;

    public string Mechanism = "";

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.String(ref Mechanism);
    }
}

/// <summary>The mechanisms the listener offers.</summary>
public sealed class SaslHandshakeResponse : IMessage
{
    public ErrorCode ErrorCode;
    public List<string> Mechanisms = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Error(ref ErrorCode);
        f.StringArray(ref Mechanisms);
    }
}
