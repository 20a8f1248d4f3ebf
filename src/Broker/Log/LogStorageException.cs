namespace ClassicBroker.Broker.Log;

/// <summary>The disk failed this log (KAFKA_STORAGE_ERROR). A log that failed to write stays offline until the broker restarts.</summary>
public sealed class LogStorageException : IOException
{
    public LogStorageException(string message, Exception? cause = null) : base(message, cause) { }
}
