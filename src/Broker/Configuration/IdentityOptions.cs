namespace ClassicBroker.Broker.Configuration;

/// <summary>Who this broker is.</summary>
public sealed record IdentityOptions
{
    /// <summary><c>broker.id</c>: number of the broker, unique in the cluster; -1 generates one above the reserved range. From -1; default -1.</summary>
    public int BrokerId { get; init; } = -1;

    /// <summary><c>broker.id.generation.enable</c>: whether -1 may generate an id. Default true.</summary>
    public bool GenerateId { get; init; } = true;

    /// <summary><c>reserved.broker.max.id</c>: generated ids begin above this, so they never meet a configured one. From 0; default 1000.</summary>
    public int ReservedMaxId { get; init; } = 1000;

    /// <summary><c>broker.rack</c>: where the machine stands; replicas of a partition are spread over racks. Default none.</summary>
    public string? Rack { get; init; }

    internal static IdentityOptions Read(SettingReader settings)
    {
        var options = new IdentityOptions
        {
            BrokerId = settings.Int("broker.id", -1, -1),
            GenerateId = settings.Bool("broker.id.generation.enable", true),
            ReservedMaxId = settings.Int("reserved.broker.max.id", 1000),
            Rack = settings.Text("broker.rack"),
        };
        if (options.GenerateId && options.BrokerId > options.ReservedMaxId)
        {
            settings.RefuseRelation(
                $"broker.id={options.BrokerId} is above reserved.broker.max.id={options.ReservedMaxId}, where generated ids begin; "
                + "allowed: an id up to that number, or broker.id.generation.enable=false");
        }
        else if (!options.GenerateId && options.BrokerId < 0)
        {
            settings.Refuse("broker.id", options.BrokerId.ToString(System.Globalization.CultureInfo.InvariantCulture), "0 or more while broker.id.generation.enable=false");
        }

        return options;
    }
}
