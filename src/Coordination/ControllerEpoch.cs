using System.Globalization;

namespace ClassicBroker.Coordination;

/// <summary>
/// Which term of the controller: one more at every election (<c>/controller_epoch</c>). What an older one decided is refused by every broker.
/// </summary>
public readonly record struct ControllerEpoch(int Value) : IComparable<ControllerEpoch>
{
    /// <summary>No controller heard of yet.</summary>
    public static readonly ControllerEpoch None = new(-1);

    public ControllerEpoch Next => new(Value + 1);

    public int CompareTo(ControllerEpoch other) => Value.CompareTo(other.Value);

    public static bool operator <(ControllerEpoch left, ControllerEpoch right) => left.Value < right.Value;

    public static bool operator >(ControllerEpoch left, ControllerEpoch right) => left.Value > right.Value;

    public static bool operator <=(ControllerEpoch left, ControllerEpoch right) => left.Value <= right.Value;

    public static bool operator >=(ControllerEpoch left, ControllerEpoch right) => left.Value >= right.Value;

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
