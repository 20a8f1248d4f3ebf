using System.Globalization;
using System.Text;

namespace ClassicBroker.Broker.Log.Inspection;

/// <summary>One line of a dump: names and values in order. A value is a number, a text, true or false, or a list of texts.</summary>
/// <param name="Fields">in the order they are shown</param>
/// <param name="IsRecord">belongs to the batch line above it</param>
public sealed record DumpLine(IReadOnlyList<KeyValuePair<string, object?>> Fields, bool IsRecord = false)
{
    /// <summary>"name: value" after "name: value"; control characters are shown, not sent to a terminal.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var (name, value) in Fields)
        {
            text.Append(text.Length > 0 ? " " : IsRecord ? "| " : "");
            if (name != "line")
                text.Append(name).Append(": ");
            Show(text, value switch
            {
                bool truth => truth ? "true" : "false",
                string[] list => $"[{string.Join(',', list)}]",
                _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
            });
        }
        return text.ToString();
    }

    private static void Show(StringBuilder text, string value)
    {
        foreach (var c in value)
        {
            if (char.IsControl(c))
                text.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:X2}");
            else
                text.Append(c);
        }
    }
}
