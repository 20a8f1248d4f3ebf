namespace ClassicBroker.Cli;

/// <summary>How results are printed.</summary>
internal enum OutputFormat
{
    /// <summary>For people.</summary>
    Table,

    /// <summary>For scripts: one JSON document on standard output and nothing else.</summary>
    Json,
}
