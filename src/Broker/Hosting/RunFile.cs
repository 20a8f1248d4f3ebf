using System.Text.Json;

namespace ClassicBroker.Broker.Hosting;

/// <summary>
/// <c>broker.json</c> in the first log directory: pid and ports of the running broker, for tools that started it with port 0. Written
/// beside and renamed, so that a reader sees all of it or nothing; removed at a clean stop.
/// </summary>
internal sealed record RunFile(int Pid, int BrokerId, string ClusterId, IReadOnlyDictionary<string, string> Listeners, int ControlPlanePort, int? HttpPort)
{
    public const string Name = "broker.json";

    public void Write(string logDirectory)
    {
        var path = Path.Combine(logDirectory, Name);
        File.WriteAllBytes(path + ".new", JsonSerializer.SerializeToUtf8Bytes(this, StatusJson.Default.RunFile));
        File.Move(path + ".new", path, overwrite: true);
    }

    public static void Remove(string logDirectory) => File.Delete(Path.Combine(logDirectory, Name));
}
