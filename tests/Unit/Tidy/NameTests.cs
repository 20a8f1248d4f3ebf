using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ClassicBroker.Unit.Tidy;

/// <summary>Names, and where the types that bear them lie.</summary>
public class NameTests
{
    private static readonly string[] WordsWithoutAJob = ["Manager", "Helper", "Helpers", "Util", "Utils", "Utility", "Common", "Base", "Impl", "Misc", "Infrastructure"];

    [Fact]
    public void No_type_or_folder_is_named_by_a_word_without_a_job() => Rule.Holds(
        "Such a word names no job, so everything fits in and nothing is found again. Name what it does.",
        (from file in SourceTree.Product
         from type in file.Syntax.DescendantNodes().OfType<BaseTypeDeclarationSyntax>()
         let word = WordsWithoutAJob.FirstOrDefault(w => Words(type.Identifier.Text).Contains(w))
         where word is not null && !IsFieldsWord(type.Identifier.Text)
         select $"{file.At(type)}: {type.Identifier.Text} ({word})")
        .Concat(
            from file in SourceTree.Product
            from folder in file.Path.Split('/')[..^1]
            where WordsWithoutAJob.Contains(folder)
            select $"{file.Path}: folder {folder}"));

    [Fact]
    public void A_file_has_one_public_type_and_its_name() => Rule.Holds(
        "A reader finds a type by its file. One public type per file, named like it; small companions (records, enums, delegates of at most 25 lines) may live beside it.",
        from file in SourceTree.Product
        where !file.Path.StartsWith("src/Clients/Protocol/Messages/", StringComparison.Ordinal)
        let large = TopLevel(file).Where(t => t.Modifiers.Any(SyntaxKind.PublicKeyword) && !IsCompanion(t)).ToList()
        let name = Path.GetFileNameWithoutExtension(file.Path)
        where large.Select(t => t.Identifier.Text).Distinct().Count() > 1
              || (large.Count == 1 && large[0].Identifier.Text != name && !TopLevel(file).Any(t => t.Identifier.Text == name) && !name.StartsWith(large[0].Identifier.Text + ".", StringComparison.Ordinal))
        select $"{file.Path}: {string.Join(", ", large.Select(t => t.Identifier.Text).Distinct())}");

    // "base offset", "BaseSequence": the field's own words, not ours.
    private static bool IsFieldsWord(string name) => name.Contains("BaseOffset", StringComparison.Ordinal);

    // An order of the control plane and its answer are one message in two directions; they are read together.
    private static bool IsCompanion(BaseTypeDeclarationSyntax type)
    {
        if (type.AttributeLists.ToString().Contains("MessagePackObject", StringComparison.Ordinal)) return true;
        var span = type.GetLocation().GetLineSpan();
        return span.EndLinePosition.Line - span.StartLinePosition.Line < 25
               && (type is RecordDeclarationSyntax or EnumDeclarationSyntax or InterfaceDeclarationSyntax or StructDeclarationSyntax
                   || type.BaseList?.Types.Any(b => b.ToString().Contains("Exception", StringComparison.Ordinal)) == true);
    }

    private static IEnumerable<BaseTypeDeclarationSyntax> TopLevel(SourceFile file) =>
        file.Syntax.DescendantNodes(n => n is CompilationUnitSyntax or BaseNamespaceDeclarationSyntax).OfType<BaseTypeDeclarationSyntax>();

    private static HashSet<string> Words(string name)
    {
        var words = new HashSet<string>(StringComparer.Ordinal);
        var start = 0;
        for (var i = 1; i <= name.Length; i++)
            if (i == name.Length || char.IsUpper(name[i]))
            {
                words.Add(name[start..i]);
                start = i;
            }

        return words;
    }
}
