using System.Globalization;
using System.Text.Json;

namespace ClassicBroker.Testing;

/// <summary>What is written into an ensemble's data folder: <c>ensemble.json</c>, and for each node its zoo.cfg, myid and logging settings.</summary>
internal static class EnsembleFiles
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    public static string StateFile(string dataFolder) => Path.Combine(dataFolder, "ensemble.json");

    public static EnsembleState? ReadState(string dataFolder)
    {
        string file = StateFile(dataFolder);
        return File.Exists(file) ? JsonSerializer.Deserialize<EnsembleState>(File.ReadAllText(file), Json) : null;
    }

    public static void WriteState(string dataFolder, EnsembleState state)
    {
        string beside = StateFile(dataFolder) + ".new";
        File.WriteAllText(beside, JsonSerializer.Serialize(state, Json));
        File.Move(beside, StateFile(dataFolder), overwrite: true); // a reader sees the old state or the new one
    }

    public static void WriteNode(EnsembleNode node, EnsembleState ensemble)
    {
        string data = Path.Combine(node.Folder, "data");
        Directory.CreateDirectory(data);
        File.WriteAllText(Path.Combine(data, "myid"), node.Id.ToString(CultureInfo.InvariantCulture) + "\n");
        File.WriteAllText(node.ConfigFile, Config(node, ensemble, data));
        File.WriteAllText(Path.Combine(node.Folder, "logging.properties"), JdkLogging(node.LogFile));
        File.WriteAllText(Path.Combine(node.Folder, "logback.xml"), Logback(node.LogFile));
        File.WriteAllText(Path.Combine(node.Folder, "log4j.properties"), Log4j(node.LogFile));
    }

    private static string Config(EnsembleNode node, EnsembleState ensemble, string data)
    {
        // a quorum of one is not run as a quorum at all
        string servers = ensemble.Nodes.Count == 1
            ? ""
            : string.Concat(ensemble.Nodes.Select(peer => $"server.{peer.Id}=127.0.0.1:{peer.QuorumPort}:{peer.ElectionPort}\n"));
        return $"""
            tickTime={ensemble.TickMs}
            initLimit=20
            syncLimit=5
            minSessionTimeout={ensemble.TickMs * 2}
            maxSessionTimeout=60000
            dataDir={data}
            clientPort={node.ClientPort}
            clientPortAddress=127.0.0.1
            maxClientCnxns=0
            admin.enableServer=false
            4lw.commands.whitelist=*
            autopurge.snapRetainCount=3
            autopurge.purgeInterval=1
            {servers}
            """;
    }

    private static string JdkLogging(string file) =>
        $"""
        handlers=java.util.logging.FileHandler
        .level=INFO
        java.util.logging.FileHandler.pattern={file}
        java.util.logging.FileHandler.append=true
        java.util.logging.FileHandler.limit=10000000
        java.util.logging.FileHandler.count=1
        java.util.logging.FileHandler.formatter=java.util.logging.SimpleFormatter
        java.util.logging.SimpleFormatter.format=%1$tF %1$tT.%1$tL %4$s %3$s %5$s%6$s%n
        """;

    private static string Logback(string file) =>
        $"""
        <configuration>
          <appender name="file" class="ch.qos.logback.core.FileAppender">
            <file>{file}</file>
            <encoder><pattern>%d %-5p %logger{"{1}"} %m%n</pattern></encoder>
          </appender>
          <root level="INFO"><appender-ref ref="file" /></root>
        </configuration>
        """;

    private static string Log4j(string file) =>
        $"""
        log4j.rootLogger=INFO, file
        log4j.appender.file=org.apache.log4j.RollingFileAppender
        log4j.appender.file.File={file}
        log4j.appender.file.MaxFileSize=10MB
        log4j.appender.file.MaxBackupIndex=1
        log4j.appender.file.layout=org.apache.log4j.PatternLayout
        log4j.appender.file.layout.ConversionPattern=%d %-5p %c{"{1}"} %m%n
        """;
}
