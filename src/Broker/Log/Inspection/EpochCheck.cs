using System.Globalization;
using System.Text;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Broker.Log.Inspection;

/// <summary>
/// The leader epochs in the batches, which no CRC covers: they never fall, and leader-epoch-checkpoint must tell the same history.
/// </summary>
internal sealed class EpochCheck(Flaws flaws)
{
    private const string Meaning = "replicas compare their histories by these epochs: a wrong one cuts records that should stay, or keeps records that should go";

    private readonly List<Run> _runs = [];

    private readonly record struct Run(int Epoch, string File, long Position, long First, long Last);

    public void See(in RecordBatch batch, string file, long position)
    {
        var epoch = batch.PartitionLeaderEpoch;
        if (_runs is [.., var last])
        {
            if (last.Epoch == epoch)
            {
                _runs[^1] = last with { Last = batch.LastOffset };
                return;
            }
            if (epoch < last.Epoch)
                flaws.Add(file, position, batch.BaseOffset, $"the batch has leader epoch {epoch} after {last.Epoch}", Meaning);
        }
        _runs.Add(new Run(epoch, file, position, batch.BaseOffset, batch.LastOffset));
    }

    /// <summary>Compares with the checkpoint file; a log without one is told by its batches alone.</summary>
    public void Compare(ILogFiles files, string path, long logEnd, bool closed)
    {
        if (!files.FileExists(path))
            return;
        var entries = Parse(Encoding.UTF8.GetString(files.ReadAllBytes(path)), path);
        for (var i = 0; i < entries.Count; i++)
        {
            if (i > 0 && (entries[i].Epoch <= entries[i - 1].Epoch || entries[i].Start < entries[i - 1].Start))
                flaws.Add(path, i + 3, entries[i].Start, $"epoch {entries[i].Epoch} from {entries[i].Start} after epoch {entries[i - 1].Epoch} from {entries[i - 1].Start}", Meaning);
            // the file is written before the records of a new epoch, so beside a running broker it may be ahead
            if (entries[i].Start > logEnd && closed)
                flaws.Add(path, i + 3, entries[i].Start, $"epoch {entries[i].Epoch} begins at {entries[i].Start}, the log ends at {logEnd}", Meaning);
        }
        foreach (var run in _runs.Where(r => r.Epoch >= 0))
        {
            // the first entry may have been moved up to the log start, into the run of its own epoch
            var covering = entries.FindLastIndex(e => e.Start <= run.First);
            if (covering >= 0 && entries[covering].Epoch != run.Epoch)
                flaws.Add(run.File, run.Position, run.First, $"the batch has leader epoch {run.Epoch}, {LeaderEpochCache.FileName} says {entries[covering].Epoch}", Meaning);
            else if (covering + 1 < entries.Count && entries[covering + 1].Epoch != run.Epoch && entries[covering + 1].Start <= run.Last && entries[covering + 1].Start > run.First)
                flaws.Add(path, covering + 4, run.Last, $"epoch {entries[covering + 1].Epoch} begins at {entries[covering + 1].Start}, batches up to {run.Last} are of epoch {run.Epoch}", Meaning);
        }
    }

    private List<(int Epoch, long Start)> Parse(string text, string path)
    {
        var entries = new List<(int, long)>();
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (lines is not ["0", var count, ..] || !int.TryParse(count, CultureInfo.InvariantCulture, out var expected) || expected != lines.Length - 2)
        {
            flaws.Add(path, 1, null, "is no checkpoint of version 0, or is cut", "passed over at the next start; the epochs are read from the log");
            return entries;
        }
        for (var i = 2; i < lines.Length; i++)
        {
            if (lines[i].Split(' ') is [var e, var s] && int.TryParse(e, CultureInfo.InvariantCulture, out var epoch) && long.TryParse(s, CultureInfo.InvariantCulture, out var start))
                entries.Add((epoch, start));
            else
                flaws.Add(path, i + 1, null, $"holds the line \"{lines[i]}\"", "passed over at the next start; the epochs are read from the log");
        }
        return entries;
    }
}
