using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Broker.Log;
using ClassicBroker.Broker.Replication;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Records;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace ClassicBroker.Unit.Replication;

/// <summary>Replicas over real logs in a temporary folder, with a clock that stands still until told.</summary>
internal sealed class ReplicaBench : IDisposable
{
    public static readonly BrokerEpoch Life = new(100);
    public static readonly TopicPartition Id = new("orders", 0);
    public static readonly Guid TopicId = Guid.Parse("11111111-2222-3333-4444-555555555555");

    private readonly string _folder = Directory.CreateTempSubdirectory("replicas-").FullName;
    private readonly List<PartitionLog> _logs = [];

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.UnixEpoch.AddYears(50));

    /// <summary>Where the logs lie.</summary>
    public ILogFiles Files { get; set; } = new DiskLogFiles();

    public FakeFence Fence { get; } = new();

    /// <summary>A throttle that holds nobody up.</summary>
    public ReplicationThrottle Unthrottled => new(new RateWindow(11, TimeSpan.FromSeconds(1), Time));

    /// <summary>(broker, epoch) pairs that may not join an ISR.</summary>
    public HashSet<int> Ineligible { get; } = [];

    public static readonly TimeSpan MaxLag = TimeSpan.FromSeconds(30);

    public Partition Replica(int broker, int minInsync = 1)
    {
        Files.CreateDirectory(Path.Combine(_folder, $"{broker}"));
        var log = PartitionLog.Open(Path.Combine(_folder, $"{broker}", Id.ToString()), Id, new LogOptions { MinInsyncReplicas = minInsync },
            Files, Time, NullLogger.Instance, cleanShutdown: true, recoveryPoint: 0);
        _logs.Add(log);
        var settings = new ReplicationSettings { BrokerId = broker, ReplicaLagTimeMax = MaxLag, MayJoinIsr = (id, _) => !Ineligible.Contains(id) };
        return new Partition(Id, TopicId, log, 0, settings, Fence, Time, NullLogger.Instance);
    }

    public Partition Leader(int broker, int epoch, int[] isr, int minInsync = 1, int zkVersion = 0)
    {
        var replica = Replica(broker, minInsync);
        replica.TakeRole(Order(broker, epoch, isr, zkVersion), Life);
        return replica;
    }

    public static PartitionOrder Order(int leader, int epoch, int[] isr, int zkVersion = 0, int[]? replicas = null) => new()
    {
        Topic = Id.Topic,
        TopicId = TopicId,
        Partition = Id.Partition,
        ControllerEpoch = 1,
        Leader = leader,
        LeaderEpoch = epoch,
        Isr = isr,
        ZkVersion = zkVersion,
        Replicas = replicas ?? [1, 2, 3],
        IsNew = true,
    };

    public static byte[] Batch(params string[] values)
    {
        var builder = new RecordBatchBuilder();
        foreach (var value in values) builder.Add(1_700_000_000_000, null, System.Text.Encoding.UTF8.GetBytes(value));
        return builder.Build();
    }

    public static AppendOutcome Append(Partition leader, params string[] values) =>
        leader.AppendAsLeader(Batch(values), AppendRules.FromClient(9), allInSync: false);

    public static AppendOutcome AppendAll(Partition leader, params string[] values) =>
        leader.AppendAsLeader(Batch(values), AppendRules.FromClient(9), allInSync: true);

    /// <summary>One fetch of a follower that has no log of its own here: it says how far it is.</summary>
    public static PartitionRead FetchAs(int broker, Partition leader, long offset, BrokerEpoch? brokerEpoch = null) => leader.Read(
        new ReadQuery { ReplicaId = broker, ReplicaEpoch = brokerEpoch ?? BrokerEpoch.None, FetchOffset = offset, CurrentLeaderEpoch = leader.LeaderEpoch, LastFetchedEpoch = -1 },
        int.MaxValue, atLeastOneBatch: true);

    /// <summary>One real fetch of <paramref name="follower"/> from <paramref name="leader"/>, as the fetch loop does it.</summary>
    public static PartitionRead Follow(int broker, Partition follower, Partition leader)
    {
        var epoch = follower.LeaderEpoch;
        var position = follower.Position(epoch)!.Value;
        var read = leader.Read(
            new ReadQuery
            {
                ReplicaId = broker,
                ReplicaEpoch = BrokerEpoch.None,
                FetchOffset = position.FetchOffset,
                CurrentLeaderEpoch = epoch,
                LastFetchedEpoch = position.LastFetchedEpoch,
                FollowerLogStart = position.LogStartOffset,
            },
            int.MaxValue, atLeastOneBatch: true);
        if (read.Error == ErrorCode.None && read.Diverging is { } at) follower.TruncateForDivergence(epoch, at.Epoch, at.EndOffset);
        else if (read.Error == ErrorCode.None)
            follower.AppendAsFollower(epoch, read.Read.Records.ToArray(), read.HighWatermark, read.LogStartOffset);
        return read;
    }

    /// <summary>The values stored from offset 0 on, with the leader epoch of their batch.</summary>
    public static List<string> Stored(Partition replica)
    {
        var stored = new List<string>();
        using var read = replica.LogEndOffset > 0 ? replica.Log.Read(0, int.MaxValue, replica.LogEndOffset, true) : default;
        var left = read.Records.Span;
        while (RecordBatch.TryRead(left, out var batch))
        {
            stored.Add($"{batch.BaseOffset}-{batch.LastOffset}@{batch.PartitionLeaderEpoch}");
            left = left[(int)batch.Length..];
        }
        return stored;
    }

    public void Dispose()
    {
        foreach (var log in _logs) log.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
