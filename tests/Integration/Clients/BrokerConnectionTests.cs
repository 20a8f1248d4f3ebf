using ClassicBroker.Clients.Network;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;
using Microsoft.Extensions.Time.Testing;

namespace ClassicBroker.Integration.Clients;

public class BrokerConnectionTests
{
    [Fact]
    public async Task Pipelined_requests_each_get_their_own_answer()
    {
        await using var broker = new ScriptedBroker();
        await using BrokerConnection connection = await broker.ConnectAsync();
        Task<HeartbeatResponse>[] calls = [.. Enumerable.Range(1, 5).Select(_ => Heartbeat(connection))];
        var headers = new List<RequestHeader>();
        for (int i = 0; i < 5; i++) headers.Add((await broker.ReceiveAsync()).Header);
        foreach (RequestHeader header in headers)
            await broker.AnswerAsync(header, new HeartbeatResponse { ThrottleTimeMs = header.CorrelationId });
        HeartbeatResponse[] answers = await Task.WhenAll(calls);
        Assert.Equal([1, 2, 3, 4, 5], answers.Select(answer => answer.ThrottleTimeMs));
    }

    [Fact]
    public async Task A_request_beyond_the_window_is_sent_when_an_answer_makes_room()
    {
        await using var broker = new ScriptedBroker();
        await using BrokerConnection connection = await broker.ConnectAsync(new BrokerConnectionOptions { MaxInFlight = 2 });
        Task<HeartbeatResponse>[] calls = [Heartbeat(connection), Heartbeat(connection), Heartbeat(connection)];
        RequestHeader first = (await broker.ReceiveAsync()).Header;
        await broker.ReceiveAsync();
        Assert.False(broker.HasMore);
        await broker.AnswerAsync(first, new HeartbeatResponse());
        Assert.Equal(3, (await broker.ReceiveAsync()).Header.CorrelationId);
        Assert.True(calls[0].IsCompletedSuccessfully || await calls[0] is not null);
        Assert.False(calls[2].IsCompleted);
    }

    [Fact]
    public async Task A_late_answer_ends_the_connection_and_all_that_waits_on_it()
    {
        await using var broker = new ScriptedBroker();
        var time = new FakeTimeProvider();
        var impatient = new BrokerConnectionOptions { RequestTimeout = TimeSpan.FromSeconds(7) };
        await using BrokerConnection connection = await broker.ConnectAsync(impatient, time);
        Task<HeartbeatResponse>[] calls = [Heartbeat(connection), Heartbeat(connection)];
        await broker.ReceiveAsync();
        await broker.ReceiveAsync();
        time.Advance(TimeSpan.FromSeconds(8));
        foreach (Task<HeartbeatResponse> call in calls)
        {
            var failure = await Assert.ThrowsAsync<BrokerConnectionException>(() => call);
            Assert.Contains("Heartbeat was not answered within 7 s (2 requests in flight)", failure.Message);
        }
        await Assert.ThrowsAsync<BrokerConnectionException>(() => Heartbeat(connection));
        Assert.False(connection.IsOpen);
    }

    [Fact]
    public async Task A_connection_closed_by_the_broker_says_so_to_everyone_waiting()
    {
        await using var broker = new ScriptedBroker();
        await using BrokerConnection connection = await broker.ConnectAsync();
        Task<HeartbeatResponse>[] calls = [Heartbeat(connection), Heartbeat(connection)];
        await broker.ReceiveAsync();
        await broker.ReceiveAsync();
        broker.Close();
        foreach (Task<HeartbeatResponse> call in calls)
            Assert.Contains("closed by the broker", (await Assert.ThrowsAsync<BrokerConnectionException>(() => call)).Message);
    }

    [Theory]
    [InlineData(new byte[] { 0x7F, 0xFF, 0xFF, 0xFF }, "response frame of 2147483647 bytes")]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF }, "response frame of -1 bytes")]
    [InlineData(new byte[] { 0, 0, 0, 4, 0, 0, 0, 99 }, "answer 99 came where 1 was due")]
    public async Task A_broker_that_talks_nonsense_is_left(byte[] nonsense, string reason)
    {
        await using var broker = new ScriptedBroker();
        await using BrokerConnection connection = await broker.ConnectAsync();
        Task<HeartbeatResponse> call = Heartbeat(connection);
        await broker.ReceiveAsync();
        await broker.SendAsync(nonsense);
        Assert.Contains(reason, (await Assert.ThrowsAsync<BrokerConnectionException>(() => call)).Message);
    }

    [Fact]
    public async Task An_answer_that_is_not_the_message_due_is_a_protocol_error_of_that_call_alone()
    {
        await using var broker = new ScriptedBroker();
        await using BrokerConnection connection = await broker.ConnectAsync();
        Task<HeartbeatResponse> call = Heartbeat(connection);
        await broker.ReceiveAsync();
        await broker.SendAsync([0, 0, 0, 5, 0, 0, 0, 1, 7]);
        await Assert.ThrowsAsync<ProtocolException>(() => call);
        Task<HeartbeatResponse> next = Heartbeat(connection);
        await broker.AnswerAsync((await broker.ReceiveAsync()).Header, new HeartbeatResponse());
        await next;
    }

    [Fact]
    public async Task A_cancelled_call_leaves_the_connection_usable()
    {
        await using var broker = new ScriptedBroker();
        await using BrokerConnection connection = await broker.ConnectAsync();
        using var cancel = new CancellationTokenSource();
        Task<HeartbeatResponse> cancelled = Heartbeat(connection, cancel.Token);
        RequestHeader first = (await broker.ReceiveAsync()).Header;
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Task<HeartbeatResponse> next = Heartbeat(connection);
        RequestHeader second = (await broker.ReceiveAsync()).Header;
        await broker.AnswerAsync(first, new HeartbeatResponse());
        await broker.AnswerAsync(second, new HeartbeatResponse { ThrottleTimeMs = 2 });
        Assert.Equal(2, (await next).ThrottleTimeMs);
    }

    [Fact]
    public async Task A_broker_that_refuses_our_ApiVersions_is_asked_again_in_version_0()
    {
        await using var broker = new ScriptedBroker();
        await using BrokerConnection connection = await broker.ConnectAsync();
        Task<BrokerVersions> versions = connection.NegotiateAsync();
        RequestHeader first = (await broker.ReceiveAsync()).Header;
        var ranges = new List<ApiVersionsResponse.ApiVersion> { new() { ApiKey = (short)ApiKey.Fetch, MinVersion = 4, MaxVersion = 11 } };
        var refusal = new ApiVersionsResponse { ErrorCode = ErrorCode.UnsupportedVersion, ApiKeys = ranges };
        using (FrameBuilder frame = MessageCodec.ResponseFrame(ApiKey.ApiVersions, 0, first.CorrelationId, refusal))
            await broker.SendAsync(frame.ToArray());
        RequestHeader second = (await broker.ReceiveAsync()).Header;
        Assert.Equal((3, 0), (first.ApiVersion, second.ApiVersion));
        await broker.AnswerAsync(second, new ApiVersionsResponse { ApiKeys = ranges });
        Assert.Equal(11, (await versions).Pick<FetchRequest, FetchResponse>());
        Assert.Throws<ProtocolException>(() => connection.Versions!.Pick<FetchRequest, FetchResponse>(atMost: 3));
        Assert.Throws<ProtocolException>(() => connection.Versions!.Pick<ProduceRequest, ProduceResponse>());
    }

    [Fact]
    public async Task Records_travel_as_they_are_and_unanswered_requests_take_no_place_in_the_window()
    {
        await using var broker = new ScriptedBroker();
        await using BrokerConnection connection = await broker.ConnectAsync(new BrokerConnectionOptions { MaxInFlight = 1 });
        byte[] records = new byte[300_000];
        new Random(1).NextBytes(records);
        for (int i = 0; i < 3; i++)
        {
            var request = new ProduceRequest
            {
                Acks = 0,
                TopicData = [new() { Name = "t", PartitionData = [new() { Index = i, Records = records }] }],
            };
            Task sending = connection.SendUnansweredAsync<ProduceRequest, ProduceResponse>(request, 9);
            (RequestHeader header, Memory<byte> body) = await broker.ReceiveAsync();
            await sending;
            ProduceRequest got = MessageCodec.FromBytes<ProduceRequest>(body, header.ApiVersion, flexible: true);
            Assert.Equal(i, got.TopicData[0].PartitionData[0].Index);
            Assert.True(got.TopicData[0].PartitionData[0].Records!.Value.Span.SequenceEqual(records));
        }
    }

    [Fact]
    public async Task A_port_nobody_listens_on_is_named()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        int port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        var failure = await Assert.ThrowsAsync<BrokerConnectionException>(() =>
            BrokerConnection.ConnectAsync("127.0.0.1", port, new BrokerConnectionOptions(), TimeProvider.System));
        Assert.StartsWith($"127.0.0.1:{port}: ", failure.Message);
    }

    private static Task<HeartbeatResponse> Heartbeat(BrokerConnection connection, CancellationToken ct = default) =>
        connection.SendAsync<HeartbeatRequest, HeartbeatResponse>(new HeartbeatRequest { GroupId = "g", MemberId = "m" }, 4, ct);
}
