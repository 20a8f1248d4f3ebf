using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace ClassicBroker.Cli;

/// <summary>
/// Where a command prints. Results go to standard output, as tables or as one JSON document; everything said on the way
/// goes to standard error, so that a pipe carries results only.
/// </summary>
internal sealed class Screen(OutputFormat format)
{
    // Without a terminal the width is unknown and lines would be broken at 80: a table read by grep needs whole lines.
    private const int WidthWithoutTerminal = 8192;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    private readonly IAnsiConsole _out = To(Console.Out, Console.IsOutputRedirected);
    private readonly IAnsiConsole _err = To(Console.Error, Console.IsErrorRedirected);

    /// <summary>True when the result is to be JSON.</summary>
    public bool IsJson => format == OutputFormat.Json;

    /// <summary>Prints the result: the value as JSON, or what <paramref name="draw"/> makes of it.</summary>
    public void Show<T>(T result, Action<IAnsiConsole, T> draw)
    {
        if (IsJson) Console.Out.WriteLine(JsonSerializer.Serialize(result, Json));
        else draw(_out, result);
    }

    /// <summary>One line about what is going on; not part of the result.</summary>
    public void Say(string line) => _err.WriteLine(line);

    /// <summary>Shows a spinner with changing words while something is awaited; plain lines when nobody watches.</summary>
    public async Task<T> WhileAsync<T>(string what, Func<Action<string>, Task<T>> work)
    {
        if (Console.IsErrorRedirected)
        {
            Say(what);
            return await work(Say).ConfigureAwait(false);
        }

        return await _err.Status().StartAsync(what, status => work(words => status.Status(Markup.Escape(words)))).ConfigureAwait(false);
    }

    /// <summary>An empty table in the tool's one style.</summary>
    public static Table Table(params ReadOnlySpan<string> columns)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var column in columns) table.AddColumn(new TableColumn(Markup.Escape(column)));
        return table;
    }

    private static IAnsiConsole To(TextWriter writer, bool redirected)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        if (redirected) console.Profile.Width = WidthWithoutTerminal;
        return console;
    }
}
