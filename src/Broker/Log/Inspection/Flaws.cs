namespace ClassicBroker.Broker.Log.Inspection;

/// <summary>Collects what a walk over one partition finds. Owner: the walk.</summary>
internal sealed class Flaws
{
    public List<LogFlaw> Found { get; } = [];

    public List<LogFlaw> Notes { get; } = [];

    public void Add(string file, long position, long? offset, string what, string meaning) => Found.Add(new LogFlaw(file, position, offset, what, meaning));

    public void Note(string file, long position, long? offset, string what, string meaning) => Notes.Add(new LogFlaw(file, position, offset, what, meaning));
}
