using System.Net;
using System.Net.Sockets;
using ClassicBroker.Broker.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Broker.Hosting;

/// <summary>
/// The broker's face for operators and orchestrators: <c>/health/live</c> (the process answers), <c>/health/ready</c> (registered, told the cluster,
/// serving), <c>/status</c> (its view as JSON). Kestrel, on its own port, apart from everything clients use.
/// </summary>
internal sealed class HttpFace : IAsyncDisposable
{
    private readonly TaskCompletionSource<int?> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task<WebApplication?> _app;

    private HttpFace(ListenerOptions options, OperatorView view, ILoggerFactory loggers, CancellationToken ct) =>
        _app = Task.Run(() => StartAsync(options, view, loggers, ct), CancellationToken.None);

    /// <summary>The real port; null when <c>http.port=-1</c>. Fails with <see cref="StartupException"/> when the port cannot be had.</summary>
    public Task<int?> Started => _started.Task;

    /// <summary>
    /// Begins at once and beside everything else: an orchestrator must see "alive, not ready" while the ensemble is waited for or a long recovery
    /// runs, and building a web server costs a good part of a broker's start.
    /// </summary>
    public static HttpFace Begin(ListenerOptions options, OperatorView view, ILoggerFactory loggers, CancellationToken ct) =>
        new(options, view, loggers, ct);

    public async ValueTask DisposeAsync()
    {
        if (await _app is { } app)
        {
            await app.DisposeAsync();
        }
    }

    // Never fails: whoever needs the port hears of a failure from Started.
    private async Task<WebApplication?> StartAsync(ListenerOptions options, OperatorView view, ILoggerFactory loggers, CancellationToken ct)
    {
        if (options.HttpPort < 0)
        {
            _started.SetResult(null);
            return null;
        }

        WebApplication? app = null;
        try
        {
            app = Build(options, view, loggers);
            await app.StartAsync(ct);
            var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
            _started.SetResult(new Uri(addresses.First()).Port);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            _started.SetException(PortProblem.Describe("http.port", options.HttpHost, options.HttpPort, e));
        }
        catch (Exception e)
        {
            _started.SetException(e);
        }

        return app;
    }

    private static WebApplication Build(ListenerOptions options, OperatorView view, ILoggerFactory loggers)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggers);
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(Address(options.HttpHost), options.HttpPort));
        var app = builder.Build();
        app.Run(context => AnswerAsync(context, view));
        return app;
    }

    private static IPAddress Address(string host) =>
        host switch
        {
            "localhost" => IPAddress.Loopback,
            "" => IPAddress.Any,
            _ => IPAddress.TryParse(host, out var address) ? address : throw new StartupException($"http.host={host} is not an IP address"),
        };

    private static Task AnswerAsync(HttpContext context, OperatorView view)
    {
        switch (context.Request.Path.Value)
        {
            case "/health/live":
                return HealthAsync(context, new HealthAnswer(true, "the process answers"));
            case "/health/ready":
                return HealthAsync(context, view.Ready());
            case "/status":
                return context.Response.WriteAsJsonAsync(view.Status(), StatusJson.Default.BrokerStatus);
            default:
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return context.Response.WriteAsync("There are /health/live, /health/ready and /status.\n");
        }
    }

    private static Task HealthAsync(HttpContext context, HealthAnswer answer)
    {
        context.Response.StatusCode = answer.Ok ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        return context.Response.WriteAsJsonAsync(answer, StatusJson.Default.HealthAnswer);
    }
}
