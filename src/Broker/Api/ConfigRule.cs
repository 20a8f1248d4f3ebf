using System.Globalization;
using ClassicBroker.Broker.Configuration;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Api;

/// <summary>What a setting may be set to.</summary>
/// <param name="Allowed">In words, for the refusal.</param>
/// <param name="Accepts">Asked with the value without blanks around it.</param>
public sealed record ConfigRule(ConfigType Type, string Allowed, Func<string, bool> Accepts)
{
    public static readonly ConfigRule Bool = new(ConfigType.Bool, "true or false", value => bool.TryParse(value, out _));

    public static readonly ConfigRule Text = new(ConfigType.Text, "any text", _ => true);

    public static ConfigRule Int(int least, int most = int.MaxValue) => Number(ConfigType.Int, least, most);

    public static ConfigRule Long(long least) => Number(ConfigType.Long, least, long.MaxValue);

    public static ConfigRule OneOf(params string[] words) => new(ConfigType.Text, $"one of {string.Join(", ", words)}", words.Contains);

    public static ConfigRule List(string allowed, Func<string, bool> part) =>
        new(ConfigType.List, allowed, value => value.Length > 0 && value.Split(',').All(item => part(item.Trim())));

    public static bool Whole(string value, out long number) => long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);

    /// <exception cref="RequestRefusedException">INVALID_CONFIG, naming the key, what it was set to and what it takes.</exception>
    public void Check(string key, string value)
    {
        if (!Accepts(value.Trim()))
            throw new RequestRefusedException(ErrorCode.InvalidConfig, $"Invalid value {value} for configuration {key}: allowed is {Allowed}");
    }

    private static ConfigRule Number(ConfigType type, long least, long most) =>
        new(type, $"a whole number from {least} to {most}", value => Whole(value, out long number) && number >= least && number <= most);
}
