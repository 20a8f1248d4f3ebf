using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Broker.Metadata;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Protocol.Messages;

namespace ClassicBroker.Broker.Api;

/// <summary>
/// Cluster id, controller and brokers for admin clients (KIP-700). Version 1 asks for a kind of endpoint (KIP-919): 1 brokers, 2 the
/// controllers of a KRaft quorum, which a cluster like ours does not have.
/// </summary>
public sealed class DescribeClusterHandler(MetadataCache cache, BrokerIdentity identity)
    : RequestHandler<DescribeClusterRequest, DescribeClusterResponse>
{
    private const sbyte Brokers = 1, Controllers = 2;

    public override ValueTask<HandlerResult<DescribeClusterResponse>> HandleAsync(DescribeClusterRequest request, RequestContext context)
    {
        if (request.EndpointType != Brokers)
        {
            return new(new DescribeClusterResponse
            {
                ErrorCode = request.EndpointType == Controllers ? ErrorCode.MismatchedEndpointType : ErrorCode.UnsupportedEndpointType,
                ErrorMessage = $"This is an endpoint of brokers (type 1); endpoint type {request.EndpointType} was asked for.",
            });
        }

        var snapshot = cache.Current;
        var brokers = new MetadataView(snapshot, context.ListenerName, context.ApiVersion).Brokers();
        return new(new DescribeClusterResponse
        {
            ClusterId = identity.ClusterId,
            // A controller the client cannot be given an address of would be a riddle to it.
            ControllerId = brokers.Exists(b => b.NodeId == snapshot.ControllerId) ? snapshot.ControllerId!.Value : -1,
            Brokers = brokers.ConvertAll(b => new DescribeClusterResponse.DescribeClusterBroker
            {
                BrokerId = b.NodeId,
                Host = b.Host,
                Port = b.Port,
                Rack = b.Rack,
            }),
            ClusterAuthorizedOperations = request.IncludeClusterAuthorizedOperations ? AuthorizedOperations.AllOnCluster : AuthorizedOperations.NotAsked,
        });
    }
}
