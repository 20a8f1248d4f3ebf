using System.Globalization;

namespace ClassicBroker.Coordination;

/// <summary>
/// Version of a znode's data, which a conditional write expects (of a partition's <c>state</c> znode: the partition epoch).
/// </summary>
public readonly record struct ZkVersion(int Value) : IComparable<ZkVersion>
{
    /// <summary>Expected of a znode that does not exist yet. Never sent to ZooKeeper, where it would mean "any version".</summary>
    public static readonly ZkVersion Create = new(-1);

    /// <summary>After one more write.</summary>
    public ZkVersion Next => new(Value + 1);

    public int CompareTo(ZkVersion other) => Value.CompareTo(other.Value);

    public static bool operator <(ZkVersion left, ZkVersion right) => left.Value < right.Value;

    public static bool operator >(ZkVersion left, ZkVersion right) => left.Value > right.Value;

    public static bool operator <=(ZkVersion left, ZkVersion right) => left.Value <= right.Value;

    public static bool operator >=(ZkVersion left, ZkVersion right) => left.Value >= right.Value;

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
