namespace ClassicBroker.Coordination.ZNodes;

/// <summary>
/// <c>/admin/preferred_replica_election</c>, persistent, written by old tools: partitions to be led by their first replica again.
/// <code>{"version":1,"partitions":[{"topic":"t","partition":0}]}</code>
/// The controller removes it when the elections are done.
/// </summary>
public static class PreferredElectionNode
{
    public const string Path = "/admin/preferred_replica_election";

    public static IReadOnlyList<(string Topic, int Partition)> Decode(ReadOnlySpan<byte> data) => ZNodeJson.Read(Path, data, json =>
        (IReadOnlyList<(string, int)>)[.. json.GetProperty("partitions").EnumerateArray()
            .Select(item => (item.GetProperty("topic").GetString() ?? "", item.GetProperty("partition").GetInt32()))]);
}
