using System.Buffers.Text;
using System.Text;

namespace ClassicBroker.Broker.Log;

/// <summary>
/// The topic id a partition directory belongs to, so that a topic deleted and created again is not taken for the old one.
/// <code>
/// partition.metadata, text: "version: 0", newline, "topic_id: " and the id as 22 characters of URL-safe base64, no newline after it
/// </code>
/// Source: storage/…/checkpoint/PartitionMetadataFile.java (KIP-516).
/// </summary>
internal static class PartitionMetadataFile
{
    public const string FileName = "partition.metadata";

    /// <summary>The topic id; null when there is no file. LogStorageException when there is one that makes no sense.</summary>
    public static Guid? Read(ILogFiles files, string directory)
    {
        var path = Path.Combine(directory, FileName);
        if (!files.FileExists(path))
            return null;
        foreach (var line in Encoding.UTF8.GetString(files.ReadAllBytes(path)).Split('\n'))
        {
            if (line.StartsWith("topic_id:", StringComparison.Ordinal))
            {
                var bytes = new byte[16];
                var text = line.AsSpan(9).Trim();
                if (Base64Url.IsValid(text, out var length) && length == 16 && Base64Url.TryDecodeFromChars(text, bytes, out _))
                    return new Guid(bytes, bigEndian: true);
            }
        }
        throw new LogStorageException($"{path} does not hold a topic id.");
    }

    /// <summary>As <see cref="Read"/>, but a file that makes no sense is as none: the next order of the controller names the id again.</summary>
    public static Guid? ReadOrNone(ILogFiles files, string directory, ILogger logger)
    {
        try
        {
            return Read(files, directory);
        }
        catch (LogStorageException e)
        {
            logger.LogWarning("{Message} It is ignored until the controller names the id again", e.Message);
            return null;
        }
    }

    public static void Write(ILogFiles files, string directory, Guid topicId) =>
        files.ReplaceFile(Path.Combine(directory, FileName),
            Encoding.UTF8.GetBytes($"version: 0\ntopic_id: {Base64Url.EncodeToString(topicId.ToByteArray(bigEndian: true))}"));
}
