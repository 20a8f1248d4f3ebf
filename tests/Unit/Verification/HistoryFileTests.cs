using ClassicBroker.Testing.Verification;

namespace ClassicBroker.Unit.Verification;

public sealed class HistoryFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("classic-history-").FullName;

    private string File => Path.Combine(_folder, "history.jsonl");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_is_recorded_is_read_back_in_order_with_ascending_times()
    {
        using (var recorder = new HistoryRecorder(File, TimeProvider.System))
        {
            recorder.Add(new SendStarted("w", "t-0", 1, -1, RetryMode.Never));
            recorder.Add(new SendAcknowledged(1, 0));
            recorder.Add(new FinalRead("t-0", 0, 1, [0], [1]));
        }

        var events = HistoryFile.Read(File).ToList();

        Assert.Equal([typeof(SendStarted), typeof(SendAcknowledged), typeof(FinalRead)], events.Select(e => e.GetType()));
        Assert.Equal(events.Select(e => e.At).Order(), events.Select(e => e.At));
        Assert.True(HistoryChecker.Check(events).Holds);
    }

    [Fact]
    public void A_last_line_that_was_cut_is_left_out()
    {
        System.IO.File.WriteAllText(File, """
            {"e":"send","at":1,"w":"w","p":"t-0","v":10,"acks":-1,"retry":"never"}
            {"e":"ack","at":4,"v":1
            """);

        Assert.Single(HistoryFile.Read(File));
    }

    [Theory]
    [InlineData("""{"e":"nonsense"}""")]
    [InlineData("""{"e":"poll","r":"r","p":"t-0","hw":1,"o":[1,2],"v":[1]}""")]
    [InlineData("""{"e":"send","v":1}""")]
    [InlineData("null")]
    [InlineData("what?")]
    public void A_line_that_is_no_event_is_refused_by_its_number(string line)
    {
        System.IO.File.WriteAllText(File, line + "\n" + """{"e":"ack","at":4,"v":10,"o":0}""" + "\n");

        var refused = Assert.Throws<InvalidDataException>(() => HistoryFile.Read(File).ToList());

        Assert.Contains($"{File}, line 1", refused.Message);
    }
}
