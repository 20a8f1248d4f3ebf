namespace ClassicBroker.Clients.Records;

/// <summary>The bytes are not what a record batch must be: a length, a count, a varint or a compressed block is wrong.</summary>
public sealed class InvalidRecordsException : Exception
{
    public InvalidRecordsException(string message) : base(message) { }

    public InvalidRecordsException(string message, Exception cause) : base(message, cause) { }
}
