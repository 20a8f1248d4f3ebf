namespace ClassicBroker.Broker.Log.Inspection;

/// <summary>A place in a file that is not as it should be.</summary>
/// <param name="File">path of the file</param>
/// <param name="Position">byte in the file; of a text file, its line</param>
/// <param name="Offset">record offset it concerns, null when it concerns none</param>
/// <param name="What">what is wrong</param>
/// <param name="Meaning">what follows from it for readers and for the next start</param>
public sealed record LogFlaw(string File, long Position, long? Offset, string What, string Meaning);
