using System.Diagnostics.CodeAnalysis;

namespace ClassicBroker.Broker.Replication;

/// <summary>
/// A rule of the replication specification (hachikuji/kafka-specification, Kip320) would have been broken: a bug of ours, found before it did harm. What was about to
/// happen does not; the request or fetch that led to it fails. Kept on in production, each check is a comparison of two numbers. Rule 4 (who joins the ISR has reached the start of the leader's epoch) is the condition of <see cref="IsrRules.MayJoin"/> itself.
/// </summary>
[SuppressMessage("Design", "CA1032", Justification = "thrown in one place, with the rule")]
public sealed class SpecificationException(string rule, string what) : Exception($"replication rule broken ({rule}): {what}")
{
    public const string ReconcileFirst = "1: a follower reconciles its log on every epoch before it fetches";

    public const string FencedReconciliation = "2: reconciliation is fenced by the epoch of the leader that answers";

    public const string CurrentEpochOnly = "3: the high watermark moves only on acknowledgements under the leader's current epoch";
}
