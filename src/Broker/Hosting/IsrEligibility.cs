using ClassicBroker.Broker.Metadata;
using ClassicBroker.Coordination;

namespace ClassicBroker.Broker.Hosting;

/// <summary>
/// May a replica of this broker enter an ISR? Only if the controller says the broker is alive, and, when its fetch named a broker epoch, if it
/// is still that incarnation (KAFKA-14140: an old fetch must not bring a restarted replica back). Pure question to the metadata.
/// </summary>
internal sealed class IsrEligibility(MetadataCache metadata)
{
    public bool MayJoin(int brokerId, BrokerEpoch brokerEpoch) =>
        metadata.Current.Brokers.TryGetValue(brokerId, out var broker) && (brokerEpoch == BrokerEpoch.None || brokerEpoch.Value == broker.Epoch);
}
