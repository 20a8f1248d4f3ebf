namespace ClassicBroker.Cli;

/// <summary>Settings given as KEY=VALUE words.</summary>
internal static class KeyValues
{
    /// <summary>The words as a dictionary; of a key given twice the last wins.</summary>
    /// <exception cref="UsageException">A word without "=" or without a key.</exception>
    public static IReadOnlyDictionary<string, string> Parse(string option, IReadOnlyList<string> words)
    {
        var values = new Dictionary<string, string>();
        foreach (var word in words)
        {
            var equals = word.IndexOf('=');
            if (equals < 1) throw new UsageException($"{option} \"{word}\" is not KEY=VALUE, for instance {option} min.insync.replicas=2");
            values[word[..equals]] = word[(equals + 1)..];
        }

        return values;
    }
}
