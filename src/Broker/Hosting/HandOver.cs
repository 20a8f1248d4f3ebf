using ClassicBroker.Broker.Configuration;
using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Broker.Metadata;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Hosting;

/// <summary>
/// Controlled shutdown: asks the controller to move what this broker leads elsewhere, until nothing is left or patience ends, so that clients see
/// a change of leader instead of an outage.
/// </summary>
internal sealed class HandOver(
    MetadataCache metadata, IBrokerChannel channel, BrokerIdentity identity, ControllerSettings settings, TimeProvider time, ILogger<HandOver> log)
{
    /// <summary>The second question comes soon: the first may have met a passing trouble of the controller's.</summary>
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(300);

    public async Task RunAsync(CancellationToken ct)
    {
        if (!settings.ControlledShutdown || identity.BrokerEpoch == BrokerIdentity.NotRegistered)
        {
            return;
        }

        var backoff = TimeSpan.FromMilliseconds(settings.ControlledShutdownBackoffMs);
        for (var attempt = 0; attempt <= settings.ControlledShutdownRetries; attempt++)
        {
            if (attempt > 0)
            {
                await Task.Delay(attempt == 1 && backoff > FirstPause ? FirstPause : backoff, time, ct);
            }

            // A lone broker has nobody to hand over to.
            var snapshot = metadata.Current;
            if (snapshot.Brokers.Count <= 1)
            {
                return;
            }

            var remaining = await AskAsync(snapshot, ct);
            if (remaining is { Count: 0 })
            {
                HostingLog.HandedOver(log);
                return;
            }
        }
    }

    /// <summary>What is still led here; null when the controller could not be asked.</summary>
    private async Task<List<PartitionAnswer>?> AskAsync(MetadataSnapshot snapshot, CancellationToken ct)
    {
        if (snapshot.ControllerId is not { } controllerId
            || snapshot.Brokers.GetValueOrDefault(controllerId)?.On(ListenerOptions.ControlPlaneName) is not { } endpoint)
        {
            HostingLog.NotHandedOver(log, "no controller is known");
            return null;
        }

        try
        {
            var answer = await channel.SendAsync<ControlledShutdownOrder, ControlledShutdownAnswer>(
                new BrokerAddress(controllerId, endpoint.Host, endpoint.Port),
                new ControlledShutdownOrder { BrokerId = identity.BrokerId, BrokerEpoch = identity.BrokerEpoch.Value },
                ct);
            if (answer.ErrorCode != 0)
            {
                HostingLog.NotHandedOver(log, $"controller {controllerId} answered error {answer.ErrorCode}");
                return null;
            }

            if (answer.Remaining.Count > 0)
            {
                HostingLog.StillLeading(log, answer.Remaining.Count, controllerId);
            }

            return answer.Remaining;
        }
        catch (BrokerChannelException e)
        {
            HostingLog.NotHandedOver(log, e.Message);
            return null;
        }
    }
}
