using Microsoft.Extensions.DependencyInjection;

namespace ClassicBroker.Broker.Api;

/// <summary>Adds handlers to the composition root. The dispatcher's table, and so ApiVersions, is exactly what was added.</summary>
public static class HandlerRegistration
{
    public static IServiceCollection AddHandler<THandler>(this IServiceCollection services)
        where THandler : class, IRequestHandler =>
        services.AddSingleton<IRequestHandler, THandler>();
}
