namespace ClassicBroker.Unit.Tidy;

/// <summary>Fails with everything that breaks a rule at once, and with the reason the rule exists.</summary>
internal static class Rule
{
    public static void Holds(string why, IEnumerable<string> broken)
    {
        var found = broken.Order(StringComparer.Ordinal).ToList();
        if (found.Count > 0) Assert.Fail($"{why}\n  {string.Join("\n  ", found)}");
    }
}
