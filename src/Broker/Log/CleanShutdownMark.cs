using System.Globalization;
using System.Text;

namespace ClassicBroker.Broker.Log;

/// <summary>
/// The mark of an orderly stop, <c>.kafka_cleanshutdown</c>: written last of all, when everything is flushed and checkpointed, and
/// removed first of all at the next start. While it stands, logs are opened without scanning. Kafka asks only whether it is there;
/// the content is the JSON Kafka 3.9 writes, <c>{"version":0,"brokerEpoch":n}</c>.
/// Source: storage/…/checkpoint/CleanShutdownFileHandler.java.
/// </summary>
internal static class CleanShutdownMark
{
    public const string FileName = ".kafka_cleanshutdown";

    /// <summary>Whether the mark stood; it no longer does.</summary>
    public static bool Take(ILogFiles files, string directory)
    {
        var path = Path.Combine(directory, FileName);
        if (!files.FileExists(path))
            return false;
        // an empty mark is what 2.8 writes; a cut one is a crash while writing it, which the rename makes impossible
        files.DeleteFile(path);
        files.FlushDirectory(directory);
        return true;
    }

    public static void Write(ILogFiles files, string directory, long brokerEpoch) =>
        files.ReplaceFile(Path.Combine(directory, FileName),
            Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"version\":0,\"brokerEpoch\":{brokerEpoch}}}")));
}
