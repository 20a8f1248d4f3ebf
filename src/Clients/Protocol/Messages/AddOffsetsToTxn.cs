namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Adds the offsets partition of a group to an open transaction.</summary>
/// <remarks>Version 3 is flexible.</remarks>
public sealed class AddOffsetsToTxnRequest : IRequest<AddOffsetsToTxnResponse>
{
    public static ApiKey ApiKey => ApiKey.AddOffsetsToTxn;
    public static short MinVersion => 0;
    public static short MaxVersion => 4;
    public static short FlexibleFrom => 3;

    public string TransactionalId = "";
    public long ProducerId;
    public short ProducerEpoch;
    public string GroupId = "";

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.String(ref TransactionalId);
        f.Int64(ref ProducerId);
        f.Int16(ref ProducerEpoch);
        f.String(ref GroupId);
        f.Tags();
    }
}

/// <summary>Whether the group was added.</summary>
public sealed class AddOffsetsToTxnResponse : IMessage
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
