using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ClassicBroker.Unit.Tidy;

/// <summary>
/// Lengths. What was over the limit when the rule came is in ratchet.txt with its length: it may shrink, never grow, and
/// leaves the list when it is short enough. Lines of the list: <c>length path</c> or <c>length path method</c>.
/// </summary>
public class LengthTests
{
    private const int FileLimit = 400;
    private const int MethodLimit = 60;

    [Fact]
    public void No_file_in_src_outgrows_one_reason_to_exist()
    {
        var allowed = Ratchet();
        Rule.Holds(
            $"A file past {FileLimit} lines has two reasons to exist: split it by the verb. (Never raise a number in ratchet.txt.)",
            SourceTree.Product
                .Where(f => f.Lines > allowed.GetValueOrDefault(f.Path, FileLimit))
                .Select(f => $"{f.Path}: {f.Lines} lines, allowed {allowed.GetValueOrDefault(f.Path, FileLimit)}"));
    }

    [Fact]
    public void No_method_in_src_needs_scrolling()
    {
        var allowed = Ratchet();
        Rule.Holds(
            $"A method past {MethodLimit} lines cannot be seen at once, so nobody checks it whole: name its steps. (Never raise a number in ratchet.txt.)",
            from file in SourceTree.Product
            from method in Methods(file)
            let limit = allowed.GetValueOrDefault($"{file.Path} {method.Name}", MethodLimit)
            where method.Lines > limit
            select $"{file.At(method.Node)} {method.Name}: {method.Lines} lines, allowed {limit}");
    }

    [Fact]
    public void The_ratchet_lists_only_what_is_still_too_long()
    {
        var lengths = SourceTree.Product.ToDictionary(f => f.Path, f => f.Lines);
        foreach (var file in SourceTree.Product)
            foreach (var method in Methods(file))
                lengths[$"{file.Path} {method.Name}"] = Math.Max(method.Lines, lengths.GetValueOrDefault($"{file.Path} {method.Name}"));
        Rule.Holds(
            "A number in ratchet.txt above the true length would let the code grow again: lower it, or take the line out when it fits the limit.",
            Ratchet()
                .Where(r => lengths.GetValueOrDefault(r.Key) < r.Value || r.Value <= (r.Key.Contains(' ') ? MethodLimit : FileLimit))
                .Select(r => $"{r.Key}: listed {r.Value}, is {lengths.GetValueOrDefault(r.Key)}"));
    }

    private static IEnumerable<(string Name, int Lines, SyntaxNode Node)> Methods(SourceFile file)
    {
        foreach (var node in file.Syntax.DescendantNodes())
        {
            var body = node switch
            {
                BaseMethodDeclarationSyntax method => (SyntaxNode?)method.Body ?? method.ExpressionBody,
                LocalFunctionStatementSyntax local => (SyntaxNode?)local.Body ?? local.ExpressionBody,
                AccessorDeclarationSyntax accessor => (SyntaxNode?)accessor.Body ?? accessor.ExpressionBody,
                _ => null,
            };
            if (body is null) continue;
            // A switch that is a table (one line per arm) is read like data, not like steps; it still counts: tables belong in fields.
            var span = body.GetLocation().GetLineSpan();
            yield return (Name(node), span.EndLinePosition.Line - span.StartLinePosition.Line + 1, node);
        }
    }

    private static string Name(SyntaxNode node) => node switch
    {
        MethodDeclarationSyntax method => method.Identifier.Text,
        ConstructorDeclarationSyntax constructor => constructor.Identifier.Text,
        LocalFunctionStatementSyntax local => local.Identifier.Text,
        AccessorDeclarationSyntax accessor => accessor.Keyword.Text,
        _ => node.GetType().Name,
    };

    private static Dictionary<string, int> Ratchet() =>
        SourceTree.Read("tests/Unit/Tidy/ratchet.txt").Split('\n')
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split(' ', 2))
            .ToDictionary(words => words[1], words => int.Parse(words[0], System.Globalization.CultureInfo.InvariantCulture));
}
