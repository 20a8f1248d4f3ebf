using System.Text;

namespace ClassicBroker.Broker.Configuration;

/// <summary>
/// Reads the <c>server.properties</c> format as <c>java.util.Properties</c> defines it: one <c>key=value</c> per logical line,
/// separated by <c>=</c>, <c>:</c> or blanks; <c>#</c> and <c>!</c> begin comments; a backslash at the end of a line joins the next
/// one; <c>\t \n \r \f \uXXXX</c> are escapes and any other escaped character stands for itself. The last of two equal keys wins.
/// </summary>
public static class JavaProperties
{
    /// <summary>Keys and values in file order. Never throws on odd input: an unfinished escape is read literally, as Java reads it.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Parse(string text)
    {
        var settings = new List<KeyValuePair<string, string>>();
        foreach (var line in LogicalLines(text))
        {
            var end = KeyEnd(line);
            var value = end;
            while (value < line.Length && IsBlank(line[value]))
            {
                value++;
            }

            if (value < line.Length && line[value] is '=' or ':')
            {
                value++;
                while (value < line.Length && IsBlank(line[value]))
                {
                    value++;
                }
            }

            settings.Add(new(Unescape(line.AsSpan(0, end)), Unescape(line.AsSpan(Math.Min(value, line.Length)))));
        }

        return settings;
    }

    private static IEnumerable<string> LogicalLines(string text)
    {
        StringBuilder? joined = null;
        foreach (var natural in text.Split(["\r\n", "\n", "\r"], StringSplitOptions.None))
        {
            var line = natural.TrimStart(' ', '\t', '\f');
            if (joined is null && (line.Length == 0 || line[0] is '#' or '!'))
            {
                continue;
            }

            joined ??= new StringBuilder();
            if (EndsWithContinuation(line))
            {
                joined.Append(line, 0, line.Length - 1);
                continue;
            }

            joined.Append(line);
            yield return joined.ToString();
            joined = null;
        }

        if (joined is { Length: > 0 })
        {
            yield return joined.ToString();
        }
    }

    private static bool EndsWithContinuation(string line)
    {
        var backslashes = 0;
        for (var i = line.Length - 1; i >= 0 && line[i] == '\\'; i--)
        {
            backslashes++;
        }

        return backslashes % 2 == 1;
    }

    private static int KeyEnd(string line)
    {
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] == '\\')
            {
                i++;
            }
            else if (line[i] is '=' or ':' || IsBlank(line[i]))
            {
                return i;
            }
        }

        return line.Length;
    }

    private static string Unescape(ReadOnlySpan<char> text)
    {
        if (!text.Contains('\\'))
        {
            return text.ToString();
        }

        var plain = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || i + 1 == text.Length)
            {
                plain.Append(text[i]);
                continue;
            }

            var escaped = text[++i];
            if (escaped == 'u' && i + 4 < text.Length
                && ushort.TryParse(text.Slice(i + 1, 4), System.Globalization.NumberStyles.HexNumber, null, out var code))
            {
                plain.Append((char)code);
                i += 4;
                continue;
            }

            plain.Append(escaped switch { 't' => '\t', 'n' => '\n', 'r' => '\r', 'f' => '\f', _ => escaped });
        }

        return plain.ToString();
    }

    private static bool IsBlank(char c) => c is ' ' or '\t' or '\f';
}
