using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ClassicBroker.Broker.Api;
using ClassicBroker.Broker.Configuration;
using ClassicBroker.Broker.ControlPlane;
using ClassicBroker.Broker.Groups;
using ClassicBroker.Broker.Log;
using ClassicBroker.Broker.Log.Compaction;
using ClassicBroker.Broker.Metadata;
using ClassicBroker.Broker.Network;
using ClassicBroker.Broker.Replication;
using ClassicBroker.Coordination;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Hosting;

/// <summary>
/// Starts the parts in order and stops them in order; each step says why it stands where it stands. Owner: Program's one caller.
/// </summary>
internal sealed class BrokerServer(
    BrokerOptions options, Foundation foundation, ServiceProvider parts, HttpFace http, OperatorView view, TimeProvider time) : IAsyncDisposable
{
    /// <summary>How long started requests may take to finish at the stop: most need milliseconds, and clients retry the others elsewhere.</summary>
    private static readonly TimeSpan RequestPatience = TimeSpan.FromSeconds(2);

    private readonly ILogger _log = parts.GetRequiredService<ILogger<BrokerServer>>();
    private readonly BrokerIdentity _identity = parts.GetRequiredService<BrokerIdentity>();
    private readonly List<SocketListener> _listeners = [];

    public async Task StartAsync(CancellationToken ct)
    {
        HostingLog.Starting(_log, _identity.BrokerId, _identity.ClusterId, string.Join(", ", options.LogDirs));

        view.Attach(parts);

        // Logs before registering: who is registered is given leaderships at once.
        await LoadLogsAsync(ct);

        // Ports before registering: the registration names the real ones.
        await BindAsync(ct);
        var httpPort = await http.Started;

        // The loops before the first order, which will give them work.
        await parts.GetRequiredService<IsrUpdates>().StartAsync(ct);
        await parts.GetRequiredService<HandOvers>().StartAsync(ct);
        await parts.GetRequiredService<IsrShrinkLoop>().StartAsync(ct);
        await parts.GetRequiredService<HighWatermarkCheckpointLoop>().StartAsync(ct);
        await parts.GetRequiredService<RetentionLoop>().StartAsync(ct);
        await parts.GetRequiredService<ProducerExpiryLoop>().StartAsync(ct);
        await parts.GetRequiredService<LogCleaner>().StartAsync(ct);
        parts.GetRequiredService<RoleChanges>().LeadershipChanged += parts.GetRequiredService<GroupCoordinator>().LeadershipChanged;
        await parts.GetRequiredService<OffsetsExpiryLoop>().StartAsync(ct);

        await parts.GetRequiredService<FailedDirectories>().StartAsync(ct);

        // The watch before the first order: what an order opens is read after it, and what changes from then on is heard.
        var changes = parts.GetRequiredService<ConfigChanges>();
        changes.TopicChanged += parts.GetRequiredService<TopicConfigUpdates>().Apply;
        changes.TopicChanged += parts.GetRequiredService<ReplicationThrottles>().TopicConfigChanged;
        changes.BrokerChanged += parts.GetRequiredService<ReplicationThrottles>().BrokerConfigChanged;
        parts.GetRequiredService<RoleChanges>().LeadershipChanged += (partition, _) => changes.Opened(partition.Id.Topic);
        await changes.StartAsync(ct);

        await parts.GetRequiredService<Membership>().JoinAsync(Registration(), ct);
        var registered = SinceProcessStart();

        // Orders after registering: only now the fence knows our broker epoch.
        parts.GetRequiredService<ControlPlaneListener>().Start();

        // The seat last of all: a controller that takes it must be able to take its own orders.
        await parts.GetRequiredService<Controller.Controller>().StartAsync();

        // Clients last: before the first order there is nothing true to tell them.
        foreach (var listener in _listeners)
        {
            listener.Start();
        }

        view.IsServing = true;
        WriteRunFile(httpPort);
        HostingLog.Serving(_log, _identity.BrokerId, registered, SinceProcessStart());
    }

    /// <summary>Completes with the reason when the broker can serve nothing any more: every log directory has failed.</summary>
    public Task<string> Failed => parts.GetRequiredService<FailedDirectories>().AllFailed;

    /// <summary>Every step is tried, whatever became of the one before: a broker asked to stop must stop.</summary>
    public async Task StopAsync(string reason)
    {
        HostingLog.Stopping(_log, _identity.BrokerId, reason);

        // While everything still works: leaders move away and clients follow without an outage.
        await StepAsync("hand over leaderships", () => parts.GetRequiredService<HandOver>().RunAsync(CancellationToken.None));
        view.IsServing = false;

        // No new requests, then no new orders: what comes now finds another leader.
        await StepAsync("close client listeners", () => Task.WhenAll(_listeners.Select(l => l.StopAsync(RequestPatience))));
        await StepAsync("close the control plane", parts.GetRequiredService<ControlPlaneListener>().StopAsync);

        await StepAsync("stop hearing of configurations", parts.GetRequiredService<ConfigChanges>().StopAsync);
        await StepAsync("leave the controller's seat", parts.GetRequiredService<Controller.Controller>().StopAsync);

        // Nothing writes to the logs any more; then the watermarks of what is in them.
        await StepAsync("stop following", parts.GetRequiredService<FollowerFetchers>().StopAsync);
        await StepAsync("stop ISR checks", parts.GetRequiredService<IsrShrinkLoop>().StopAsync);
        await StepAsync("stop hand-overs", parts.GetRequiredService<HandOvers>().StopAsync);
        await StepAsync("stop ISR writes", parts.GetRequiredService<IsrUpdates>().StopAsync);
        await StepAsync("stop offset expiry", parts.GetRequiredService<OffsetsExpiryLoop>().StopAsync);
        await StepAsync("stop coordinating groups", () => parts.GetRequiredService<GroupCoordinator>().DisposeAsync().AsTask());
        await StepAsync("stop retention", parts.GetRequiredService<RetentionLoop>().StopAsync);
        await StepAsync("stop forgetting producers", parts.GetRequiredService<ProducerExpiryLoop>().StopAsync);
        await StepAsync("stop the cleaner", parts.GetRequiredService<LogCleaner>().StopAsync);
        await StepAsync("checkpoint high watermarks", parts.GetRequiredService<HighWatermarkCheckpointLoop>().StopAsync);

        await StepAsync("stop looking after directories", parts.GetRequiredService<FailedDirectories>().StopAsync);

        // The clean-shutdown mark is the last thing written: it vouches for everything before.
        await StepAsync("flush and close logs", () => foundation.Directories.StopAsync(_identity.BrokerEpoch.Value, CancellationToken.None));
        await StepAsync("leave the cluster", parts.GetRequiredService<Membership>().StopAsync);
        RunFile.Remove(options.LogDirs[0]);
        HostingLog.Stopped(_log, _identity.BrokerId);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var listener in _listeners)
        {
            await listener.DisposeAsync();
        }

        view.Attach(null);
        await parts.DisposeAsync();
    }

    private async Task LoadLogsAsync(CancellationToken ct)
    {
        var topics = await parts.GetRequiredService<TopicStore>().ListAsync(ct);
        var configs = await parts.GetRequiredService<ConfigStore>().ReadTopicsAsync(topics, ct);
        await foundation.Directories.LoadAsync(
            parts.GetRequiredService<LogOptions>(), topic => configs.GetValueOrDefault(topic), ct, options.Log.RecoveryThreads);
        await foundation.Directories.StartAsync(ct);
    }

    private async Task BindAsync(CancellationToken ct)
    {
        foreach (var endpoint in options.Listeners.Listeners)
        {
            var listener = new SocketListener(
                endpoint, parts.GetRequiredService<RequestDispatcher>(), options.Limits, time, parts.GetRequiredService<ILogger<SocketListener>>());
            _listeners.Add(listener);
            try
            {
                await listener.BindAsync(ct);
            }
            catch (SocketException e)
            {
                throw PortProblem.Describe("listeners", endpoint.Host, endpoint.Port, e);
            }
        }

        var (host, port) = (options.Listeners.ControlPlaneHost, options.Listeners.ControlPlanePort);
        try
        {
            parts.GetRequiredService<ControlPlaneListener>().Bind(new IPEndPoint(await SocketListener.ResolveAsync(host, ct), port));
        }
        catch (SocketException e)
        {
            throw PortProblem.Describe("control.plane.listener.port", host, port, e);
        }
    }

    private BrokerRegistration Registration()
    {
        var endpoints = _listeners.ConvertAll(Advertised);
        var control = parts.GetRequiredService<ControlPlaneListener>().LocalEndPoint!;
        endpoints.Add(new BrokerEndpoint(ControlPlaneOptions.ListenerName, "PLAINTEXT", Reachable(options.Listeners.ControlPlaneHost), control.Port));
        return new BrokerRegistration(_identity.BrokerId, endpoints, options.Rack, BrokerIdentity.NotRegistered);
    }

    private BrokerEndpoint Advertised(SocketListener listener)
    {
        var bound = options.Listeners.Listeners.First(l => l.Name == listener.Name);
        var advertised = options.Listeners.Advertised.FirstOrDefault(l => l.Name == listener.Name) ?? bound;
        var port = advertised.Port == 0 ? listener.LocalEndPoint!.Port : advertised.Port;
        return new BrokerEndpoint(listener.Name, listener.SecurityProtocol, Reachable(advertised.Host), port);
    }

    // "All interfaces" is no address to tell others; the machine's name is the best guess, as in Kafka.
    private static string Reachable(string host) => host is "" or "0.0.0.0" or "::" ? Dns.GetHostName() : host;

    private void WriteRunFile(int? httpPort) => new RunFile(
        Environment.ProcessId,
        _identity.BrokerId,
        _identity.ClusterId,
        _listeners.ToDictionary(l => l.Name, l => l.LocalEndPoint!.ToString()),
        parts.GetRequiredService<ControlPlaneListener>().LocalEndPoint!.Port,
        httpPort).Write(options.LogDirs[0]);

    private double SinceProcessStart() =>
        (time.GetUtcNow() - Process.GetCurrentProcess().StartTime.ToUniversalTime()).TotalMilliseconds;

    private async Task StepAsync(string step, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception e)
        {
            HostingLog.StopStepFailed(_log, step, e.Message, e);
        }
    }
}
