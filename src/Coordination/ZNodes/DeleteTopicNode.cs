namespace ClassicBroker.Coordination.ZNodes;

/// <summary>
/// <c>/admin/delete_topics/&lt;topic&gt;</c>, persistent and empty: a wish that the topic be deleted. The controller removes it last,
/// when the topic is gone; until then the name cannot be used again.
/// </summary>
public static class DeleteTopicNode
{
    public const string Parent = "/admin/delete_topics";

    public static string Path(string topic) => $"{Parent}/{topic}";
}
