using System.Text.RegularExpressions;

namespace ClassicBroker.Unit.Tidy;

/// <summary>The documents stay true to the repository: their links lead somewhere, their samples are commands there are.</summary>
public partial class DocumentTests
{
    [Fact]
    public void Every_link_leads_somewhere() => Rule.Holds(
        "A dead link ends a reader's way. Mend it or take it out.",
        from path in Documents()
        from Match link in Link().Matches(WithoutFences(SourceTree.Read(path)))
        let target = link.Groups[1].Value
        where !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith("mailto:", StringComparison.Ordinal)
        let file = target.Split('#')[0]
        let full = Path.GetFullPath(Path.Combine(SourceTree.Root, Path.GetDirectoryName(path)!, file))
        where file.Length > 0 ? !File.Exists(full) && !Directory.Exists(full) : !Anchors(path).Contains(target[1..])
        select $"{path}: {target}");

    [Fact]
    public void Every_file_a_document_names_exists() => Rule.Holds(
        "A document that names a file nobody finds is worse than none: it was true once.",
        from path in Documents()
        from Match name in FileName().Matches(SourceTree.Read(path))
        let file = name.Groups[1].Value
        where !File.Exists(Path.Combine(SourceTree.Root, file)) && !Directory.Exists(Path.Combine(SourceTree.Root, file))
        select $"{path}: {file}");

    [Fact]
    public void Every_classic_command_in_a_document_is_a_command_of_the_tool()
    {
        var verbs = Verbs().ToHashSet();
        Rule.Holds(
            "A sample that does not run is the first thing a new user meets. Every ./classic VERB in a document must be in ./classic --help.",
            from path in Documents()
            from Match used in ClassicVerb().Matches(SourceTree.Read(path))
            where !verbs.Contains(used.Groups[1].Value)
            select $"{path}: {used.Value}");
    }

    [Fact]
    public void The_readme_names_every_command_of_the_tool()
    {
        var readme = SourceTree.Read("README.md");
        Rule.Holds(
            "A command nobody is told of is not used.",
            from verb in Verbs()
            where !readme.Contains($"classic {verb}", StringComparison.Ordinal)
            select verb);
    }

    // One command per file, named like it: Commands/UpCommand.cs is "up".
    private static IEnumerable<string> Verbs() =>
        Directory.GetFiles(Path.Combine(SourceTree.Root, "src/Cli/Commands"), "*Command.cs")
            .Select(file => Path.GetFileNameWithoutExtension(file)[..^"Command".Length].ToLowerInvariant());

    private static IEnumerable<string> Documents() => SourceTree.Files().Where(f => f.EndsWith(".md", StringComparison.Ordinal));

    private static HashSet<string> Anchors(string path) =>
        [.. Heading().Matches(SourceTree.Read(path)).Select(m => Punctuation().Replace(m.Groups[1].Value.ToLowerInvariant(), "").Trim().Replace(' ', '-'))];

    private static string WithoutFences(string text) => Fence().Replace(text, "");

    [GeneratedRegex(@"\[[^\]]*\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("```.*?```", RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"`((?:src|tests|docs|bench|zk-ensemble)/[\w./-]+)`")]
    private static partial Regex FileName();

    [GeneratedRegex(@"\./classic ([a-z]+)")]
    private static partial Regex ClassicVerb();

    [GeneratedRegex(@"^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\s-]")]
    private static partial Regex Punctuation();
}
