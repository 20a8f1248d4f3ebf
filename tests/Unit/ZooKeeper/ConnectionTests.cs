using ClassicBroker.Coordination.ZooKeeper;
using ClassicBroker.Coordination.ZooKeeper.Driver;
using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace ClassicBroker.Unit.ZooKeeper;

public class ConnectionTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly CancellationTokenSource _stop = new();

    [Fact]
    public async Task No_more_requests_are_sent_than_the_window_allows_and_an_answer_makes_room_for_one()
    {
        var server = new ScriptedServer(_time, new ZooKeeperOptions { MaxInFlight = 4 });
        var running = server.Connection.RunAsync(_stop.Token);
        var requests = new List<PendingRequest<byte[]>>();
        for (int i = 0; i < 12; i++) requests.Add(await server.IssueAsync($"/{i}"));

        var inFlight = new Queue<int>();
        for (int i = 0; i < 4; i++) inFlight.Enqueue((await server.NextAsync()).Xid);
        for (int i = 0; i < 12; i++)
        {
            // a fifth would have been sent together with the fourth: they were all waiting
            Assert.False(server.HasMore);
            await server.AnswerAsync(inFlight.Dequeue(), [(byte)i]);
            Assert.Equal([(byte)i], await requests[i].Task);
            if (i < 8) inFlight.Enqueue((await server.NextAsync()).Xid);
        }

        await EndAsync(running);
    }

    [Fact]
    public async Task When_it_ends_what_was_sent_fails_with_connection_loss_and_what_was_not_stays_in_the_queue()
    {
        var server = new ScriptedServer(_time, new ZooKeeperOptions { MaxInFlight = 1 });
        var running = server.Connection.RunAsync(_stop.Token);
        var sent = await server.IssueAsync("/sent");
        var waiting = await server.IssueAsync("/waiting");
        await server.NextAsync();

        await EndAsync(running);

        var lost = await Assert.ThrowsAsync<ZooKeeperException>(() => sent.Task);
        Assert.Equal(ZooKeeperError.ConnectionLoss, lost.Error);
        Assert.Equal("/sent", lost.Path);
        Assert.False(waiting.Task.IsCompleted);
        Assert.True(server.Parts.Queue.TryTake(out var next));
        Assert.Same(waiting, next);
    }

    [Fact]
    public async Task A_request_its_caller_gave_up_before_it_was_sent_is_never_sent()
    {
        var server = new ScriptedServer(_time, new ZooKeeperOptions());
        (await server.IssueAsync("/given-up")).Abandon();
        await server.IssueAsync("/kept");
        var running = server.Connection.RunAsync(_stop.Token);
        Assert.Equal(1, (await server.NextAsync()).Xid);
        Assert.False(server.HasMore);
        await EndAsync(running);
    }

    [Fact]
    public async Task An_answer_above_the_limit_fails_its_request_by_name_and_the_connection_goes_on()
    {
        var server = new ScriptedServer(_time, new ZooKeeperOptions { MaxFrameBytes = 1000 });
        var running = server.Connection.RunAsync(_stop.Token);
        var large = await server.IssueAsync("/large");
        var small = await server.IssueAsync("/small");
        await server.AnswerAsync((await server.NextAsync()).Xid, new byte[100_000]);
        await server.AnswerAsync((await server.NextAsync()).Xid, [1]);

        var refused = await Assert.ThrowsAsync<ZooKeeperException>(() => large.Task);
        Assert.Equal(ZooKeeperError.MarshallingError, refused.Error);
        Assert.Contains("/large", refused.Message, StringComparison.Ordinal);
        Assert.Contains("100020", refused.Message, StringComparison.Ordinal);
        Assert.Contains("1000", refused.Message, StringComparison.Ordinal);
        Assert.Equal([1], await small.Task);
        await EndAsync(running);
    }

    [Fact]
    public async Task An_answer_out_of_order_ends_the_connection_and_is_given_to_nobody()
    {
        var server = new ScriptedServer(_time, new ZooKeeperOptions());
        var running = server.Connection.RunAsync(_stop.Token);
        var first = await server.IssueAsync("/1");
        var second = await server.IssueAsync("/2");
        await server.NextAsync();
        await server.AnswerAsync((await server.NextAsync()).Xid, [2]);

        Assert.IsType<ZooKeeperProtocolException>(await running);
        Assert.Equal(ZooKeeperError.ConnectionLoss, (await Assert.ThrowsAsync<ZooKeeperException>(() => first.Task)).Error);
        Assert.Equal(ZooKeeperError.ConnectionLoss, (await Assert.ThrowsAsync<ZooKeeperException>(() => second.Task)).Error);
    }

    [Fact]
    public async Task A_body_that_ends_too_early_fails_its_request_and_ends_the_connection()
    {
        var server = new ScriptedServer(_time, new ZooKeeperOptions());
        var running = server.Connection.RunAsync(_stop.Token);
        var request = await server.IssueAsync("/1");
        await server.NextAsync();
        await server.SendAsync([0, 0, 0, 16, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]); // success, without a body

        Assert.IsType<ZooKeeperProtocolException>(await running);
        Assert.Equal(ZooKeeperError.ConnectionLoss, (await Assert.ThrowsAsync<ZooKeeperException>(() => request.Task)).Error);
    }

    [Fact]
    public async Task It_pings_after_a_third_of_the_session_timeout_and_hangs_up_after_two_thirds_of_silence()
    {
        var server = new ScriptedServer(_time, new ZooKeeperOptions { SessionTimeout = TimeSpan.FromSeconds(12) });
        var running = server.Connection.RunAsync(_stop.Token);
        var ping = server.NextAsync();
        for (int second = 1; second <= 3; second++) _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((Xid.Ping, OpCode.Ping), await ping);

        while (!running.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Contains("nothing heard", (await running).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Credentials_and_watches_go_before_the_first_request()
    {
        var server = new ScriptedServer(_time, new ZooKeeperOptions { DigestUser = "u", DigestPassword = "p" });
        server.Parts.Session.Watches.Answered(WatchChange.Data, "/watched", ZooKeeperError.Ok);
        await server.IssueAsync("/1");
        var running = server.Connection.RunAsync(_stop.Token);
        Assert.Equal((Xid.Auth, OpCode.Auth), await server.NextAsync());
        Assert.Equal((Xid.SetWatches, OpCode.SetWatches2), await server.NextAsync());
        Assert.Equal((1, OpCode.GetData), await server.NextAsync());
        await EndAsync(running);
    }

    [Fact]
    public async Task Whatever_bytes_a_server_sends_the_connection_ends_cleanly_and_every_request_is_settled()
    {
        // frames that are often whole, with the numbers that mean something
        var xid = Gen.OneOfConst(Xid.Notification, Xid.Ping, Xid.Auth, Xid.SetWatches, 1, 2, 77);
        var frame = Gen.Select(xid, Gen.Int[-130, 3], Gen.Byte.Array[0, 60], (x, error, body) => FrameOf(x, error, body));
        var bytes = Gen.OneOf(frame, Gen.Byte.Array[0, 40]).Array[0, 6];
        await bytes.SampleAsync(
            async pieces =>
            {
                var server = new ScriptedServer(TimeProvider.System, new ZooKeeperOptions { MaxFrameBytes = 64 });
                var requests = new[] { await server.IssueAsync("/1"), await server.IssueAsync("/2") };
                var running = server.Connection.RunAsync(CancellationToken.None);
                foreach (var _ in requests) await server.NextAsync();
                foreach (byte[] piece in pieces) await server.SendAsync(piece);
                await server.HangUpAsync();
                Exception ended = await running.WaitAsync(TimeSpan.FromSeconds(30));
                return ended is IOException or ZooKeeperProtocolException or ZooKeeperException && requests.All(request => request.Task.IsCompleted);
            },
            iter: 2_000);
    }

    [Fact]
    public async Task Refused_credentials_end_the_connection_as_such()
    {
        var server = new ScriptedServer(_time, new ZooKeeperOptions { DigestUser = "u", DigestPassword = "p" });
        var running = server.Connection.RunAsync(_stop.Token);
        await server.NextAsync();
        await server.AnswerAsync(Xid.Auth, [], ZooKeeperError.AuthFailed);
        Assert.Equal(ZooKeeperError.AuthFailed, Assert.IsType<ZooKeeperException>(await running).Error);
    }

    [Fact]
    public async Task With_two_pings_under_way_the_first_answer_counts_for_the_first()
    {
        var server = new ScriptedServer(_time, new ZooKeeperOptions { SessionTimeout = TimeSpan.FromSeconds(12) });
        var running = server.Connection.RunAsync(_stop.Token);
        for (int second = 0; second < 3; second++) _time.Advance(TimeSpan.FromSeconds(1));
        await server.NextAsync();
        for (int second = 0; second < 3; second++) _time.Advance(TimeSpan.FromSeconds(1));
        await server.NextAsync();

        var request = await server.IssueAsync("/after");
        Assert.Equal(OpCode.GetData, (await server.NextAsync()).OpCode);
        await server.AnswerAsync(Xid.Ping, []);
        await server.AnswerAsync(99, []); // ends the connection, after the ping was counted
        await running;
        Assert.Equal(TimeSpan.FromSeconds(3), server.Parts.Session.Clock.SinceRenewed);
        Assert.True(request.Task.IsFaulted);
    }

    private static byte[] FrameOf(int xid, int error, byte[] body)
    {
        var jute = new JuteWriter();
        jute.Int(0);
        jute.Int(xid);
        jute.Long(5);
        jute.Int(error);
        byte[] frame = [.. jute.ToFrame(), .. body];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length - 4);
        return frame;
    }

    private async Task EndAsync(Task<Exception> running)
    {
        await _stop.CancelAsync();
        await running;
    }
}
