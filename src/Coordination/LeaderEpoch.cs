using System.Globalization;

namespace ClassicBroker.Coordination;

/// <summary>
/// Which leadership of a partition: 0 for its first leader, one more at every election and every change by the controller. An order, a fetch or a
/// write of an older leader epoch belongs to the past. A type of its own, so that no other epoch can be given in its place; on the wire, in
/// znodes and in the log it is the plain number.
/// </summary>
public readonly record struct LeaderEpoch(int Value) : IComparable<LeaderEpoch>
{
    /// <summary>No epoch yet, or the sender did not say: no check.</summary>
    public static readonly LeaderEpoch None = new(-1);

    public LeaderEpoch Next => new(Value + 1);

    public int CompareTo(LeaderEpoch other) => Value.CompareTo(other.Value);

    public static bool operator <(LeaderEpoch left, LeaderEpoch right) => left.Value < right.Value;

    public static bool operator >(LeaderEpoch left, LeaderEpoch right) => left.Value > right.Value;

    public static bool operator <=(LeaderEpoch left, LeaderEpoch right) => left.Value <= right.Value;

    public static bool operator >=(LeaderEpoch left, LeaderEpoch right) => left.Value >= right.Value;

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
