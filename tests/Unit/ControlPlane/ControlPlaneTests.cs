using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using ClassicBroker.Broker.ControlPlane;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClassicBroker.Unit.ControlPlane;

/// <summary>The listener and the channel against each other, over loopback.</summary>
public sealed class ControlPlaneTests : IAsyncLifetime
{
    private readonly RecordingBroker _broker = new();
    private readonly BrokerIdentity _identity = new(1) { BrokerEpoch = new BrokerEpoch(10) };
    private readonly ControlPlaneChannel _channel = new(new ControlPlaneOptions(), TimeProvider.System);
    private ControlPlaneListener _listener = null!;

    public ValueTask InitializeAsync()
    {
        _listener = Listener();
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Start();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        await _listener.DisposeAsync();
    }

    [Fact]
    public async Task An_order_arrives_whole_and_its_answer_comes_back()
    {
        var id = Guid.NewGuid();
        var order = new LeaderAndIsrOrder
        {
            ControllerId = 2,
            ControllerEpoch = 3,
            BrokerEpoch = 10,
            Partitions = [new PartitionOrder { Topic = "t", TopicId = id, Partition = 4, Leader = 1, LeaderEpoch = 5, Isr = [1, 2], Replicas = [1, 2, 3], IsNew = true, ZkVersion = 6 }],
            Leaders = [new LiveBroker { Id = 1, Epoch = 10, Rack = "a", Endpoints = [new LiveEndpoint { Listener = "PLAINTEXT", Host = "h", Port = 9092 }] }],
        };

        var answer = await SendAsync<LeaderAndIsrOrder, LeaderAndIsrAnswer>(order);

        Assert.Equal(56, Assert.Single(answer.Partitions).ErrorCode);
        var partition = Assert.Single(Assert.IsType<LeaderAndIsrOrder>(Assert.Single(_broker.Orders)).Partitions);
        Assert.Equal(("t", id, 4, 1, 5, true, 6), (partition.Topic, partition.TopicId, partition.Partition, partition.Leader, partition.LeaderEpoch, partition.IsNew, partition.ZkVersion));
        Assert.Equal([1, 2, 3], partition.Replicas);
    }

    [Fact]
    public async Task Orders_of_a_deposed_controller_or_for_an_earlier_life_are_refused_before_anybody_sees_them()
    {
        await SendAsync<UpdateMetadataOrder, UpdateMetadataAnswer>(new UpdateMetadataOrder { ControllerEpoch = 5, BrokerEpoch = 10 });

        var deposed = await SendAsync<StopReplicaOrder, StopReplicaAnswer>(new StopReplicaOrder { ControllerEpoch = 4, BrokerEpoch = 10 });
        var earlier = await SendAsync<StopReplicaOrder, StopReplicaAnswer>(new StopReplicaOrder { ControllerEpoch = 5, BrokerEpoch = 9 });

        Assert.Equal(OrderFence.StaleControllerEpoch, deposed.ErrorCode);
        Assert.Equal(OrderFence.StaleBrokerEpoch, earlier.ErrorCode);
        Assert.Single(_broker.Orders);
    }

    [Fact]
    public async Task A_broker_that_came_back_is_reached_without_being_asked_to()
    {
        await SendAsync<UpdateMetadataOrder, UpdateMetadataAnswer>(new UpdateMetadataOrder { BrokerEpoch = 10 });
        var address = _listener.LocalEndPoint!;
        await _listener.DisposeAsync();
        await Assert.ThrowsAsync<BrokerChannelException>(() => SendAsync<UpdateMetadataOrder, UpdateMetadataAnswer>(new UpdateMetadataOrder { BrokerEpoch = 10 }, address));

        _listener = Listener();
        _listener.Bind(address);
        _listener.Start();

        Assert.Equal(0, (await SendAsync<UpdateMetadataOrder, UpdateMetadataAnswer>(new UpdateMetadataOrder { BrokerEpoch = 10 })).ErrorCode);
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(-1)]
    [InlineData(0)]
    public async Task A_declared_length_outside_the_limits_closes_the_connection(int length)
    {
        byte[] frame = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(frame, length);

        Assert.Equal(0, await BytesAnsweredAsync(frame));
    }

    [Fact]
    public async Task Junk_in_a_frame_closes_the_connection_and_others_go_on()
    {
        Assert.Equal(0, await BytesAnsweredAsync([0, 0, 0, 8, 1, 0, 0, 0, 1, 0xff, 0xff, 0xff]));
        Assert.Equal(0, await BytesAnsweredAsync([0, 0, 0, 6, 99, 0, 0, 0, 1, 0x90]));

        Assert.Equal(0, (await SendAsync<UpdateMetadataOrder, UpdateMetadataAnswer>(new UpdateMetadataOrder { BrokerEpoch = 10 })).ErrorCode);
    }

    private async Task<int> BytesAnsweredAsync(byte[] frame)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(_listener.LocalEndPoint!);
        await socket.SendAsync(frame);
        return await socket.ReceiveAsync(new byte[16]);
    }

    private Task<TAnswer> SendAsync<TOrder, TAnswer>(TOrder order, IPEndPoint? to = null)
        where TOrder : class
        where TAnswer : class, IControlPlaneAnswer
    {
        to ??= _listener.LocalEndPoint!;
        return _channel.SendAsync<TOrder, TAnswer>(new BrokerAddress(1, to.Address.ToString(), to.Port), order, TestContext.Current.CancellationToken);
    }

    private ControlPlaneListener Listener() => new(
        new OrderReceiver(new OrderFence(_identity), _broker, _broker, _broker, NullLogger<OrderReceiver>.Instance),
        new ControlPlaneOptions(), NullLogger<ControlPlaneListener>.Instance);

    private sealed class RecordingBroker : ILeadershipOrders, IMetadataOrders, IControllerRequests
    {
        public List<object> Orders { get; } = [];

        public ValueTask<LeaderAndIsrAnswer> ApplyAsync(LeaderAndIsrOrder order, CancellationToken ct)
        {
            Orders.Add(order);
            return new(new LeaderAndIsrAnswer { Partitions = [new PartitionAnswer { Topic = "t", Partition = 4, ErrorCode = 56 }] });
        }

        public ValueTask<StopReplicaAnswer> ApplyAsync(StopReplicaOrder order, CancellationToken ct)
        {
            Orders.Add(order);
            return new(new StopReplicaAnswer());
        }

        public UpdateMetadataAnswer Apply(UpdateMetadataOrder order)
        {
            Orders.Add(order);
            return new UpdateMetadataAnswer();
        }

        public ValueTask<ControlledShutdownAnswer> ShutDownAsync(ControlledShutdownOrder order, CancellationToken ct) => new(new ControlledShutdownAnswer());

        public ValueTask<HandOverAnswer> HandOverAsync(HandOverOrder order, CancellationToken ct)
        {
            Orders.Add(order);
            return new(new HandOverAnswer { Partitions = [new PartitionAnswer { Topic = "t", Partition = 4, ErrorCode = 83 }] });
        }
    }
}
