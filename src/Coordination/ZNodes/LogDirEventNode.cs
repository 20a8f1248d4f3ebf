namespace ClassicBroker.Coordination.ZNodes;

/// <summary>
/// <c>/log_dir_event_notification/log_dir_event_&lt;sequence&gt;</c>, persistent sequential: a log directory of this broker failed.
/// <code>{"version":1,"broker":0,"event":1}</code>
/// Event 1 is the only one: a failure. It does not say which partitions: the controller asks the broker by an order for all of them, and the answers
/// name those it cannot serve. The controller deletes the notification.
/// </summary>
public static class LogDirEventNode
{
    public const string Parent = "/log_dir_event_notification";
    public const string Prefix = Parent + "/log_dir_event_";

    private const int Failure = 1;

    public static byte[] Encode(int brokerId) => ZNodeJson.Write(json =>
    {
        json.WriteNumber("version", 1);
        json.WriteNumber("broker", brokerId);
        json.WriteNumber("event", Failure);
    });

    /// <summary>The broker whose directory failed.</summary>
    public static int Decode(string path, ReadOnlySpan<byte> data) => ZNodeJson.Read(path, data, json => json.GetProperty("broker").GetInt32());
}
