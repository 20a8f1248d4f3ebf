using System.Globalization;

namespace ClassicBroker.Bench.Log;

/// <summary>The results as a table for people, line by line as they come, and as CSV.</summary>
internal sealed class Report(TextWriter output, string? csvPath)
{
    private readonly List<string> _csv = ["name,unit,ours,limit,share,asked,met,least,most,limit_is"];

    public void Begin()
    {
        output.WriteLine($"{"measure",-52} {"unit",-6} {"ours",11} {"limit",11} {"share",7} {"asked",8}  the limit is");
        output.WriteLine(new string('-', 132));
    }

    public void Add(Rounds.Result result)
    {
        var m = result.Measure;
        var asked = m.Asked is not { } a ? "" : result.Limit is null ? $"{(m.LowerIsBetter ? "<=" : ">=")}{Number(a)}" : Percent(a);
        var verdict = result.Met switch { true => " ok", false => " SHORT", null => "" };
        output.WriteLine($"{m.Name,-52} {m.Unit,-6} {Number(result.Ours),11} {(result.Limit is { } l ? Number(l) : ""),11} "
            + $"{(result.Share is { } s ? Percent(s) : ""),7} {asked,8}{verdict,-6}  {m.LimitName}");
        _csv.Add(string.Join(',', $"\"{m.Name}\"", m.Unit, Plain(result.Ours), Plain(result.Limit), Plain(result.Share), Plain(m.Asked),
            result.Met?.ToString() ?? "", Plain(result.Least), Plain(result.Most), $"\"{m.LimitName}\""));
    }

    public void End()
    {
        if (csvPath is null)
            return;
        File.WriteAllLines(csvPath, _csv);
        output.WriteLine($"CSV: {csvPath}");
    }

    private static string Number(double value) => value.ToString(value >= 100 ? "N0" : value >= 10 ? "N1" : "N2", CultureInfo.InvariantCulture);

    private static string Percent(double share) => (share * 100).ToString("N0", CultureInfo.InvariantCulture) + " %";

    private static string Plain(double? value) => value?.ToString("R", CultureInfo.InvariantCulture) ?? "";
}
