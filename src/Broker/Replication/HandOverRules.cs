namespace ClassicBroker.Broker.Replication;

/// <summary>Where a leader stands between keeping its partition and giving it to a replica that can gather a quorum.</summary>
public enum HandOverStage
{
    /// <summary>Leads, and acknowledges what it may.</summary>
    Leading,

    /// <summary>Acknowledges nothing more and has asked the controller to let another in-sync replica lead.</summary>
    Yielding,

    /// <summary>Asked in vain: leads on as Kafka would, and does not ask again before <see cref="HandOverRules.Pause"/> is over.</summary>
    Refused,
}

/// <summary>
/// The quorum hand-over. A leader whose followers no longer reach it cannot commit. Kafka's leader shrinks the ISR below <c>min.insync.replicas</c> and then
/// refuses every acks=all produce for as long as the cut lasts, although its followers are well and could serve among themselves. Ours, when the followers it
/// would throw out are alive in ZooKeeper, first stops acknowledging and then asks the controller to move the leadership to an in-sync replica. The ISR is not shrunk
/// meanwhile, so everything committed is on whoever leads next. When the controller refuses or does not answer, we go on as Kafka would. Pure.
/// </summary>
public static class HandOverRules
{
    /// <summary>How long the controller may take to answer, and then to send the new order, before the leader goes on alone.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>After a refusal the same partition is not asked for again before this: a cut that lasts must not become a storm.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Should the leader yield instead of taking <paramref name="fallenOut"/> off <paramref name="isr"/>? Only when the ISR is large enough now and would not be
    /// afterwards, somebody of those behind is alive, and the living members without us are as many as <paramref name="minIsr"/> wants: a quorum of their own.
    /// </summary>
    public static bool ShouldYield(IReadOnlyCollection<int> isr, IReadOnlyCollection<int> fallenOut, int leader, int minIsr, Func<int, bool> isAlive) =>
        isr.Count >= minIsr
        && isr.Count - fallenOut.Count < minIsr
        && fallenOut.Any(isAlive)
        && isr.Count(id => id != leader && isAlive(id)) >= minIsr;

    /// <summary>May a leader in this stage ask, when its last refusal was so long ago (null: never)?</summary>
    public static bool MayAsk(HandOverStage stage, TimeSpan? sinceRefused) =>
        stage != HandOverStage.Yielding && (sinceRefused is not { } since || since > Pause);
}
