using ClassicBroker.Bench;

return args switch
{
    ["zookeeper", .. var rest] => await ZooKeeperRequests.RunAsync(rest, Console.Out),
    _ => Usage(),
};

static int Usage()
{
    Console.Out.WriteLine(
        """
        usage: dotnet run -c Release --project bench -- zookeeper [NODES] [CONNECT-STRING]

          zookeeper   partition states read and written one by one, in multiRead and in multis, on a real three-node ensemble
        """);
    return 2;
}
