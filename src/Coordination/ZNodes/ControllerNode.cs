using System.Globalization;

namespace ClassicBroker.Coordination.ZNodes;

/// <summary>
/// <c>/controller</c>, ephemeral: the broker that holds the controller's seat.
/// <code>{"version":2,"brokerid":1,"timestamp":"1700000000000","kraftControllerEpoch":-1}</code>
/// The timestamp is a string; version 1 has no <c>kraftControllerEpoch</c>.
/// </summary>
public static class ControllerNode
{
    public const string Path = "/controller";

    public static byte[] Encode(int brokerId, long timestampMs) => ZNodeJson.Write(json =>
    {
        json.WriteNumber("version", 2);
        json.WriteNumber("brokerid", brokerId);
        json.WriteString("timestamp", timestampMs.ToString(CultureInfo.InvariantCulture));
        json.WriteNumber("kraftControllerEpoch", -1);
    });

    /// <summary>The id of the broker that is controller.</summary>
    public static int Decode(ReadOnlySpan<byte> data) => ZNodeJson.Read(Path, data, json => json.GetProperty("brokerid").GetInt32());
}
