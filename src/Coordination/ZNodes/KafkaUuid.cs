using System.Buffers.Text;

namespace ClassicBroker.Coordination.ZNodes;

/// <summary>
/// Kafka writes its ids (cluster id, topic id) as url-safe base64 without padding of the 16 bytes, most significant first:
/// always 22 characters.
/// </summary>
public static class KafkaUuid
{
    public static string Format(Guid id) => Base64Url.EncodeToString(id.ToByteArray(bigEndian: true));

    /// <exception cref="FormatException">when the text is not such an id.</exception>
    public static Guid Parse(string text)
    {
        byte[] bytes = Base64Url.DecodeFromChars(text);
        return bytes.Length == 16 ? new Guid(bytes, bigEndian: true) : throw new FormatException($"'{text}' is not a 22 character id.");
    }

    /// <summary>
    /// A fresh topic id. Kafka reserves the ids 0 and 1 and tools dislike an id that starts with a dash (it looks like an option),
    /// so those are thrown again.
    /// </summary>
    public static Guid Fresh()
    {
        while (true)
        {
            var id = Guid.NewGuid();
            if (id != Guid.Empty && Format(id)[0] != '-') return id;
        }
    }
}
