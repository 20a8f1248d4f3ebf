using ClassicBroker.Broker.Configuration;

namespace ClassicBroker.Broker.Hosting;

/// <summary>The broker's own command line; everything about the broker itself is a setting.</summary>
/// <param name="PropertiesFile">Path of server.properties, or null for none.</param>
/// <param name="Overrides">Settings that win over file and environment, in the order given.</param>
/// <param name="JsonLogFile">Where compact JSON log lines go beside the console, or null.</param>
/// <param name="Verbose">Whether debug lines are logged.</param>
/// <param name="ShowHelp">Print <see cref="Usage"/> and do nothing else.</param>
internal sealed record CommandLine(
    string? PropertiesFile, IReadOnlyList<KeyValuePair<string, string>> Overrides, string? JsonLogFile, bool Verbose, bool ShowHelp)
{
    public const string Usage =
        """
        ClassicBroker.Broker [server.properties] [--override key=value]... [--log-json FILE] [--verbose]

          server.properties     Kafka's names; see docs/operations/configuration.md
          --override key=value  a setting that wins over the file and over CLASSIC_... variables; may be repeated
          --log-json FILE       log lines also as compact JSON, for log collectors
          --verbose             debug lines too

        Exit codes: 0 stopped when asked, 1 could not start or failed, 2 the configuration is wrong.
        """;

    /// <exception cref="ConfigurationException">An argument is not understood.</exception>
    public static CommandLine Parse(IReadOnlyList<string> args)
    {
        string? file = null, json = null;
        bool verbose = false, help = false;
        var overrides = new List<KeyValuePair<string, string>>();
        var problems = new List<string>();
        for (var i = 0; i < args.Count; i++)
        {
            switch (args[i])
            {
                case "--help" or "-h":
                    help = true;
                    break;
                case "--verbose":
                    verbose = true;
                    break;
                case "--override" when i + 1 < args.Count && args[i + 1].IndexOf('=') is var equals and > 0:
                    i++;
                    overrides.Add(new(args[i][..equals].Trim(), args[i][(equals + 1)..]));
                    break;
                case "--log-json" when i + 1 < args.Count:
                    json = args[++i];
                    break;
                case var option when option.StartsWith('-'):
                    problems.Add($"{option} is not understood{(option is "--override" ? "; allowed: --override key=value" : "")}");
                    break;
                case var path when file is null:
                    file = path;
                    break;
                case var extra:
                    problems.Add($"{extra} is one argument too many: there is one properties file, {file}");
                    break;
            }
        }

        return problems.Count == 0 ? new CommandLine(file, overrides, json, verbose, help) : throw new ConfigurationException(problems);
    }
}
