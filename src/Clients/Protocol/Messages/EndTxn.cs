namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Commits or aborts the open transaction.</summary>
/// <remarks>Version 3 is flexible.</remarks>
public sealed class EndTxnRequest : IRequest<EndTxnResponse>
{
    public static ApiKey ApiKey => ApiKey.EndTxn;
    public static short MinVersion => 0;
    public static short MaxVersion => 4;
    public static short FlexibleFrom => 3;

    public string TransactionalId = "";
    public long ProducerId;
    public short ProducerEpoch;
    public bool Committed;

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.String(ref TransactionalId);
        f.Int64(ref ProducerId);
        f.Int16(ref ProducerEpoch);
        f.Bool(ref Committed);
        f.Tags();
    }
}

/// <summary>Whether the outcome is decided; markers may still be on their way.</summary>
public sealed class EndTxnResponse : IMessage
{
    public int ThrottleTimeMs;
    public ErrorCode ErrorCode;

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Int32(ref ThrottleTimeMs);
        f.Error(ref ErrorCode);
        f.Tags();
    }
}
