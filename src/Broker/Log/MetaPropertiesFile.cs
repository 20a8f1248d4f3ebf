using System.Globalization;
using System.Text;

namespace ClassicBroker.Broker.Log;

/// <summary>
/// Whose directory this is: <c>meta.properties</c>, Java properties with version=0, broker.id and cluster.id. A broker that finds
/// another id here was pointed at the wrong disk and must not touch it.
/// Source: metadata/…/properties/MetaProperties.java.
/// </summary>
internal static class MetaPropertiesFile
{
    public const string FileName = "meta.properties";

    public readonly record struct Content(int? BrokerId, string? ClusterId);

    public static Content? Read(ILogFiles files, string directory)
    {
        var path = Path.Combine(directory, FileName);
        if (!files.FileExists(path))
            return null;
        int? brokerId = null;
        string? clusterId = null, version = null;
        foreach (var line in Encoding.UTF8.GetString(files.ReadAllBytes(path)).Split('\n').Select(l => l.Trim()))
        {
            if (line.StartsWith('#') || line.Split('=', 2) is not [var key, var value])
                continue;
            switch (key.Trim())
            {
                case "version":
                    version = value.Trim();
                    break;
                case "broker.id" when int.TryParse(value.Trim(), CultureInfo.InvariantCulture, out var id):
                    brokerId = id;
                    break;
                case "cluster.id":
                    clusterId = value.Trim();
                    break;
            }
        }
        return version == "0"
            ? new Content(brokerId, clusterId)
            : throw new LogStorageException($"{path} has version \"{version}\", only 0 (a cluster with ZooKeeper) can be used.");
    }

    public static void Write(ILogFiles files, string directory, int brokerId, string clusterId) =>
        files.ReplaceFile(Path.Combine(directory, FileName),
            Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"version=0\nbroker.id={brokerId}\ncluster.id={clusterId}\n")));
}
