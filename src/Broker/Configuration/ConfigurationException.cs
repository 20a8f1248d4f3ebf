namespace ClassicBroker.Broker.Configuration;

/// <summary>
/// The configuration cannot be used. <see cref="Problems"/> has one line per mistake, each naming the key, the value and what
/// would be allowed, so that all of them can be mended at once. The process exits with code 2.
/// </summary>
public sealed class ConfigurationException(IReadOnlyList<string> problems)
    : Exception(string.Join(Environment.NewLine, problems))
{
    public IReadOnlyList<string> Problems { get; } = problems;
}
