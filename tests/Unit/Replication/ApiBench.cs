using ClassicBroker.Broker.Api;
using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Broker.Metadata;
using ClassicBroker.Broker.Replication;
using Microsoft.Extensions.Logging.Abstractions;
using static ClassicBroker.Unit.Replication.ReplicaBench;

namespace ClassicBroker.Unit.Replication;

/// <summary>What a handler needs around it: partition 0 of the topic led here or not, partition 1 led by broker 2 elsewhere.</summary>
internal sealed class ApiBench
{
    private readonly PartitionRegistry _partitions = new();
    private readonly MetadataCache _metadata = new();

    public ApiBench(Partition here)
    {
        _partitions.Add(here);
        _metadata.Apply(new UpdateMetadataOrder
        {
            Brokers = [new LiveBroker { Id = 1, Rack = "here" }, new LiveBroker { Id = 2, Rack = "there", Endpoints = [new LiveEndpoint { Listener = "PLAINTEXT", SecurityProtocol = "PLAINTEXT", Host = "two", Port = 9094 }] }],
            Partitions = [Led(0, by: 1), Led(1, by: 2)],
        });
        Hosted = new HostedPartitions(_partitions, _metadata);
    }

    public HostedPartitions Hosted { get; }

    public ReplicationThrottles? Throttles { get; private set; }

    /// <summary>The handler of broker 1.</summary>
    public FetchHandler FetchHandler(TimeProvider time, FetchSessionCache? sessions = null, bool rackAware = false)
    {
        RateWindow Window() => new(11, TimeSpan.FromSeconds(1), time);
        Throttles = new ReplicationThrottles(1, Window(), Window(), NullLogger<ReplicationThrottles>.Instance);
        return new FetchHandler(Hosted, sessions ?? new FetchSessionCache(10, new Random(1), time), Throttles,
            new PreferredReadReplicas(rackAware, new BrokerIdentity(1), _metadata), new FetchLimits(1_000_000, "PLAINTEXT"), time);
    }

    public static RequestContext Context(short version, string listener = "PLAINTEXT", CancellationToken aborted = default) =>
        new(version, 1, "client", listener, "PLAINTEXT", null, aborted);

    private static PartitionMetadata Led(int partition, int by) =>
        new() { Topic = Id.Topic, TopicId = TopicId, Partition = partition, Leader = by, LeaderEpoch = 4, Isr = [by], Replicas = [by] };
}
