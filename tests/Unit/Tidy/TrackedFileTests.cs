using System.Text.RegularExpressions;

namespace ClassicBroker.Unit.Tidy;

/// <summary>What must not be in any file of the repository.</summary>
public partial class TrackedFileTests
{
    private static readonly string[] NotText = [".png", ".jpg", ".ico", ".bin", ".gz", ".zst", ".jsonl", ".golden", ".hex", ".log"];

    [Fact]
    public void No_file_names_a_machine_or_a_registry() => Rule.Holds(
        "A path of one machine or the address of one package feed breaks the clone of everybody else. Say it relative to the repository, or leave it to the user's configuration.",
        from path in SourceTree.Files()
        where !NotText.Contains(Path.GetExtension(path)) && !path.EndsWith("TrackedFileTests.cs", StringComparison.Ordinal)
        from line in SourceTree.Read(path).Split('\n').Select((text, index) => (Text: text, Number: index + 1))
        let found = MachinePath().Match(line.Text) is { Success: true } m ? m : RegistryHost().Match(line.Text)
        where found.Success
        select $"{path}:{line.Number}: {found.Value}");

    [GeneratedRegex(@"(?<![\w.$}])/(?:(?:work|home|Users)/[\w.]+|root/\.)")]
    private static partial Regex MachinePath();

    [GeneratedRegex(@"https?://[^ ""<>)]*(api\.nuget\.org|registry\.npmjs|pypi\.org|files\.pythonhosted|artifactory|deb\.debian\.org|mirror\.)[^ ""<>)]*", RegexOptions.IgnoreCase)]
    private static partial Regex RegistryHost();
}
