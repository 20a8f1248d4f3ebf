namespace ClassicBroker.Broker.Log;

/// <summary>The aborted transactions of a segment: an index that is loaded when first asked for, and most often does not exist.</summary>
internal sealed partial class LogSegment
{
    private const int Unknown = -1, No = 0, Yes = 1;

    private TransactionIndex? _transactions;
    private volatile int _hasAborted = Unknown;

    /// <summary>False after a scan, until the producers have been replayed: only they know where a transaction began.</summary>
    public bool TransactionsAreKnown { get; private set; } = true;

    /// <summary>Whether markers of aborted transactions lie in this segment. Remembered, so that asking costs no file.</summary>
    public bool HasAborted
    {
        get
        {
            if (_hasAborted == Unknown)
                _hasAborted = Transactions.Count > 0 ? Yes : No;
            return _hasAborted == Yes;
        }
    }

    /// <summary>The transactions whose abort markers lie in this segment.</summary>
    /// <exception cref="InvalidDataException">the file broke while the broker runs: without it aborted records would be shown</exception>
    public TransactionIndex Transactions => Volatile.Read(ref _transactions) ?? LoadTransactions();

    /// <summary>The marker that ended an aborted transaction was written to this segment.</summary>
    public void AddAborted(in CompletedTransaction ended)
    {
        Transactions.Add(Entry(ended));
        _hasAborted = Yes;
    }

    /// <summary>As <see cref="AddAborted(in CompletedTransaction)"/>, for a segment made by compaction: it takes the entry of the segment the marker came from.</summary>
    public void AddAborted(in AbortedTransaction aborted)
    {
        Transactions.Add(aborted);
        _hasAborted = Yes;
    }

    /// <summary>As <see cref="AddAborted(in CompletedTransaction)"/>, while the index is built anew; <see cref="TransactionsRebuilt"/> ends that.</summary>
    public void RememberAborted(in CompletedTransaction ended) => _transactions!.Remember(Entry(ended));

    /// <summary>Every abort in this segment has been told: the index is whole again, and goes to its file.</summary>
    public void TransactionsRebuilt()
    {
        _transactions!.Replace();
        (TransactionsAreKnown, _hasAborted) = (true, _transactions.Count > 0 ? Yes : No);
    }

    private static AbortedTransaction Entry(in CompletedTransaction ended) =>
        new(ended.ProducerId, ended.FirstOffset, ended.LastOffset, ended.LastStableOffset);

    private TransactionIndex LoadTransactions()
    {
        lock (_gate)
        {
            return _transactions is null && !TryLoadTransactions()
                ? throw new InvalidDataException($"{PathOf(SegmentNames.TransactionIndex)} is broken.")
                : _transactions!;
        }
    }

    private bool TryLoadTransactions()
    {
        var transactions = new TransactionIndex(_files, PathOf(SegmentNames.TransactionIndex));
        if (!transactions.TryLoad(BaseOffset))
            return false;
        Volatile.Write(ref _transactions, transactions);
        return true;
    }

    private void BeginTransactions()
    {
        Volatile.Write(ref _transactions, new TransactionIndex(_files, PathOf(SegmentNames.TransactionIndex)));
        _hasAborted = No;
    }

    private void ForgetTransactions()
    {
        Volatile.Write(ref _transactions, new TransactionIndex(_files, PathOf(SegmentNames.TransactionIndex)));
        (TransactionsAreKnown, _hasAborted) = (false, Unknown);
    }

    // the file, if there is one, as durable as the other indexes
    private void FlushTransactions()
    {
        if (!TransactionsAreKnown)
            return;
        _transactions?.WriteIfBehind();
        if (!_files.FileExists(PathOf(SegmentNames.TransactionIndex)))
            return;
        using var file = _files.Open(PathOf(SegmentNames.TransactionIndex), create: false);
        file.Flush();
    }

    private void CutTransactions(long nextOffset)
    {
        // an index that is to be rebuilt has no entries yet
        if (!TransactionsAreKnown)
            return;
        Transactions.CutAt(nextOffset);
        _hasAborted = Unknown;
    }

    private void RestTransactions()
    {
        if (!TransactionsAreKnown)
            return;
        _hasAborted = HasAborted ? Yes : No;
        _transactions?.WriteIfBehind();
        Volatile.Write(ref _transactions, null);
    }
}
