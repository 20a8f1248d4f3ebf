using ClassicBroker.Broker.Transactions;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;
using ClassicBroker.Coordination.ZooKeeper;

namespace ClassicBroker.Broker.Api;

/// <summary>
/// Gives an idempotent producer its id. Any broker can: an id without a transactional id has no coordinator. A producer that asks again (KIP-360, after
/// an error it could not place) simply gets a new id. Transactional ids need a coordinator, which is not there yet: COORDINATOR_NOT_AVAILABLE,
/// as FindCoordinator says.
/// </summary>
public sealed class InitProducerIdHandler(ProducerIds ids) : RequestHandler<InitProducerIdRequest, InitProducerIdResponse>
{
    public override async ValueTask<HandlerResult<InitProducerIdResponse>> HandleAsync(InitProducerIdRequest request, RequestContext context)
    {
        if (request.TransactionalId is "") return Refused(ErrorCode.InvalidRequest);
        if (request.TransactionalId is not null) return Refused(ErrorCode.CoordinatorNotAvailable);
        // Both or neither: an id without an epoch names no producer.
        if (request.ProducerId < 0 != request.ProducerEpoch < 0) return Refused(ErrorCode.InvalidRequest);
        try
        {
            return new InitProducerIdResponse { ProducerId = await ids.NextAsync(context.Aborted), ProducerEpoch = 0 };
        }
        catch (ZooKeeperException)
        {
            // No block left and none to be had while ZooKeeper is out of reach; clients ask again.
            return Refused(ErrorCode.CoordinatorLoadInProgress);
        }
    }

    private static InitProducerIdResponse Refused(ErrorCode error) => new() { ErrorCode = error, ProducerId = -1, ProducerEpoch = -1 };
}
