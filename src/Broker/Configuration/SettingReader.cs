using System.Globalization;

namespace ClassicBroker.Broker.Configuration;

/// <summary>
/// Turns the text of settings into typed, bounded values. A wrong value is noted and the default taken, so that one run names every
/// mistake. Every key asked for becomes a known key: what the options read and what the user may write cannot drift apart.
/// Owner: the one thread that reads the configuration at start.
/// </summary>
internal sealed class SettingReader(IReadOnlyDictionary<string, string> values)
{
    private readonly List<string> _problems = [];
    private readonly Dictionary<string, KnownSetting> _known = new(StringComparer.Ordinal);

    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Every key asked for so far, with its kind and default.</summary>
    public IReadOnlyDictionary<string, KnownSetting> Known => _known;

    public int Int(string key, int fallback, int min = 0, int max = int.MaxValue) => (int)Number(ConfigType.Int, key, fallback, min, max);

    public long Long(string key, long fallback, long min = 0, long max = long.MaxValue) => Number(ConfigType.Long, key, fallback, min, max);

    public long? OptionalLong(string key, long min = 0, long max = long.MaxValue)
    {
        if (Raw(key, ConfigType.Long) is not { } text)
        {
            return null;
        }

        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
        {
            Refuse(key, text, $"a whole number from {min} to {max}");
            return null;
        }

        if (value < min || value > max)
        {
            Refuse(key, text, $"from {min} to {max}");
            return null;
        }

        return value;
    }

    public double Fraction(string key, double fallback, double min, double max)
    {
        if (Raw(key, ConfigType.Double, fallback.ToString(CultureInfo.InvariantCulture)) is not { } text)
        {
            return fallback;
        }

        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max)
        {
            return value;
        }

        Refuse(key, text, FormattableString.Invariant($"a number from {min} to {max}"));
        return fallback;
    }

    public bool Bool(string key, bool fallback)
    {
        if (Raw(key, ConfigType.Bool, fallback ? "true" : "false") is not { } text)
        {
            return fallback;
        }

        if (bool.TryParse(text, out var value))
        {
            return value;
        }

        Refuse(key, text, "true or false");
        return fallback;
    }

    /// <summary>Null when unset or empty: Kafka treats both alike for the texts we read.</summary>
    public string? Text(string key) => Text(key, null);

    public string OneOf(string key, string fallback, params ReadOnlySpan<string> allowed)
    {
        if (Text(key, fallback) is not { } text)
        {
            return fallback;
        }

        foreach (var candidate in allowed)
        {
            if (string.Equals(candidate, text, StringComparison.OrdinalIgnoreCase))
            {
                return candidate;
            }
        }

        Refuse(key, text, "one of " + string.Join(", ", allowed.ToArray()));
        return fallback;
    }

    /// <summary>Comma-separated; blanks around items are dropped; null when unset.</summary>
    public IReadOnlyList<string>? List(string key) =>
        Raw(key, ConfigType.List)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Notes a mistake in a key's value; <paramref name="allowed"/> completes "allowed: …".</summary>
    public void Refuse(string key, string? value, string allowed) =>
        _problems.Add($"{key}={value ?? "(not set)"} cannot be used; allowed: {allowed}");

    /// <summary>Notes that two settings, each fine alone, contradict each other.</summary>
    public void RefuseRelation(string sentence) => _problems.Add(sentence);

    private long Number(ConfigType type, string key, long fallback, long min, long max)
    {
        var value = OptionalLong(key, min, max) ?? fallback;
        _known[key] = new KnownSetting(type, fallback.ToString(CultureInfo.InvariantCulture));
        return value;
    }

    private string? Text(string key, string? fallback) => Raw(key, ConfigType.Text, fallback) is { Length: > 0 } text ? text : null;

    private string? Raw(string key, ConfigType type, string? fallback = null)
    {
        _known[key] = new KnownSetting(type, fallback);
        return values.TryGetValue(key, out var text) ? text.Trim() : null;
    }
}
