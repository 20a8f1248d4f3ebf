using System.Globalization;
using System.Text;
using ClassicBroker.Clients.Consumer;
using ClassicBroker.Clients.Network;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Integration.Cluster;

/// <summary>
/// The zombie leader: a process stopped for longer than its session lives, with requests in its sockets and answers in its hands. Another leads meanwhile. What it
/// says when it goes on is recorded by clients that speak to it alone.
/// </summary>
[Collection(ClusterCollection.Name)]
public sealed class ZombieLeaderTests(ClusterFixture cluster, ITestOutputHelper output)
{
    private const int InFlight = 20, AcknowledgedBefore = 500;

    /// <summary>The fixture's zookeeper.session.timeout.ms.</summary>
    private static readonly TimeSpan SessionTimeout = TimeSpan.FromSeconds(6);

    [Fact]
    public async Task A_leader_stopped_for_three_session_timeouts_acknowledges_nothing_when_it_goes_on()
    {
        await cluster.HealAsync();
        var topic = await cluster.NewTopicAsync();
        var leader = cluster.Brokers.Broker(await cluster.LeaderAsync(topic));
        await using var one = new Recorder(leader.Host, leader.Port, topic, acks: 1);
        await using var all = new Recorder(leader.Host, leader.Port, topic, acks: -1);
        await ClusterFixture.UntilAsync("both producers are acknowledged", () => Task.FromResult(one.Acknowledged >= AcknowledgedBefore && all.Acknowledged >= AcknowledgedBefore));

        leader.Process!.Freeze();
        try
        {
            await Task.Delay(SessionTimeout * 3, TimeProvider.System, TestContext.Current.CancellationToken);
        }
        finally
        {
            one.ThawedAt = all.ThawedAt = TimeProvider.System.GetTimestamp();
            leader.Process!.Thaw();
        }

        await cluster.FullIsrAsync(topic);
        await ClusterFixture.UntilAsync("the old leader has refused both", () => Task.FromResult(one.RefusedAfter > 0 && all.RefusedAfter > 0));
        await one.StopAsync();
        await all.StopAsync();

        output.WriteLine($"acks=1: {one}; acks=all: {all}; the leader was {leader.Id}, now it is {await cluster.LeaderAsync(topic)}");
        Assert.NotEqual(leader.Id, await cluster.LeaderAsync(topic));
        Assert.Equal((0, 0), (one.AcknowledgedAfter, all.AcknowledgedAfter));
        var read = await ReadAsync(topic);
        output.WriteLine($"of acks=all {all.Values.Count(read.Contains)} of {all.Values.Count} read back, of acks=1 {one.Values.Count(read.Contains)} of {one.Values.Count}");
        Assert.DoesNotContain(all.Values, value => !read.Contains(value));
    }

    private async Task<HashSet<string>> ReadAsync(string topic)
    {
        await using var consumer = new Consumer(cluster.Client, new ConsumerOptions { StopAtEnd = true });
        var read = new HashSet<string>();
        await foreach (var record in consumer.ReadAsync(topic, StartPosition.Earliest)) read.Add(Encoding.UTF8.GetString(record.Record.Value!.Value.Span));
        return read;
    }

    /// <summary>Produces to one broker, whatever it answers, over and over, and notes every acknowledgement with its time.</summary>
    private sealed class Recorder : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stopping = new();
        private readonly Lock _gate = new();
        private readonly (string Host, int Port) _address;
        private readonly string _topic;
        private readonly short _acks;
        private readonly Task[] _running;
        private readonly SemaphoreSlim _connecting = new(1);
        private BrokerConnection? _connection;
        private int _next;

        public Recorder(string host, int port, string topic, short acks)
        {
            (_address, _topic, _acks) = ((host, port), topic, acks);
            _running = [.. Enumerable.Range(0, InFlight).Select(_ => RunAsync())];
        }

        /// <summary>Monotonic; until then every answer counts as one of before.</summary>
        public long ThawedAt { get; set; } = long.MaxValue;

        public List<string> Values { get; } = [];

        public int Acknowledged { get { lock (_gate) return Values.Count; } }

        public int AcknowledgedAfter { get; private set; }

        public int RefusedAfter { get; private set; }

        public int Cut { get; private set; }

        private async Task RunAsync()
        {
            while (!_stopping.IsCancellationRequested)
            {
                try
                {
                    var connection = await ConnectedAsync();
                    var value = $"acks {_acks} record {Interlocked.Increment(ref _next).ToString(CultureInfo.InvariantCulture)}";
                    var answer = await connection.SendAsync<ProduceRequest, ProduceResponse>(Request(value), 9, _stopping.Token);
                    Note(value, answer.Responses[0].PartitionResponses[0].ErrorCode);
                }
                catch (BrokerConnectionException)
                {
                    lock (_gate) Cut++;
                }
                catch (OperationCanceledException)
                {
                    return;
                }
            }
        }

        private void Note(string value, ErrorCode error)
        {
            lock (_gate)
            {
                var after = TimeProvider.System.GetTimestamp() >= ThawedAt;
                if (error == ErrorCode.None) Values.Add(value);
                if (after && error == ErrorCode.None) AcknowledgedAfter++;
                if (after && error != ErrorCode.None) RefusedAfter++;
            }
        }

        private async Task<BrokerConnection> ConnectedAsync()
        {
            await _connecting.WaitAsync(_stopping.Token);
            try
            {
                if (_connection is { IsOpen: true }) return _connection;
                var options = new BrokerConnectionOptions { RequestTimeout = ClusterFixture.Patience, MaxInFlight = InFlight };
                return _connection = await BrokerConnection.ConnectAsync(_address.Host, _address.Port, options, TimeProvider.System, _stopping.Token);
            }
            finally
            {
                _connecting.Release();
            }
        }

        private ProduceRequest Request(string value) => new()
        {
            Acks = _acks,
            TimeoutMs = 60_000,
            TopicData = [new ProduceRequest.TopicProduceData { Name = _topic, PartitionData = [new ProduceRequest.PartitionProduceData { Index = 0, Records = Batch(value) }] }],
        };

        private static byte[] Batch(string value)
        {
            var builder = new RecordBatchBuilder();
            builder.Add(DateTimeOffset.UnixEpoch.AddYears(50).ToUnixTimeMilliseconds(), null, Encoding.UTF8.GetBytes(value));
            return builder.Build();
        }

        public async Task StopAsync()
        {
            await _stopping.CancelAsync();
            await Task.WhenAll(_running);
        }

        public async ValueTask DisposeAsync()
        {
            await StopAsync();
            if (_connection is { } connection) await connection.DisposeAsync();
        }

        public override string ToString() => $"{Values.Count} acknowledged, {AcknowledgedAfter} of them after it went on, {RefusedAfter} refused then, {Cut} cut off";
    }
}
