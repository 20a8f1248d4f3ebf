namespace ClassicBroker.Broker.Configuration;

/// <summary>A setting a broker reads. Default: as text; null when there is none, or none that is the same everywhere.</summary>
public readonly record struct KnownSetting(ConfigType Type, string? Default);
