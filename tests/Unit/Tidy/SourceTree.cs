using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace ClassicBroker.Unit.Tidy;

/// <summary>The repository as the tidy tests see it: its files, and its C# files parsed once and shared by all tests.</summary>
internal static class SourceTree
{
    private static readonly string[] NotOurs = ["bin", "obj", ".git", "artifacts", ".classic", "TestResults", "BenchmarkDotNet.Artifacts"];

    private static readonly Lazy<IReadOnlyList<SourceFile>> Parsed = new(() =>
        [.. CSharpFiles("src").Concat(CSharpFiles("tests")).Concat(CSharpFiles("bench")).AsParallel().Select(Parse).OrderBy(f => f.Path, StringComparer.Ordinal)]);

    /// <summary>The folder with ClassicBroker.sln in it.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Every C# file of src, tests and bench.</summary>
    public static IReadOnlyList<SourceFile> All => Parsed.Value;

    /// <summary>The C# files of src alone.</summary>
    public static IEnumerable<SourceFile> Product => All.Where(f => f.Path.StartsWith("src/", StringComparison.Ordinal));

    /// <summary>Every file that belongs to the repository, as a path relative to its root with forward slashes.</summary>
    public static IEnumerable<string> Files() => Walk(new DirectoryInfo(Root)).Select(f => Relative(f.FullName));

    /// <summary>Full text of a file given by its relative path.</summary>
    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    private static IEnumerable<string> CSharpFiles(string folder)
    {
        var start = new DirectoryInfo(Path.Combine(Root, folder));
        return start.Exists ? Walk(start).Where(f => f.Extension == ".cs").Select(f => f.FullName) : [];
    }

    private static IEnumerable<FileInfo> Walk(DirectoryInfo folder)
    {
        foreach (var file in folder.EnumerateFiles())
            if (file.Name != ".git") // in a worktree .git is a file that names the machine
                yield return file;
        foreach (var below in folder.EnumerateDirectories().Where(d => !NotOurs.Contains(d.Name)))
            foreach (var file in Walk(below))
                yield return file;
    }

    private static SourceFile Parse(string file)
    {
        var text = File.ReadAllText(file);
        var options = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Preview).WithDocumentationMode(DocumentationMode.None);
        return new SourceFile(Relative(file), text, CSharpSyntaxTree.ParseText(text, options).GetRoot());
    }

    private static string Relative(string file) => Path.GetRelativePath(Root, file).Replace('\\', '/');

    private static string FindRoot()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
            if (File.Exists(Path.Combine(at.FullName, "ClassicBroker.sln")))
                return at.FullName;
        throw new InvalidOperationException($"ClassicBroker.sln was not found above {AppContext.BaseDirectory}.");
    }
}

/// <summary>One parsed file.</summary>
/// <param name="Path">Relative to the repository, with forward slashes.</param>
/// <param name="Text">Its text.</param>
/// <param name="Syntax">Its syntax tree.</param>
internal sealed record SourceFile(string Path, string Text, SyntaxNode Syntax)
{
    /// <summary>"src/Broker/Log/X.cs:12" for messages.</summary>
    public string At(SyntaxNode node) => $"{Path}:{node.GetLocation().GetLineSpan().StartLinePosition.Line + 1}";

    /// <summary>Lines of the file, as an editor counts them.</summary>
    public int Lines => Text.Count(c => c == '\n') + (Text.EndsWith('\n') ? 0 : 1);
}
