using System.Globalization;

namespace ClassicBroker.Coordination;

/// <summary>
/// Which life of a broker: the czxid of its znode in <c>/brokers/ids</c>, so it grows with every registration in the ensemble (KIP-380).
/// </summary>
public readonly record struct BrokerEpoch(long Value) : IComparable<BrokerEpoch>
{
    /// <summary>Not registered, or the sender did not say.</summary>
    public static readonly BrokerEpoch None = new(-1);

    public int CompareTo(BrokerEpoch other) => Value.CompareTo(other.Value);

    public static bool operator <(BrokerEpoch left, BrokerEpoch right) => left.Value < right.Value;

    public static bool operator >(BrokerEpoch left, BrokerEpoch right) => left.Value > right.Value;

    public static bool operator <=(BrokerEpoch left, BrokerEpoch right) => left.Value <= right.Value;

    public static bool operator >=(BrokerEpoch left, BrokerEpoch right) => left.Value >= right.Value;

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
