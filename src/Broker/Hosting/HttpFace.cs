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
    private readonly WebApplication _app;

    private HttpFace(WebApplication app, int port) => (_app, Port) = (app, port);

    /// <summary>The real port when 0 was asked for.</summary>
    public int Port { get; }

    /// <summary>Null when <c>http.port=-1</c>.</summary>
    public static async Task<HttpFace?> StartAsync(
        ListenerOptions options, Func<HealthAnswer> ready, Func<BrokerStatus> status, ILoggerFactory loggers, CancellationToken ct)
    {
        if (options.HttpPort < 0)
        {
            return null;
        }

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggers);
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(Address(options.HttpHost), options.HttpPort));
        var app = builder.Build();
        app.Run(context => AnswerAsync(context, ready, status));
        try
        {
            await app.StartAsync(ct);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            await app.DisposeAsync();
            throw PortProblem.Describe("http.port", options.HttpHost, options.HttpPort, e);
        }

        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        return new HttpFace(app, new Uri(addresses.First()).Port);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static IPAddress Address(string host) =>
        host switch
        {
            "localhost" => IPAddress.Loopback,
            "" => IPAddress.Any,
            _ => IPAddress.TryParse(host, out var address) ? address : throw new StartupException($"http.host={host} is not an IP address"),
        };

    private static Task AnswerAsync(HttpContext context, Func<HealthAnswer> ready, Func<BrokerStatus> status)
    {
        switch (context.Request.Path.Value)
        {
            case "/health/live":
                return HealthAsync(context, new HealthAnswer(true, "the process answers"));
            case "/health/ready":
                return HealthAsync(context, ready());
            case "/status":
                return context.Response.WriteAsJsonAsync(status(), StatusJson.Default.BrokerStatus);
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
