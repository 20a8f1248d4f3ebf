using ClassicBroker.Bench;
using ClassicBroker.Bench.Log;

return args switch
{
    ["zookeeper", .. var rest] => await ZooKeeperRequests.RunAsync(rest, Console.Out),
    ["log", .. var rest] => LogBench.Run(rest, Console.Out),
    _ => Usage(),
};

static int Usage()
{
    Console.Out.WriteLine(
        """
        usage: ./classic bench WHAT

          log [--quick]                       appending, reading, look-ups, recovery, open logs beside the machine's own limits
          zookeeper [NODES] [CONNECT-STRING]  partition states read and written one by one, in multiRead and in multis, on a real three-node ensemble
        """);
    return 2;
}
