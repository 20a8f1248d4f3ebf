using System.Buffers.Binary;
using System.Net.Sockets;
using ClassicBroker.Broker.Api;
using ClassicBroker.Broker.Configuration;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Unit.Network;

public sealed class ConnectionTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Answers_leave_in_request_order_whatever_is_ready_first()
    {
        await using var broker = await LoopbackBroker.StartAsync();
        using var client = await broker.ConnectAsync();
        await client.SendAsync((byte[])[.. LoopbackBroker.Request("a"), .. LoopbackBroker.Request("b"), .. LoopbackBroker.Request("c")], Ct);
        await broker.Handler.Started("c");

        broker.Handler.Answer("c");
        broker.Handler.Answer("b");
        broker.Handler.Answer("a");

        Assert.Equal("a", await LoopbackBroker.ReadNameAsync(client));
        Assert.Equal("b", await LoopbackBroker.ReadNameAsync(client));
        Assert.Equal("c", await LoopbackBroker.ReadNameAsync(client));
        Assert.Equal(["a", "b", "c"], broker.Handler.Order);
    }

    [Fact]
    public async Task No_more_requests_than_the_window_are_worked_on_at_once()
    {
        const int window = 3, requests = 20;
        await using var broker = await LoopbackBroker.StartAsync(new LimitOptions { MaxInFlightRequests = window });
        using var client = await broker.ConnectAsync();
        foreach (var name in Names(requests))
        {
            await client.SendAsync(LoopbackBroker.Request(name), Ct);
        }

        await broker.Handler.Started("2");
        foreach (var name in Names(requests))
        {
            broker.Handler.Answer(name);
            Assert.Equal(name, await LoopbackBroker.ReadNameAsync(client));
        }

        Assert.True(broker.Handler.MostInFlight <= window, $"{broker.Handler.MostInFlight} were in flight");
    }

    /// <summary>A process that was stopped between rendering and sending must not acknowledge after it goes on.</summary>
    [Fact]
    public async Task An_answer_that_holds_no_longer_when_it_is_to_be_sent_closes_the_connection_and_nothing_follows_it()
    {
        await using var broker = await LoopbackBroker.StartAsync();
        using var client = await broker.ConnectAsync();
        var fence = new SwitchedFence();
        broker.Handler.Fence = fence;
        await client.SendAsync(LoopbackBroker.Request("first"), Ct);
        broker.Handler.Answer("first");
        Assert.Equal("first", await LoopbackBroker.ReadNameAsync(client));

        await client.SendAsync((byte[])[.. LoopbackBroker.Request("rendered"), .. LoopbackBroker.Request("behind")], Ct);
        await broker.Handler.Started("behind");
        fence.Holds = false;
        broker.Handler.Answer("behind");
        broker.Handler.Answer("rendered");
        Assert.Null(await LoopbackBroker.ReadNameAsync(client));
    }

    private sealed class SwitchedFence : IAnswerFence
    {
        public bool Holds { get; set; } = true;
    }

    [Fact]
    public async Task A_parked_request_is_told_when_another_arrives_behind_it()
    {
        await using var broker = await LoopbackBroker.StartAsync();
        using var client = await broker.ConnectAsync();
        await client.SendAsync(LoopbackBroker.Request("parked"), Ct);
        var context = await broker.Handler.Started("parked");
        Assert.False(context.AnotherRequestArrived.IsCompleted);

        await client.SendAsync(LoopbackBroker.Request("next"), Ct);

        await context.AnotherRequestArrived.WaitAsync(Ct);
    }

    [Fact]
    public async Task A_request_without_an_answer_leaves_no_gap()
    {
        await using var broker = await LoopbackBroker.StartAsync();
        using var client = await broker.ConnectAsync();
        broker.Handler.AnswerNothing("silent");
        broker.Handler.Answer("loud");
        await client.SendAsync((byte[])[.. LoopbackBroker.Request("silent"), .. LoopbackBroker.Request("loud")], Ct);

        Assert.Equal("loud", await LoopbackBroker.ReadNameAsync(client));
    }

    [Fact]
    public async Task A_frame_may_come_byte_by_byte()
    {
        await using var broker = await LoopbackBroker.StartAsync();
        using var client = await broker.ConnectAsync();
        broker.Handler.Answer("slow");
        foreach (var one in LoopbackBroker.Request("slow"))
        {
            await client.SendAsync((byte[])[one], Ct);
        }

        Assert.Equal("slow", await LoopbackBroker.ReadNameAsync(client));
    }

    [Fact]
    public async Task A_frame_larger_than_every_first_buffer_arrives_whole()
    {
        var name = new string('x', 30_000);
        var padding = new byte[300_000];
        var request = LoopbackBroker.Request(name);
        byte[] frame = [.. request, .. padding];
        BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length - 4);
        await using var broker = await LoopbackBroker.StartAsync();
        using var client = await broker.ConnectAsync();
        broker.Handler.Answer(name);
        broker.Handler.Answer("after");
        await client.SendAsync((byte[])[.. frame, .. LoopbackBroker.Request("after")], Ct);

        Assert.Equal(name, await LoopbackBroker.ReadNameAsync(client));
        Assert.Equal("after", await LoopbackBroker.ReadNameAsync(client));
    }

    [Theory]
    [InlineData(new byte[] { 0x7f, 0xff, 0xff, 0xff })]
    [InlineData(new byte[] { 0xff, 0xff, 0xff, 0xff })]
    [InlineData(new byte[] { 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 3, 1, 2, 3 })]
    [InlineData(new byte[] { 0, 0, 0, 8, 0, 17, 0, 9, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 10, 0, 99, 0, 0, 0, 0, 0, 0, 255, 255 })]
    [InlineData(new byte[] { 0, 0, 0, 12, 0, 17, 0, 1, 0, 0, 0, 0, 255, 255, 255, 254 })]
    public async Task What_is_no_request_closes_its_connection_and_no_other(byte[] bytes)
    {
        var log = new CollectedLog();
        await using var broker = await LoopbackBroker.StartAsync(log: log);
        using var good = await broker.ConnectAsync();
        using var bad = await broker.ConnectAsync();
        await bad.SendAsync(bytes, Ct);

        Assert.Null(await LoopbackBroker.ReadAsync(bad));
        broker.Handler.Answer("still here");
        await good.SendAsync(LoopbackBroker.Request("still here"), Ct);
        Assert.Equal("still here", await LoopbackBroker.ReadNameAsync(good));
        Assert.Single(await log.LinesAsync(1));
    }

    [Fact]
    public async Task Requests_before_a_bad_frame_are_still_answered()
    {
        await using var broker = await LoopbackBroker.StartAsync();
        using var client = await broker.ConnectAsync();
        broker.Handler.Answer("good");
        await client.SendAsync((byte[])[.. LoopbackBroker.Request("good"), 0xff, 0xff, 0xff, 0xff], Ct);

        Assert.Equal("good", await LoopbackBroker.ReadNameAsync(client));
        Assert.Null(await LoopbackBroker.ReadAsync(client));
    }

    [Fact]
    public async Task A_failing_handler_costs_only_its_connection()
    {
        await using var broker = await LoopbackBroker.StartAsync();
        using var unlucky = await broker.ConnectAsync();
        using var other = await broker.ConnectAsync();
        broker.Handler.Fail("boom");
        broker.Handler.Answer("fine");
        await unlucky.SendAsync(LoopbackBroker.Request("boom"), Ct);
        await other.SendAsync(LoopbackBroker.Request("fine"), Ct);

        Assert.Null(await LoopbackBroker.ReadAsync(unlucky));
        Assert.Equal("fine", await LoopbackBroker.ReadNameAsync(other));
    }

    [Fact]
    public async Task An_unknown_version_of_ApiVersions_is_answered_in_version_0_with_our_range()
    {
        await using var broker = await LoopbackBroker.StartAsync();
        using var client = await broker.ConnectAsync();
        await client.SendAsync(new byte[] { 0, 0, 0, 13, 0, 18, 0, 99, 0, 0, 0, 7, 0xff, 0xff, 0, 1, 1 }, Ct);

        var answer = Assert.IsType<byte[]>(await LoopbackBroker.ReadAsync(client));
        Assert.Equal(7, BinaryPrimitives.ReadInt32BigEndian(answer));
        var body = MessageCodec.FromBytes<ApiVersionsResponse>(answer.AsMemory(4), 0, false);
        Assert.Equal(ErrorCode.UnsupportedVersion, body.ErrorCode);
        var range = Assert.Single(body.ApiKeys);
        Assert.Equal((18, 0, 4), (range.ApiKey, range.MinVersion, range.MaxVersion));
    }

    [Fact]
    public async Task A_frame_that_does_not_get_whole_in_time_closes_the_connection()
    {
        await using var broker = await LoopbackBroker.StartAsync(new LimitOptions { FrameTimeoutMs = 5000, MaxIdleMs = -1 });
        using var client = await broker.ConnectAsync();
        await client.SendAsync(new byte[] { 0, 0, 0, 100, 0 }, Ct);

        await AdvanceUntilClosedAsync(broker, client);
    }

    [Fact]
    public async Task A_silent_connection_is_closed_after_the_idle_time()
    {
        await using var broker = await LoopbackBroker.StartAsync(new LimitOptions { MaxIdleMs = 10_000 });
        using var client = await broker.ConnectAsync();

        await AdvanceUntilClosedAsync(broker, client);
    }

    [Fact]
    public async Task A_connection_that_waits_for_its_answer_is_not_idle()
    {
        await using var broker = await LoopbackBroker.StartAsync(new LimitOptions { MaxIdleMs = 10_000 });
        using var client = await broker.ConnectAsync();
        await client.SendAsync(LoopbackBroker.Request("long"), Ct);
        await broker.Handler.Started("long");

        broker.Time.Advance(TimeSpan.FromSeconds(60));
        broker.Handler.Answer("long");

        Assert.Equal("long", await LoopbackBroker.ReadNameAsync(client));
    }

    [Fact]
    public async Task One_address_may_not_hold_more_connections_than_allowed()
    {
        await using var broker = await LoopbackBroker.StartAsync(new LimitOptions { MaxConnectionsPerIp = 1 });
        using var first = await broker.ConnectAsync();
        broker.Handler.Answer("first");
        await first.SendAsync(LoopbackBroker.Request("first"), Ct);
        Assert.Equal("first", await LoopbackBroker.ReadNameAsync(first));

        using var second = await broker.ConnectAsync();

        Assert.Null(await LoopbackBroker.ReadAsync(second));
    }

    [Fact]
    public async Task A_stop_lets_started_requests_finish()
    {
        await using var broker = await LoopbackBroker.StartAsync();
        using var client = await broker.ConnectAsync();
        await client.SendAsync(LoopbackBroker.Request("last"), Ct);
        var context = await broker.Handler.Started("last");

        var stopping = broker.StopAsync(TimeSpan.FromMinutes(1));
        await context.AnotherRequestArrived.WaitAsync(Ct);
        broker.Handler.Answer("last");

        Assert.Equal("last", await LoopbackBroker.ReadNameAsync(client));
        Assert.Null(await LoopbackBroker.ReadAsync(client));
        await stopping.WaitAsync(Ct);
        Assert.Equal(0, broker.Connections);
    }

    private static IEnumerable<string> Names(int count) => Enumerable.Range(0, count).Select(i => $"{i}");

    // The broker notices the bytes in its own time, so the clock is moved until it has.
    private static async Task AdvanceUntilClosedAsync(LoopbackBroker broker, Socket client)
    {
        var closed = LoopbackBroker.ReadAsync(client);
        while (!closed.IsCompleted)
        {
            broker.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Null(await closed);
    }
}
