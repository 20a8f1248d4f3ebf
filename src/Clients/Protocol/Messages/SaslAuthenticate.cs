namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Carries one SASL token to the broker.</summary>
/// <remarks>Version 2 is flexible.</remarks>
public sealed class SaslAuthenticateRequest : IRequest<SaslAuthenticateResponse>
{
    public static ApiKey ApiKey => ApiKey.SaslAuthenticate;
    public static short MinVersion => 0;
    public static short MaxVersion => 2;
    public static short FlexibleFrom => 2;

    public byte[] AuthBytes = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Bytes(ref AuthBytes);
        f.Tags();
    }
}

/// <summary>The broker's token. Version 1 adds how long the session lives (KIP-368).</summary>
public sealed class SaslAuthenticateResponse : IMessage
{
    public ErrorCode ErrorCode;
    public string? ErrorMessage = "";
    public byte[] AuthBytes = [];
    public long SessionLifetimeMs;

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Error(ref ErrorCode);
        f.NullableString(ref ErrorMessage);
        f.Bytes(ref AuthBytes);
        if (version >= 1) f.Int64(ref SessionLifetimeMs);
        f.Tags();
    }
}
