using System.Reflection;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Unit.Protocol;

/// <summary>Reads and writes one message type without naming it: the tests walk over all of them.</summary>
public abstract class MessageProbe
{
    private static readonly Dictionary<string, MessageProbe> Probes = typeof(IMessage).Assembly.GetTypes()
        .Where(type => type is { IsClass: true, IsNested: false, IsAbstract: false } && type.IsAssignableTo(typeof(IMessage)))
        .ToDictionary(type => type.Name, type => (MessageProbe)Activator.CreateInstance(typeof(Probe<>).MakeGenericType(type))!);

    public static IReadOnlyCollection<string> Names => Probes.Keys;

    public static MessageProbe Of(string message) => Probes[message];

    public abstract (IMessage Message, int BytesRead, int SkippedTags) Read(Memory<byte> bytes, short version, bool flexible);

    public abstract byte[] Write(IMessage message, short version, bool flexible);

    /// <summary>The constant of <see cref="IRequest{TResponse}"/> named so; null for a response.</summary>
    public abstract object? RequestConstant(string name);

    private sealed class Probe<T> : MessageProbe where T : IMessage, new()
    {
        public override (IMessage, int, int) Read(Memory<byte> bytes, short version, bool flexible)
        {
            var message = new T();
            var reader = new FieldReader(bytes, version, flexible);
            message.Describe(ref reader, version);
            return (message, reader.Position, reader.SkippedTags);
        }

        public override byte[] Write(IMessage message, short version, bool flexible) => MessageCodec.ToBytes((T)message, version, flexible);

        public override object? RequestConstant(string name) =>
            typeof(T).GetProperty(name, BindingFlags.Public | BindingFlags.Static)?.GetValue(null);
    }
}
