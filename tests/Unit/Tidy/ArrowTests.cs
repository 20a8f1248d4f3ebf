using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ClassicBroker.Unit.Tidy;

/// <summary>Who may know whom. ARCHITECTURE.md draws the same arrows; this is what keeps the drawing true.</summary>
public class ArrowTests
{
    private const string Why =
        "Dependencies run one way, so that each floor can be read, tested and changed without the ones above (ARCHITECTURE.md). Turn the arrow around: let the lower one offer an event, a result or an interface.";

    // A folder (as namespace below ClassicBroker) and the namespaces it must not mention. The longest matching folder wins, with its parents' rules.
    private static readonly Dictionary<string, string[]> Forbidden = new()
    {
        ["Coordination"] = ["Clients", "Broker", "Testing", "Cli"],
        ["Coordination.ZooKeeper"] = ["Coordination.ZNodes"],
        ["Clients"] = ["Coordination", "Broker", "Testing", "Cli"],
        ["Clients.Protocol"] = ["Clients.Network", "Clients.Metadata", "Clients.Producer", "Clients.Consumer", "Clients.Admin", "Clients.Serialization", "Clients.Records"],
        ["Clients.Records"] = ["Clients.Network", "Clients.Metadata", "Clients.Producer", "Clients.Consumer", "Clients.Admin", "Clients.Serialization"],
        ["Clients.Network"] = ["Clients.Metadata", "Clients.Producer", "Clients.Consumer", "Clients.Admin", "Clients.Serialization"],
        ["Clients.Metadata"] = ["Clients.Producer", "Clients.Consumer", "Clients.Admin", "Clients.Serialization"],
        ["Broker"] = ["Testing", "Cli"],
        ["Broker.Log"] = ["Broker.Replication", "Broker.Controller", "Broker.ControlPlane", "Broker.Api", "Broker.Network", "Broker.Hosting", "Broker.Metadata", "Broker.Groups", "Broker.Transactions", "Coordination"],
        ["Broker.Replication"] = ["Broker.Controller", "Broker.Api", "Broker.Network", "Broker.Hosting", "Broker.Groups", "Broker.Transactions"],
        ["Broker.Controller"] = ["Broker.Replication", "Broker.Log", "Broker.Api", "Broker.Network", "Broker.Hosting", "Broker.Groups", "Broker.Transactions"],
        ["Broker.ControlPlane"] = ["Broker.Replication", "Broker.Log", "Broker.Controller", "Broker.Api", "Broker.Network", "Broker.Hosting", "Broker.Metadata"],
        ["Broker.Metadata"] = ["Broker.Replication", "Broker.Log", "Broker.Controller", "Broker.Api", "Broker.Network", "Broker.Hosting"],
        ["Broker.Configuration"] = ["Broker.Replication", "Broker.Controller", "Broker.Api", "Broker.Network", "Broker.Hosting", "Broker.Metadata"],
        ["Broker.Groups"] = ["Broker.Controller", "Broker.Api", "Broker.Network", "Broker.Hosting"],
        ["Broker.Api"] = ["Broker.Network", "Broker.Hosting"],
        ["Broker.Network"] = ["Broker.Hosting", "Broker.Replication", "Broker.Log", "Broker.Controller"],
        ["Testing"] = ["Cli"],
    };

    [Fact]
    public void Dependencies_between_folders_run_one_way() => Rule.Holds(
        Why,
        from file in SourceTree.Product
        let folder = Folder(file.Path)
        from used in Mentioned(file)
        from rule in Forbidden
        where Inside(folder, rule.Key)
        from banned in rule.Value
        where Inside(used.Namespace, banned) && !Inside(folder, banned)
        select $"{file.At(used.Node)}: {folder} must not know {banned} (mentions {used.Namespace})");

    [Fact]
    public void A_namespace_is_the_folder_it_lies_in() => Rule.Holds(
        "A namespace that differs from its folder hides an arrow from the reader. (Testing is flat: its folders are shelves.)",
        from file in SourceTree.Product
        let declared = file.Syntax.DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>().FirstOrDefault()
        where declared is not null
        let folder = "ClassicBroker." + Folder(file.Path)
        let name = declared.Name.ToString()
        where !IsShelf(folder, name)
        select $"{file.At(declared)}: namespace {name} in folder {folder}");

    // A folder may be a mere shelf of the namespace above it (Testing/Cluster, ZooKeeper/Driver): then it has no arrows of its own.
    private static bool IsShelf(string folder, string name) =>
        folder == name || (folder.StartsWith(name + ".", StringComparison.Ordinal) && name.Split('.').Length >= (name.StartsWith("ClassicBroker.Testing", StringComparison.Ordinal) ? 2 : 3));

    private static string Folder(string path)
    {
        var words = path.Split('/')[1..^1];
        return string.Join('.', words);
    }

    private static bool Inside(string name, string root) => name == root || name.StartsWith(root + ".", StringComparison.Ordinal);

    private static IEnumerable<(string Namespace, Microsoft.CodeAnalysis.SyntaxNode Node)> Mentioned(SourceFile file)
    {
        const string ours = "ClassicBroker.";
        foreach (var node in file.Syntax.DescendantNodes(descendIntoTrivia: false))
        {
            var name = node switch
            {
                UsingDirectiveSyntax { NamespaceOrType: { } used } => used.ToString(),
                QualifiedNameSyntax { Parent: not QualifiedNameSyntax and not UsingDirectiveSyntax and not BaseNamespaceDeclarationSyntax } qualified => qualified.ToString(),
                MemberAccessExpressionSyntax { Parent: not MemberAccessExpressionSyntax } access => access.ToString(),
                _ => null,
            };
            if (name?.StartsWith(ours, StringComparison.Ordinal) == true) yield return (name[ours.Length..], node);
        }
    }
}
