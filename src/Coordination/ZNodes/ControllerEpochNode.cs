using System.Globalization;
using System.Text;

namespace ClassicBroker.Coordination.ZNodes;

/// <summary>
/// <c>/controller_epoch</c>, persistent: how many controllers there have been. Plain decimal text, no JSON: <c>7</c>.
/// The version of this znode is the fencing token: every write of a controller carries a check that it has not moved.
/// </summary>
public static class ControllerEpochNode
{
    public const string Path = "/controller_epoch";

    public static byte[] Encode(ControllerEpoch epoch) => Encoding.ASCII.GetBytes(epoch.ToString());

    public static ControllerEpoch Decode(ReadOnlySpan<byte> data) =>
        int.TryParse(data, NumberStyles.None, CultureInfo.InvariantCulture, out int epoch)
            ? new ControllerEpoch(epoch)
            : throw new ZNodeFormatException(Path, "a decimal number was expected.");
}
