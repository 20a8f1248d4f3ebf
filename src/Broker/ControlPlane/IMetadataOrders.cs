namespace ClassicBroker.Broker.ControlPlane;

/// <summary>Takes what the controller says about the cluster. Called one order at a time after the <see cref="OrderFence"/>.</summary>
public interface IMetadataOrders
{
    UpdateMetadataAnswer Apply(UpdateMetadataOrder order);
}
