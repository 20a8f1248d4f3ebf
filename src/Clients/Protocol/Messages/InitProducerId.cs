namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Asks for a producer id and epoch, and fences older producers of the same transactional id.</summary>
/// <remarks>Versions: 2 flexible; 3 carries the id and epoch the producer has (KIP-360).</remarks>
public sealed class InitProducerIdRequest : IRequest<InitProducerIdResponse>
{
    public static ApiKey ApiKey => ApiKey.InitProducerId;
    public static short MinVersion => 0;
    public static short MaxVersion => 5;
    public static short FlexibleFrom => 2;

    public string? TransactionalId = "";
    public int TransactionTimeoutMs;
    public long ProducerId = -1;
    public short ProducerEpoch = -1;

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.NullableString(ref TransactionalId);
        f.Int32(ref TransactionTimeoutMs);
        if (version >= 3) f.Int64(ref ProducerId);
        if (version >= 3) f.Int16(ref ProducerEpoch);
        f.Tags();
    }
}

/// <summary>Producer id and epoch to use from now on.</summary>
public sealed class InitProducerIdResponse : IMessage
{
    public int ThrottleTimeMs;
    public ErrorCode ErrorCode;
    public long ProducerId = -1;
    public short ProducerEpoch;

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Int32(ref ThrottleTimeMs);
        f.Error(ref ErrorCode);
        f.Int64(ref ProducerId);
        f.Int16(ref ProducerEpoch);
        f.Tags();
    }
}
