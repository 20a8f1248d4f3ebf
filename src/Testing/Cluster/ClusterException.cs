namespace ClassicBroker.Testing;

/// <summary>A cluster could not be started, found or stopped. The message names the thing, the value and the way out.</summary>
public sealed class ClusterException : Exception
{
    /// <summary>Makes one with a message for people.</summary>
    public ClusterException(string message) : base(message)
    {
    }

    /// <summary>Makes one with a message for people and the cause.</summary>
    public ClusterException(string message, Exception inner) : base(message, inner)
    {
    }
}
