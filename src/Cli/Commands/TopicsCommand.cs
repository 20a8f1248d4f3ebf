using System.CommandLine;
using ClassicBroker.Clients.Admin;
using ClassicBroker.Clients.Metadata;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Testing;
using Spectre.Console;

namespace ClassicBroker.Cli.Commands;

/// <summary><c>topics create|list|describe|delete|delete-records</c>, through the same admin API any client has.</summary>
internal static class TopicsCommand
{
    public static Command Build() => new("topics", "Create, list, describe and delete topics, delete records") { Create(), List(), Describe(), Delete(), DeleteRecords(), Bootstrap.Servers };

    private static Command Create()
    {
        var name = new Argument<string>("TOPIC") { Description = "Name of the topic" };
        var partitions = new Option<int>("--partitions", "-p") { Description = "How many partitions; -1: the broker's num.partitions", DefaultValueFactory = _ => -1 };
        var replicas = new Option<short>("--replication-factor", "-r")
        {
            Description = "How many replicas of each; -1: the broker's default.replication.factor",
            DefaultValueFactory = _ => -1,
        };
        var config = new Option<string[]>("--config") { Description = "A topic setting by Kafka's name; may be given many times", HelpName = "KEY=VALUE" };
        return new Command("create", "Create a topic") { name, partitions, replicas, config }.Runs(async (parsed, cancel) =>
        {
            var topic = new NewTopic(parsed.GetValue(name)!, parsed.GetValue(partitions), parsed.GetValue(replicas))
            {
                Configs = KeyValues.Parse("--config", parsed.GetValue(config) ?? []),
            };
            await using var admin = new AdminClient(parsed.Cluster());
            var created = (await admin.CreateTopicsAsync([topic], ct: cancel).ConfigureAwait(false)).Single();
            created.ThrowIfFailed();
            parsed.Screen().Show(new { created.Name, created.TopicId }, (console, _) => console.WriteLine($"created {created.Name}."));
            return ExitCode.Ok;
        });
    }

    private static Command List() => new Command("list", "List the topics").Runs(async (parsed, cancel) =>
    {
        await using var admin = new AdminClient(parsed.Cluster());
        var topics = await admin.DescribeTopicsAsync(ct: cancel).ConfigureAwait(false);
        parsed.Screen().Show(topics.Select(t => new { t.Name, partitions = t.Partitions.Count, replicas = t.Partitions.FirstOrDefault()?.Replicas.Count ?? 0 }), (console, rows) =>
        {
            var table = Screen.Table("topic", "partitions", "replicas");
            foreach (var row in rows) table.AddRow(Markup.Escape(row.Name), $"{row.partitions}", $"{row.replicas}");
            console.Write(table);
        });
        return ExitCode.Ok;
    });

    private static Command Describe()
    {
        var names = new Argument<string[]>("TOPIC") { Description = "Names; none: all topics", Arity = ArgumentArity.ZeroOrMore };
        return new Command("describe", "Show partitions, leaders, replicas and ISR") { names }.Runs(async (parsed, cancel) =>
        {
            await using var admin = new AdminClient(parsed.Cluster());
            var wanted = parsed.GetValue(names) is { Length: > 0 } some ? some : null;
            var topics = await admin.DescribeTopicsAsync(wanted, cancel).ConfigureAwait(false);
            if (wanted is not null && topics.FirstOrDefault(t => t.Partitions.Count == 0) is { } missing)
                throw new ClusterException($"topic {missing.Name}: {missing.ErrorCode}. See what is there with: ./classic topics list");
            parsed.Screen().Show(topics, Draw);
            return ExitCode.Ok;
        });
    }

    private static Command Delete()
    {
        var names = new Argument<string[]>("TOPIC") { Description = "Names", Arity = ArgumentArity.OneOrMore };
        return new Command("delete", "Delete topics and their records") { names }.Runs(async (parsed, cancel) =>
        {
            await using var admin = new AdminClient(parsed.Cluster());
            var deleted = await admin.DeleteTopicsAsync(parsed.GetValue(names)!, ct: cancel).ConfigureAwait(false);
            foreach (var result in deleted) result.ThrowIfFailed();
            parsed.Screen().Show(deleted.Select(d => d.Name), (console, done) => console.WriteLine($"deleted {string.Join(", ", done)}."));
            return ExitCode.Ok;
        });
    }

    private static Command DeleteRecords()
    {
        var name = new Argument<string>("TOPIC") { Description = "Name of the topic" };
        var partition = new Option<int?>("--partition") { Description = "One partition; without it, all" };
        var before = new Option<long>("--before")
        {
            Description = "Records below this offset go; -1: all that are committed",
            HelpName = "OFFSET",
            DefaultValueFactory = _ => AdminClient.ToHighWatermark,
        };
        return new Command("delete-records", "Delete the oldest records of a topic") { name, partition, before }.Runs(async (parsed, cancel) =>
        {
            await using var admin = new AdminClient(parsed.Cluster());
            var topic = (await admin.DescribeTopicsAsync([parsed.GetValue(name)!], cancel).ConfigureAwait(false)).Single();
            if (topic.Partitions.Count == 0) throw new ClusterException($"topic {topic.Name}: {topic.ErrorCode}. See what is there with: ./classic topics list");
            var wanted = topic.Partitions.Where(p => parsed.GetValue(partition) is not { } only || p.Partition == only)
                .ToDictionary(p => new TopicPartition(topic.Name, p.Partition), _ => parsed.GetValue(before));
            if (wanted.Count == 0) throw new ClusterException($"topic {topic.Name} has no partition {parsed.GetValue(partition)}; it has {topic.Partitions.Count}.");
            var deleted = await admin.DeleteRecordsAsync(wanted, ct: cancel).ConfigureAwait(false);
            parsed.Screen().Show(deleted.Select(d => new { d.Partition.Topic, d.Partition.Partition, d.LowWatermark, error = d.ErrorCode.ToString() }), (console, rows) =>
            {
                foreach (var row in rows) console.WriteLine($"{row.Topic}-{row.Partition}: {(row.LowWatermark < 0 ? row.error : $"begins at {row.LowWatermark}")}");
            });
            return deleted.All(d => d.ErrorCode == ErrorCode.None) ? ExitCode.Ok : ExitCode.Failed;
        });
    }

    private static void Draw(IAnsiConsole console, IReadOnlyList<TopicView> topics)
    {
        var table = Screen.Table("topic", "partition", "leader", "epoch", "replicas", "ISR");
        foreach (var topic in topics)
            foreach (var partition in topic.Partitions)
                table.AddRow(
                    Markup.Escape(topic.Name), $"{partition.Partition}", partition.Leader < 0 ? "[red]none[/]" : $"{partition.Leader}",
                    $"{partition.LeaderEpoch}", string.Join(',', partition.Replicas),
                    partition.Isr.Count < partition.Replicas.Count ? $"[yellow]{string.Join(',', partition.Isr)}[/]" : string.Join(',', partition.Isr));
        console.Write(table);
    }
}
