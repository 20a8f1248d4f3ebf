using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Groups;

/// <summary>
/// The head of what consumers tell each other when they join; the broker reads it only to know which topics a group still reads.
/// <code>
/// int16 version, array of topic names, …     (nullable user data, owned partitions, generation, rack: not read here)
/// </code>
/// Source: ConsumerProtocolSubscription.json.
/// </summary>
internal static class ConsumerSubscription
{
    public const string ProtocolType = "consumer";

    /// <summary>Null when the bytes are no subscription.</summary>
    public static IReadOnlyList<string>? Topics(byte[] metadata)
    {
        if (VersionOf(metadata) < 0) return null;
        try
        {
            return MessageCodec.FromBytes<Head>(metadata.AsMemory(2), 0, flexible: false).Topics;
        }
        catch (ProtocolException)
        {
            return null;
        }
    }

    private static int VersionOf(byte[] metadata) =>
        metadata.Length < 2 ? -1 : System.Buffers.Binary.BinaryPrimitives.ReadInt16BigEndian(metadata);

    private sealed class Head : IMessage
    {
        public List<string> Topics = [];

        public void Describe<F>(ref F f, short version) where F : struct, IFields, allows ref struct => f.StringArray(ref Topics);
    }
}
