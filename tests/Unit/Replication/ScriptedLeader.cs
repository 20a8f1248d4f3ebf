using System.Threading.Channels;
using ClassicBroker.Broker.Replication;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Unit.Replication;

/// <summary>A leader whose answers the test writes: each request waits until the test takes and answers it.</summary>
internal sealed class ScriptedLeader : ILeaderChannel, ILeaderChannels
{
    private readonly Channel<(FetchRequest, short, TaskCompletionSource<FetchResponse>)> _fetches =
        Channel.CreateUnbounded<(FetchRequest, short, TaskCompletionSource<FetchResponse>)>();

    private TaskCompletionSource<FetchResponse>? _answer;

    /// <summary>The log the leader claims to have, for ListOffsets.</summary>
    public (long Start, long End) Log { get; set; }

    public int OffsetsAsked { get; private set; }

    public short LastVersion { get; private set; }

    public List<LeaderAddress> Opened { get; } = [];

    public ILeaderChannel Open(LeaderAddress leader, int fetcherIndex)
    {
        Opened.Add(leader);
        return this;
    }

    /// <summary>The next fetch the follower makes; answer it before asking for another.</summary>
    public async Task<FetchRequest> FetchAsync()
    {
        (var request, LastVersion, _answer) = await _fetches.Reader.ReadAsync(TestContext.Current.CancellationToken);
        return request;
    }

    public bool NothingAsked => !_fetches.Reader.TryPeek(out _);

    public void Answer(FetchResponse.PartitionData data)
    {
        data.PartitionIndex = ReplicaBench.Id.Partition;
        var topic = new FetchResponse.FetchableTopicResponse { Topic = ReplicaBench.Id.Topic, TopicId = ReplicaBench.TopicId, Partitions = [data] };
        _answer!.SetResult(new FetchResponse { Responses = [topic] });
    }

    public void AnswerEmpty() => Answer(new FetchResponse.PartitionData { HighWatermark = 0 });

    public void Answer(ErrorCode error) => Answer(new FetchResponse.PartitionData { ErrorCode = error, HighWatermark = -1 });

    public void Break() => _answer!.SetException(new IOException("the line is cut"));

    async Task<FetchResponse> ILeaderChannel.FetchAsync(FetchRequest request, short version, CancellationToken ct)
    {
        var answer = new TaskCompletionSource<FetchResponse>(TaskCreationOptions.RunContinuationsAsynchronously);
        await _fetches.Writer.WriteAsync((request, version, answer), ct);
        return await answer.Task.WaitAsync(ct);
    }

    public Task<ListOffsetsResponse> ListOffsetsAsync(ListOffsetsRequest request, short version, CancellationToken ct)
    {
        OffsetsAsked++;
        var asked = request.Topics[0].Partitions[0];
        var partition = new ListOffsetsResponse.ListOffsetsPartitionResponse
        {
            PartitionIndex = asked.PartitionIndex,
            Offset = asked.Timestamp == OffsetLookup.Latest ? Log.End : Log.Start,
        };
        var topic = new ListOffsetsResponse.ListOffsetsTopicResponse { Name = request.Topics[0].Name, Partitions = [partition] };
        return Task.FromResult(new ListOffsetsResponse { Topics = [topic] });
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
