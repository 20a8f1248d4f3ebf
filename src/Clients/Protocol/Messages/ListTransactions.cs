namespace ClassicBroker.Clients.Protocol.Messages;

/// <summary>Asks a coordinator for its transactions (KIP-664).</summary>
/// <remarks>Version 1 filters by duration.</remarks>
public sealed class ListTransactionsRequest : IRequest<ListTransactionsResponse>
{
    public static ApiKey ApiKey => ApiKey.ListTransactions;
    public static short MinVersion => 0;
    public static short MaxVersion => 1;
    public static short FlexibleFrom => 0;

    public List<string> StateFilters = [];
    public List<long> ProducerIdFilters = [];
    public long DurationFilter = -1;

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.StringArray(ref StateFilters);
        f.Int64Array(ref ProducerIdFilters);
        if (version >= 1) f.Int64(ref DurationFilter);
        f.Tags();
    }
}

/// <summary>Transactional ids with state and producer id.</summary>
public sealed class ListTransactionsResponse : IMessage
{
    public int ThrottleTimeMs;
    public ErrorCode ErrorCode;
    public List<string> UnknownStateFilters = [];
    public List<TransactionListing> TransactionStates = [];

    public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
    {
        f.Int32(ref ThrottleTimeMs);
        f.Error(ref ErrorCode);
        f.StringArray(ref UnknownStateFilters);
        f.Array(ref TransactionStates);
        f.Tags();
    }

    /// <summary>One of <c>TransactionStates</c>.</summary>
    public sealed class TransactionListing : IMessage
    {
        public string TransactionalId = "";
        public long ProducerId;
        public string TransactionState = "";

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct
        {
            f.String(ref TransactionalId);
            f.Int64(ref ProducerId);
            f.String(ref TransactionState);
            f.Tags();
        }
    }
}
