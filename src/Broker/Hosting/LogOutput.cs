using System.Globalization;
using Serilog;
using Serilog.Events;
using Serilog.Formatting.Compact;

namespace ClassicBroker.Broker.Hosting;

/// <summary>Where log lines go: the console for people, and on request a file of compact JSON for collectors.</summary>
internal static class LogOutput
{
    private const string Line = "{Timestamp:yyyy-MM-dd HH:mm:ss.fff} {Level:u3} {SourceContext} {Message:lj}{NewLine}{Exception}";

    /// <summary>A JSON file is rolled at this size ...</summary>
    private const long JsonFileBytes = 100L * 1024 * 1024;

    /// <summary>... and this many are kept, so that logs cannot fill the disk.</summary>
    private const int JsonFilesKept = 5;

    public static Serilog.Core.Logger Create(string? jsonFile, bool verbose)
    {
        var configuration = new LoggerConfiguration()
            .MinimumLevel.Is(verbose ? LogEventLevel.Debug : LogEventLevel.Information)
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
            .WriteTo.Console(outputTemplate: Line, formatProvider: CultureInfo.InvariantCulture);
        if (jsonFile is not null)
        {
            configuration.WriteTo.File(
                new CompactJsonFormatter(), jsonFile, fileSizeLimitBytes: JsonFileBytes, rollOnFileSizeLimit: true, retainedFileCountLimit: JsonFilesKept);
        }

        return configuration.CreateLogger();
    }
}
