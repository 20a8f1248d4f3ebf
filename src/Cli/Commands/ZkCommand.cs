using System.CommandLine;
using System.Text;
using ClassicBroker.Coordination.ZooKeeper;
using ClassicBroker.Testing;
using Spectre.Console;

namespace ClassicBroker.Cli.Commands;

/// <summary><c>zk tree [PATH]</c> and <c>zk get PATH</c>: what the brokers wrote into ZooKeeper, the raw truth of the cluster.</summary>
internal static class ZkCommand
{
    // A tree for people is read from top to bottom; past this many nodes they want a smaller path.
    private const int MaxNodes = 10_000;

    private static readonly Option<string?> ZooKeeper = new("--zookeeper")
    {
        Description = "Connect string of another ensemble than the cluster's own (HOST:PORT,HOST:PORT/CHROOT)",
        HelpName = "CONNECT",
        Recursive = true,
    };

    public static Command Build() => new("zk", "Look into ZooKeeper: the znodes of the cluster") { Tree(), Get(), ZooKeeper };

    private static Command Tree()
    {
        var path = new Argument<string>("PATH") { Description = "Where to begin", DefaultValueFactory = _ => "/" };
        var values = new Option<bool>("--values") { Description = "Show each znode's data too" };
        return new Command("tree", "Show the znodes below a path") { path, values }.Runs(async (parsed, cancel) =>
        {
            var from = Checked(parsed.GetValue(path)!);
            await using var zk = await ConnectAsync(parsed, cancel).ConfigureAwait(false);
            var root = await ReadAsync(zk, from, cancel).ConfigureAwait(false);
            parsed.Screen().Show(root, (console, _) => console.Write(Draw(root, parsed.GetValue(values))));
            return ExitCode.Ok;
        });
    }

    private static Command Get()
    {
        var path = new Argument<string>("PATH") { Description = "The znode" };
        return new Command("get", "Show one znode: its data and its stat") { path }.Runs(async (parsed, cancel) =>
        {
            var wanted = Checked(parsed.GetValue(path)!);
            await using var zk = await ConnectAsync(parsed, cancel).ConfigureAwait(false);
            var node = await zk.TryGetAsync(wanted, ct: cancel).ConfigureAwait(false)
                       ?? throw new ClusterException(
                           $"there is no znode {wanted}. See what is there with: ./classic zk tree");
            parsed.Screen().Show(new { node.Path, data = Text(node.Data), node.Stat }, (console, _) =>
            {
                console.WriteLine(Text(node.Data));
                var table = Cli.Screen.Table("version", "czxid", "mzxid", "children", "ephemeral owner", "created");
                table.AddRow(
                    $"{node.Stat.Version}", $"{node.Stat.Czxid}", $"{node.Stat.Mzxid}", $"{node.Stat.ChildCount}",
                    node.Stat.EphemeralOwner == 0 ? "-" : $"0x{node.Stat.EphemeralOwner:x}",
                    $"{DateTimeOffset.FromUnixTimeMilliseconds(node.Stat.CreatedMs):u}");
                console.Write(table);
            });
            return ExitCode.Ok;
        });
    }

    private static string Checked(string path) =>
        path.StartsWith('/') && (path == "/" || !path.EndsWith('/'))
            ? path
            : throw new UsageException($"\"{path}\" is no znode path: it begins with / and does not end with /, for instance /brokers/ids");

    private static async Task<ZooKeeperClient> ConnectAsync(ParseResult parsed, CancellationToken cancel)
    {
        var connect = parsed.GetValue(ZooKeeper)
                      ?? ClusterState.Load(parsed.DataDirectory())?.ZooKeeperConnect
                      ?? throw RunningCluster.Missing(parsed.DataDirectory());
        return await ZooKeeperAccess.ConnectAsync(connect, cancel).ConfigureAwait(false);
    }

    private static async Task<Znode> ReadAsync(ZooKeeperClient zk, string path, CancellationToken cancel)
    {
        var left = MaxNodes;
        return await ReadNodeAsync(path).ConfigureAwait(false)
               ?? throw new ClusterException($"there is no znode {path}. See what is there with: ./classic zk tree");

        async Task<Znode?> ReadNodeAsync(string at)
        {
            if (--left < 0) throw new ClusterException($"more than {MaxNodes} znodes below {path}: name a smaller path.");
            var node = await zk.TryGetAsync(at, ct: cancel).ConfigureAwait(false);
            if (node is null) return null;
            var children = new List<Znode>();
            var names = node.Stat.ChildCount == 0 ? [] : (await zk.ChildrenAsync(at, ct: cancel).ConfigureAwait(false)).Names;
            foreach (var name in names.Order(StringComparer.Ordinal))
                if (await ReadNodeAsync(at == "/" ? "/" + name : $"{at}/{name}").ConfigureAwait(false) is { } child)
                    children.Add(child);
            return new Znode(at, Text(node.Data), node.Stat.Version, node.Stat.EphemeralOwner != 0, children);
        }
    }

    private static Tree Draw(Znode root, bool values)
    {
        var tree = new Tree(Label(root, root.Path, values)) { Style = Style.Plain };
        AddBelow(tree, root, values);
        return tree;
    }

    private static void AddBelow(IHasTreeNodes parent, Znode node, bool values)
    {
        foreach (var child in node.Children)
            AddBelow(parent.AddNode(Label(child, child.Path[(child.Path.LastIndexOf('/') + 1)..], values)), child, values);
    }

    private static string Label(Znode node, string name, bool values)
    {
        var label = Markup.Escape(name) + (node.Ephemeral ? " [yellow](ephemeral)[/]" : "");
        return values && node.Data.Length > 0 ? $"{label} [grey]{Markup.Escape(node.Data)}[/]" : label;
    }

    // Kafka's znodes hold text; what is not text is shown as the bytes it is.
    private static string Text(byte[] data) =>
        data.Any(b => b is < 0x09 or (> 0x0d and < 0x20)) ? Convert.ToHexStringLower(data) : Encoding.UTF8.GetString(data);

    private sealed record Znode(string Path, string Data, int Version, bool Ephemeral, IReadOnlyList<Znode> Children);
}
