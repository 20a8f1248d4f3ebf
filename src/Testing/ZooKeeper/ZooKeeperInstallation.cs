namespace ClassicBroker.Testing;

/// <summary>
/// A ZooKeeper on this machine that can be run with plain <c>java</c>: a class path and a java binary. Looked for in this order:
/// <c>ZOOKEEPER_HOME</c> when it is set, then the Debian package. Neither there: <see cref="Find"/> fails with all ways to get one.
/// </summary>
/// <param name="Java">Path of the java binary, or just <c>java</c>.</param>
/// <param name="ClassPath">Jars, in the form java takes.</param>
/// <param name="Origin">Where it was found, for people.</param>
public sealed record ZooKeeperInstallation(string Java, string ClassPath, string Origin)
{
    private const string DebianJars = "/usr/share/java";

    /// <summary>The installation, or <see cref="FileNotFoundException"/> with the ways to get one.</summary>
    public static ZooKeeperInstallation Find() => TryFind() ?? throw new FileNotFoundException(HowToGetOne);

    /// <summary>The installation, or null when there is none on this machine.</summary>
    public static ZooKeeperInstallation? TryFind() => FromHome(Environment.GetEnvironmentVariable("ZOOKEEPER_HOME")) ?? FromDebian();

    /// <summary>What to tell a person who has none.</summary>
    public static string HowToGetOne { get; } =
        """
        No ZooKeeper found on this machine. Any one of these will do:
          1. the Debian or Ubuntu package:   apt-get install zookeeper
          2. a release from zookeeper.apache.org, unpacked, and a Java 11 or later:   export ZOOKEEPER_HOME=/path/to/apache-zookeeper-3.x-bin
          3. Docker:   docker compose -f zk-ensemble/compose.yaml up -d   and then use   --zookeeper localhost:2181,localhost:2182,localhost:2183
        """;

    private static ZooKeeperInstallation? FromDebian()
    {
        string jar = Path.Combine(DebianJars, "zookeeper.jar");
        if (!File.Exists(jar) || FindJava() is not { } java) return null;

        // the manifest of zookeeper.jar names everything it needs but a backend for slf4j; the JDK's own logging needs no further jar
        string backend = Path.Combine(DebianJars, "slf4j-jdk14.jar");
        return new ZooKeeperInstallation(java, File.Exists(backend) ? $"{jar}:{backend}" : jar, "Debian package zookeeper");
    }

    private static ZooKeeperInstallation? FromHome(string? home)
    {
        if (string.IsNullOrEmpty(home)) return null;
        string lib = Path.Combine(home, "lib");
        string[] jars = [.. Directory.Exists(lib) ? Directory.GetFiles(lib, "*.jar") : [], .. Directory.Exists(home) ? Directory.GetFiles(home, "zookeeper*.jar") : []];
        if (jars.Length == 0) throw new FileNotFoundException($"ZOOKEEPER_HOME is '{home}', but there are no jars in '{lib}'");
        if (FindJava() is not { } java) throw new FileNotFoundException($"ZOOKEEPER_HOME is '{home}', but there is no java: set JAVA_HOME or put java on the PATH");
        return new ZooKeeperInstallation(java, string.Join(Path.PathSeparator, jars), $"ZOOKEEPER_HOME {home}");
    }

    private static string? FindJava()
    {
        string? home = Environment.GetEnvironmentVariable("JAVA_HOME");
        IEnumerable<string> folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        if (!string.IsNullOrEmpty(home)) folders = folders.Prepend(Path.Combine(home, "bin"));
        return folders.Where(folder => folder.Length > 0).Select(folder => Path.Combine(folder, "java")).FirstOrDefault(File.Exists);
    }
}
