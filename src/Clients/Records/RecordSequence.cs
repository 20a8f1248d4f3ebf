namespace ClassicBroker.Clients.Records;

/// <summary>
/// Arithmetic of producer sequence numbers: 0 … Int32.MaxValue, then 0 again; a batch may lie across the end.
/// Source: clients/…/common/record/DefaultRecordBatch.java.
/// </summary>
public static class RecordSequence
{
    /// <summary><paramref name="sequence"/> moved forward by <paramref name="count"/> (both not negative).</summary>
    public static int Add(int sequence, int count) => (int)(((long)sequence + count) & int.MaxValue);

    /// <summary><paramref name="sequence"/> moved back by <paramref name="count"/> (both not negative).</summary>
    public static int Before(int sequence, int count) => (int)(((long)sequence - count) & int.MaxValue);
}
