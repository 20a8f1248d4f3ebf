namespace ClassicBroker.Coordination.ZNodes;

/// <summary>
/// <c>/brokers/topics/&lt;topic&gt;/partitions/&lt;partition&gt;/state</c>, persistent: leader and ISR.
/// <code>{"version":1,"leader":1,"leader_epoch":5,"controller_epoch":3,"isr":[1,2]}</code>
/// <c>"leader_recovery_state":1</c> is added only while recovering. The znode's own version is the partition epoch.
/// </summary>
public static class PartitionStateNode
{
    public static string Partitions(string topic) => $"{TopicNode.Path(topic)}/partitions";

    public static string Parent(string topic, int partition) => $"{Partitions(topic)}/{partition}";

    public static string Path(string topic, int partition) => $"{Parent(topic, partition)}/state";

    public static byte[] Encode(PartitionState state) => ZNodeJson.Write(json =>
    {
        json.WriteNumber("version", 1);
        json.WriteNumber("leader", state.Leader);
        json.WriteNumber("leader_epoch", state.LeaderEpoch.Value);
        json.WriteNumber("controller_epoch", state.ControllerEpoch.Value);
        json.WriteInts("isr", state.Isr);
        if (state.LeaderRecoveryState != 0) json.WriteNumber("leader_recovery_state", state.LeaderRecoveryState);
    });

    public static PartitionState Decode(string topic, int partition, ReadOnlySpan<byte> data) =>
        ZNodeJson.Read(Path(topic, partition), data, json => new PartitionState(
            json.GetProperty("leader").GetInt32(),
            new LeaderEpoch(json.GetProperty("leader_epoch").GetInt32()),
            new ControllerEpoch(json.GetProperty("controller_epoch").GetInt32()),
            json.GetProperty("isr").Ints(),
            json.Int("leader_recovery_state", 0)));
}
