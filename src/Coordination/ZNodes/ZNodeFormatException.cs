namespace ClassicBroker.Coordination.ZNodes;

/// <summary>
/// A znode's content is not what its path promises (a tool or a person wrote junk). Names the znode; readers of many znodes
/// report it and go on with the others.
/// </summary>
public sealed class ZNodeFormatException(string path, string why, Exception? inner = null)
    : Exception($"The content of {path} cannot be read: {why}", inner)
{
    public string Path { get; } = path;
}
