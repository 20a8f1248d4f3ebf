using System.Threading.Channels;
using ClassicBroker.Broker.Log;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;
using ClassicBroker.Clients.Records;
using ClassicBroker.Coordination;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Replication;

/// <summary>
/// Follows one leader broker: asks it for every partition assigned here in one fetch, appends what comes, and asks again. Each partition says how far its log
/// reaches and which epoch its last record has, once per change (<see cref="FollowerFetchSession"/>); the leader answers with records, or with the point where
/// the histories part, and then the log is cut and the question asked anew (KIP-595's way of truncating, since 2.7). An empty answer is a long poll of <c>replica.fetch.wait.max.ms</c>.
/// </summary>
/// <remarks>
/// Owner: one task runs <see cref="RunAsync"/>; assignments come from <see cref="RoleChanges"/> through <see cref="FollowerAssignments"/>, under its lock.
/// A partition whose fetch failed rests, for up to <c>replica.fetch.backoff.ms</c>; the others go on. A new assignment does not wait for the end of a long poll: the
/// poll is given up (its answer will be dropped, and asked for again) and a fetch of all partitions follows at once.
/// </remarks>
public sealed class FollowerFetchLoop : IAsyncDisposable
{
    /// <summary>Topic ids and the follower's broker epoch (KIP-516, KIP-903).</summary>
    private const short ByTopicId = 15;

    /// <summary>For topics created before there were topic ids.</summary>
    private const short ByName = 12;

    private const short ListOffsetsVersion = 7;

    private readonly ILeaderChannel _channel;
    private readonly FollowerFetchOptions _options;
    private readonly Func<BrokerEpoch> _brokerEpoch;
    private readonly TimeProvider _time;
    private readonly ReplicationThrottle _throttle;
    private readonly ILogger _logger;
    private readonly FollowerAssignments _assignments;
    private readonly FollowerFetchSession _session = new();
    private readonly CancellationTokenSource _stopping = new();
    // Capacity 1, further signals dropped: "something was assigned" needs to be said once.
    private readonly Channel<bool> _assigned = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock _pollGate = new();
    private CancellationTokenSource? _poll;
    private bool _roundIsOld;
    private Task _running = Task.CompletedTask;

    public FollowerFetchLoop(LeaderAddress leader, ILeaderChannel channel, FollowerFetchOptions options, Func<BrokerEpoch> brokerEpoch,
        ReplicationThrottle throttle, TimeProvider time, ILogger logger)
    {
        _throttle = throttle;
        Leader = leader;
        _channel = channel;
        _options = options;
        _brokerEpoch = brokerEpoch;
        _time = time;
        _logger = logger;
        _assignments = new FollowerAssignments(time);
    }

    public LeaderAddress Leader { get; }

    public bool IsIdle => _assignments.IsEmpty;

    public void Start() => _running = RunAsync(_stopping.Token);

    /// <summary>Follows <paramref name="partition"/> under <paramref name="leaderEpoch"/>, from the next round on; <see cref="Hurry"/> begins one.</summary>
    public void Assign(Partition partition, LeaderEpoch leaderEpoch) => _assignments.Assign(partition, leaderEpoch);

    /// <summary>Begins a new round now, with all that was assigned.</summary>
    public void Hurry()
    {
        _assigned.Writer.TryWrite(true);
        lock (_pollGate)
        {
            _roundIsOld = true;
            // Not Cancel: what waits for the poll must not run here, on the thread of whoever assigns.
            if (_poll is { } poll) _ = GiveUpAsync(poll);
        }
    }

    public void Unassign(TopicPartition id) => _assignments.Unassign(id);

    private async Task RunAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                lock (_pollGate) _roundIsOld = false;
                var round = Allowed(_assignments.Ready(out var restFor), ref restFor);
                if (round.Count == 0) await WaitForWorkAsync(restFor, ct);
                else await FetchOnceAsync(round, ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                _session.Broken();
                // Nothing a leader or the network does may end this loop: followers that stop following lose the ISR in silence.
                _logger.LogWarning("fetching from broker {Leader} at {Host}:{Port} failed: {Reason}", Leader.BrokerId, Leader.Host, Leader.Port, failure.Message);
                await RestAsync(ct);
            }
        }
    }

    /// <summary>Without those that are catching up over the throttle's rate; who is in sync stays.</summary>
    private List<Following> Allowed(List<Following> ready, ref TimeSpan? restFor)
    {
        if (!_throttle.IsExceeded) return ready;
        var skipped = ready.RemoveAll(f => !f.CaughtUp && _throttle.Covers(f.Partition.Id));
        if (skipped > 0 && (restFor is null || restFor > _throttle.LookAgainAfter)) restFor = _throttle.LookAgainAfter;
        return ready;
    }

    private async Task RestAsync(CancellationToken ct) =>
        await Task.Delay(_options.Backoff, _time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

    private async Task WaitForWorkAsync(TimeSpan? restFor, CancellationToken ct)
    {
        // The end of the rest is said in the same way as a new assignment: one thing to wait for.
        await using var rest = restFor is { } span ? _time.CreateTimer(_ => _assigned.Writer.TryWrite(true), null, span, Timeout.InfiniteTimeSpan) : null;
        await _assigned.Reader.WaitToReadAsync(ct);
        _assigned.Reader.TryRead(out _);
    }

    private static async Task GiveUpAsync(CancellationTokenSource poll)
    {
        await Task.Yield();
        poll.Cancel();
    }

    /// <summary>One fetch for all partitions of the round, and what its answer says done to each.</summary>
    private async Task FetchOnceAsync(List<Following> round, CancellationToken ct)
    {
        var byTopicId = round.TrueForAll(static f => f.Partition.TopicId != Guid.Empty);
        var followed = new Dictionary<(Guid, string, int), Following>(round.Count);
        var wanted = Wanted(round, byTopicId, followed);
        if (wanted.Count == 0) return;
        var request = Request();
        _session.Describe(request, wanted, byTopicId);
        if (await PollAsync(request, byTopicId ? ByTopicId : ByName) is not { } response)
        {
            _session.Broken();
            return;
        }
        if (!_session.Answered(response))
        {
            // A lost session is begun anew at once; any other refusal is a failure of the whole fetch.
            if (IsAboutTheSession(response.ErrorCode)) return;
            throw new IOException($"the fetch was refused: {response.ErrorCode}");
        }

        foreach (var topic in response.Responses)
        {
            foreach (var data in topic.Partitions)
            {
                var key = Key(byTopicId, topic.TopicId, topic.Topic, data.PartitionIndex);
                // Dropped when another order came while the fetch was under way: the answer is about a past epoch.
                if (followed.GetValueOrDefault(key) is { } following && _assignments.IsCurrent(following)) await TakeAsync(following, data, ct);
            }
        }
    }

    private static bool IsAboutTheSession(ErrorCode error) =>
        error is ErrorCode.FetchSessionIdNotFound or ErrorCode.InvalidFetchSessionEpoch or ErrorCode.FetchSessionTopicIdError;

    /// <summary>The leader's answer, or null when the round was overtaken by a new assignment.</summary>
    private async Task<FetchResponse?> PollAsync(FetchRequest request, short version)
    {
        var poll = new CancellationTokenSource();
        lock (_pollGate)
        {
            if (_roundIsOld || _stopping.IsCancellationRequested) return null;
            _poll = poll;
        }
        try
        {
            return await _channel.FetchAsync(request, version, poll.Token);
        }
        catch (OperationCanceledException) when (poll.IsCancellationRequested)
        {
            return null;
        }
        finally
        {
            lock (_pollGate) _poll = null;
        }
    }

    private FetchRequest Request() => new()
    {
        ReplicaId = _options.BrokerId,
        ReplicaState = new FetchRequest.ReplicaStateData { ReplicaId = _options.BrokerId, ReplicaEpoch = _brokerEpoch().Value },
        MaxWaitMs = _options.MaxWaitMs,
        MinBytes = _options.MinBytes,
        MaxBytes = _options.ResponseMaxBytes,
    };

    /// <summary>Where each partition of the round stands; <paramref name="followed"/> finds it again by the words of the answer.</summary>
    private List<WantedFetch> Wanted(List<Following> round, bool byTopicId, Dictionary<(Guid, string, int), Following> followed)
    {
        var wanted = new List<WantedFetch>(round.Count);
        foreach (var following in round)
        {
            var partition = following.Partition;
            if (partition.Position(following.LeaderEpoch) is not { } position)
            {
                _assignments.Drop(following);
                continue;
            }
            followed[Key(byTopicId, partition.TopicId, partition.Id.Topic, partition.Id.Partition)] = following;
            wanted.Add(new WantedFetch(partition.Id, partition.TopicId, new FetchRequest.FetchPartition
            {
                Partition = partition.Id.Partition,
                CurrentLeaderEpoch = following.LeaderEpoch.Value,
                FetchOffset = position.FetchOffset,
                LastFetchedEpoch = position.LastFetchedEpoch,
                LogStartOffset = position.LogStartOffset,
                PartitionMaxBytes = _options.PartitionMaxBytes,
            }));
        }
        return wanted;
    }

    private static (Guid, string, int) Key(bool byTopicId, Guid topicId, string topic, int partition) =>
        byTopicId ? (topicId, "", partition) : (Guid.Empty, topic, partition);

    private async Task TakeAsync(Following following, FetchResponse.PartitionData data, CancellationToken ct)
    {
        var partition = following.Partition;
        try
        {
            switch (data.ErrorCode)
            {
                // The rest of an answer that says "we part here" is not looked at, its watermark least of all (KAFKA-14704).
                case ErrorCode.None when data.DivergingEpoch is { } point:
                    partition.TruncateForDivergence(following.LeaderEpoch, point.Epoch, point.EndOffset);
                    break;
                case ErrorCode.None:
                    FollowerAssignments.Succeeded(following);
                    partition.AppendAsFollower(following.LeaderEpoch, data.Records ?? Memory<byte>.Empty, data.HighWatermark, data.LogStartOffset);
                    following.CaughtUp = data.HighWatermark <= partition.LogEndOffset;
                    _throttle.Record(partition.Id, data.Records?.Length ?? 0);
                    break;
                case ErrorCode.OffsetOutOfRange:
                    await ResumeAsync(following, ct);
                    break;
                case ErrorCode.FencedLeaderEpoch:
                    // Our order is the old one; the new one is on its way and will assign us again.
                    _assignments.Drop(following);
                    _logger.LogInformation("{Partition}: leader epoch {Epoch} is over, waiting for the controller", partition.Id, following.LeaderEpoch);
                    break;
                default:
                    _assignments.Rest(following, _options.Backoff);
                    _logger.LogInformation("{Partition}: leader {Leader} answers {Error}, asking again later", partition.Id, Leader.BrokerId, data.ErrorCode);
                    break;
            }
        }
        catch (Exception bad) when (bad is LogAppendException or InvalidRecordsException or SpecificationException)
        {
            _assignments.Rest(following, _options.Backoff);
            _logger.LogError(bad, "{Partition}: what leader {Leader} sent cannot be appended, asking again later", partition.Id, Leader.BrokerId);
        }
        catch (LogStorageException full) when (!partition.Log.IsOffline)
        {
            // A full disk goes on by itself when there is room, and so must we: nobody would assign us again.
            _assignments.Rest(following, _options.Backoff);
            _logger.LogWarning("{Partition}: nothing can be written now, asking again later: {Reason}", partition.Id, full.Message);
        }
        catch (LogStorageException broken)
        {
            _assignments.Drop(following);
            _logger.LogError(broken, "{Partition}: our disk failed, no longer following", partition.Id);
        }
    }

    /// <summary>Our end is outside the leader's log: ask where that log starts and ends, then decide.</summary>
    private async Task ResumeAsync(Following following, CancellationToken ct)
    {
        var end = await OffsetAsync(following, OffsetLookup.Latest, ct);
        var start = await OffsetAsync(following, OffsetLookup.Earliest, ct);
        if (end is { } e && start is { } s && _assignments.IsCurrent(following)) following.Partition.ResumeAfterOutOfRange(following.LeaderEpoch, s, e);
        // Rests in any case: an answer that changes nothing must not become a busy loop.
        _assignments.Rest(following, _options.Backoff);
    }

    private async Task<long?> OffsetAsync(Following following, long timestamp, CancellationToken ct)
    {
        var id = following.Partition.Id;
        var request = new ListOffsetsRequest { ReplicaId = _options.BrokerId };
        var topic = new ListOffsetsRequest.ListOffsetsTopic { Name = id.Topic };
        topic.Partitions.Add(new ListOffsetsRequest.ListOffsetsPartition
        {
            PartitionIndex = id.Partition,
            CurrentLeaderEpoch = following.LeaderEpoch.Value,
            Timestamp = timestamp,
        });
        request.Topics.Add(topic);
        var response = await _channel.ListOffsetsAsync(request, ListOffsetsVersion, ct);
        var answer = response.Topics is [{ Partitions: [var only] }] ? only : null;
        return answer is { ErrorCode: ErrorCode.None, Offset: >= 0 } ? answer.Offset : null;
    }

    public async ValueTask DisposeAsync()
    {
        _stopping.Cancel();
        Hurry();
        await _running;
        await _channel.DisposeAsync();
        _stopping.Dispose();
    }
}
