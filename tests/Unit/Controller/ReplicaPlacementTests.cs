using ClassicBroker.Broker.Controller;
using CsCheck;

namespace ClassicBroker.Unit.Controller;

public sealed class ReplicaPlacementTests
{
    // The worked example of Kafka's AdminUtils: five brokers, ten partitions, three replicas, start 0, shift 0.
    [Fact]
    public void Without_racks_followers_move_one_further_with_each_round()
    {
        var assignment = ReplicaPlacement.Assign(Plain(5), 10, 3, start: 0, shift: 0);

        Assert.Equal([0, 1, 2], assignment[0]);
        Assert.Equal([1, 2, 3], assignment[1]);
        Assert.Equal([4, 0, 1], assignment[4]);
        Assert.Equal([0, 2, 3], assignment[5]);
        Assert.Equal([4, 1, 2], assignment[9]);
    }

    [Fact]
    public void Racks_alternate_when_brokers_are_put_in_order()
    {
        PlaceableBroker[] brokers = [new(0, "a"), new(1, "b"), new(2, "c"), new(3, "c"), new(4, "b"), new(5, "a")];

        Assert.Equal([0, 1, 2, 5, 4, 3], ReplicaPlacement.AlternatingRacks(brokers));
    }

    [Fact]
    public void Every_assignment_has_different_brokers_and_leaders_are_spread_evenly() =>
        Gen.Select(Gen.Int[1, 12], Gen.Int[1, 60], Gen.Int[0, 1000], Gen.Int[0, 1000]).SelectMany(t =>
            Gen.Int[1, t.Item1].Select(factor => (Brokers: t.Item1, Partitions: t.Item2, Start: t.Item3, Shift: t.Item4, Factor: factor))).Sample(c =>
        {
            var assignment = ReplicaPlacement.Assign(Plain(c.Brokers), c.Partitions, c.Factor, c.Start, c.Shift);
            Assert.Equal(Enumerable.Range(0, c.Partitions), assignment.Keys.Order());
            Assert.All(assignment.Values, replicas => Assert.Equal(c.Factor, replicas.Distinct().Count()));
            var led = assignment.Values.CountBy(replicas => replicas[0]).Select(entry => entry.Value).ToList();
            Assert.True(led.Max() - (led.Count == c.Brokers ? led.Min() : 0) <= 1);
        });

    [Fact]
    public void With_racks_no_rack_has_two_replicas_before_every_rack_has_one() =>
        Gen.Select(Gen.Int[1, 4], Gen.Int[1, 4], Gen.Int[1, 40], Gen.Int[0, 1000], Gen.Int[0, 1000]).SelectMany(t =>
            Gen.Int[1, t.Item1 * t.Item2].Select(factor => (Racks: t.Item1, Each: t.Item2, Partitions: t.Item3, Start: t.Item4, Shift: t.Item5, Factor: factor))).Sample(c =>
        {
            PlaceableBroker[] brokers = [.. Enumerable.Range(0, c.Racks * c.Each).Select(id => new PlaceableBroker(id, $"rack-{id % c.Racks}"))];
            foreach (var replicas in ReplicaPlacement.Assign(brokers, c.Partitions, c.Factor, c.Start, c.Shift).Values)
            {
                Assert.Equal(c.Factor, replicas.Distinct().Count());
                Assert.Equal(Math.Min(c.Factor, c.Racks), replicas.Select(id => id % c.Racks).Distinct().Count());
            }
        });

    [Fact]
    public void Added_partitions_go_on_where_the_topic_began()
    {
        var whole = ReplicaPlacement.Assign(Plain(5), 10, 3, start: 2, shift: 2);
        var added = ReplicaPlacement.Assign(Plain(5), 6, 3, start: 2, shift: 2, firstPartition: 4);

        Assert.Equal([4, 5, 6, 7, 8, 9], added.Keys.Order());
        Assert.Equal(whole[4], added[4]);
    }

    [Fact]
    public void Too_few_brokers_or_racks_on_only_some_are_refused()
    {
        Assert.Throws<ArgumentException>(() => ReplicaPlacement.Assign(Plain(2), 1, 3, 0, 0));
        Assert.Throws<ArgumentException>(() => ReplicaPlacement.Assign([new(0, "a"), new(1, null)], 1, 1, 0, 0));
    }

    private static PlaceableBroker[] Plain(int count) => [.. Enumerable.Range(0, count).Select(id => new PlaceableBroker(id, null))];
}
