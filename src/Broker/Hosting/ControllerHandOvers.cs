using ClassicBroker.Broker.Configuration;
using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Broker.Metadata;
using ClassicBroker.Broker.Replication;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Hosting;

/// <summary>
/// Brings hand-over wishes to the controller as one <see cref="HandOverOrder"/>. Stateless; where the controller is, and in which epoch, is what it told this broker last.
/// </summary>
internal sealed class ControllerHandOvers(MetadataCache metadata, OrderFence fence, IBrokerChannel channel, BrokerIdentity identity) : IHandOverRequests
{
    /// <exception cref="BrokerChannelException">The controller is not known, not reached, or refused the whole order.</exception>
    public async Task<IReadOnlyDictionary<HandOverWish, HandOverReply>> AskAsync(IReadOnlyCollection<HandOverWish> wishes, CancellationToken ct)
    {
        var snapshot = metadata.Current;
        if (snapshot.ControllerId is not { } controllerId || snapshot.Brokers.GetValueOrDefault(controllerId)?.On(ListenerOptions.ControlPlaneName) is not { } endpoint)
        {
            throw new BrokerChannelException("no controller is known");
        }

        var order = new HandOverOrder
        {
            BrokerId = identity.BrokerId,
            BrokerEpoch = identity.BrokerEpoch.Value,
            ControllerEpoch = fence.HighestControllerEpoch.Value,
            Partitions = [.. wishes.Select(static wish => new HandOverPartition
            {
                Topic = wish.Id.Topic,
                TopicId = wish.TopicId,
                Partition = wish.Id.Partition,
                LeaderEpoch = wish.LeaderEpoch.Value,
                Reachable = [.. wish.Reachable],
            })],
        };
        var answer = await channel.SendAsync<HandOverOrder, HandOverAnswer>(new BrokerAddress(controllerId, endpoint.Host, endpoint.Port), order, ct);
        if (answer.ErrorCode != 0)
        {
            throw new BrokerChannelException($"controller {controllerId} answered {(ErrorCode)answer.ErrorCode}");
        }

        var replies = answer.Partitions.ToDictionary(static p => new TopicPartition(p.Topic, p.Partition), Reply);
        return wishes.ToDictionary(static wish => wish, wish => replies.GetValueOrDefault(wish.Id));
    }

    private static HandOverReply Reply(PartitionAnswer answer) => (ErrorCode)answer.ErrorCode switch
    {
        // Another leads already: its order is on its way as well.
        ErrorCode.None or ErrorCode.FencedLeaderEpoch => HandOverReply.Granted,
        ErrorCode.ThrottlingQuotaExceeded => HandOverReply.AskAgain,
        _ => HandOverReply.Refused,
    };
}
