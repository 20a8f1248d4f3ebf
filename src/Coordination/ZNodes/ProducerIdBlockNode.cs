using System.Globalization;

namespace ClassicBroker.Coordination.ZNodes;

/// <summary>
/// <c>/latest_producer_id_block</c>, persistent: the last block of producer ids given away, both ends included.
/// <code>{"version":1,"broker":1,"block_start":"0","block_end":"999"}</code>
/// The numbers are strings. The znode exists empty from the first start on: no block yet.
/// </summary>
public sealed record ProducerIdBlockNode(int BrokerId, long Start, long End)
{
    public const string Path = "/latest_producer_id_block";

    public byte[] Encode() => ZNodeJson.Write(json =>
    {
        json.WriteNumber("version", 1);
        json.WriteNumber("broker", BrokerId);
        json.WriteString("block_start", Start.ToString(CultureInfo.InvariantCulture));
        json.WriteString("block_end", End.ToString(CultureInfo.InvariantCulture));
    });

    /// <summary>Null for the empty znode of a cluster that has given no block away.</summary>
    public static ProducerIdBlockNode? Decode(ReadOnlySpan<byte> data) => data.IsEmpty ? null : ZNodeJson.Read(Path, data, json =>
        new ProducerIdBlockNode(
            json.GetProperty("broker").GetInt32(),
            long.Parse(json.GetProperty("block_start").GetString() ?? "", CultureInfo.InvariantCulture),
            long.Parse(json.GetProperty("block_end").GetString() ?? "", CultureInfo.InvariantCulture)));
}
