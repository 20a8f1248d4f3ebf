using ClassicBroker.Broker.Log;
using ClassicBroker.Clients.Records;
using CsCheck;

namespace ClassicBroker.Unit.Log;

/// <summary>A log beside a plain list of batches, under random appends, reads, truncations, raised starts, rests and restarts.</summary>
public class PartitionLogModelTests
{
    private enum Act { Append, Follow, Read, Truncate, Rest, Reopen, Crash, Times }

    private static readonly Gen<(Act Act, int A, int B)> AnyStep =
        Gen.Select(Gen.OneOfConst(Act.Append, Act.Append, Act.Append, Act.Follow, Act.Read, Act.Read, Act.Truncate, Act.Rest, Act.Reopen, Act.Crash, Act.Times), Gen.Int[0, 1000], Gen.Int[0, 1000]);

    [Fact]
    public void A_log_is_a_list_of_batches() => Gen.Select(AnyStep.Array[1, 40], Gen.Int[800, 4000], Gen.Int[0, 600], Gen.Bool).Sample(
        (steps, segmentBytes, indexInterval, hot) =>
        {
            using var model = new Model(new LogOptions
            {
                SegmentBytes = segmentBytes,
                IndexIntervalBytes = indexInterval,
                IndexMaxBytes = 120,
                HotTail = hot ? new HotTailMemory(100_000, 20_000) : HotTailMemory.None,
            });
            foreach (var (act, a, b) in steps)
                model.Do(act, a, b);
            model.Compare();
        }, iter: 60, threads: 1);

    private sealed class Model(LogOptions options) : IDisposable
    {
        private readonly LogBench _bench = new();
        private readonly List<byte[]> _batches = [];
        private PartitionLog? _log;

        private PartitionLog Log => _log ??= _bench.Open(options);

        private long End => _batches.Count == 0 ? 0 : new RecordBatch(_batches[^1]).NextOffset;

        public void Do(Act act, int a, int b)
        {
            switch (act)
            {
                case Act.Append or Act.Follow:
                    Write(act, a, b);
                    break;
                case Act.Read:
                    Compare(a % (End + 1), b * 3);
                    break;
                case Act.Truncate:
                    var to = End - a % 10;
                    Log.TruncateTo(Math.Max(0, to));
                    _batches.RemoveAll(batch => new RecordBatch(batch).LastOffset >= to);
                    break;
                case Act.Rest:
                    Log.RestIdleSegments();
                    break;
                case Act.Times:
                    CompareTimes(1000 + a * 7);
                    break;
                default:
                    Restart(clean: act == Act.Reopen);
                    break;
            }
            Assert.Equal(End, Log.LogEndOffset);
        }

        public void Compare()
        {
            for (var offset = 0L; offset <= End; offset++)
                Compare(offset, 500);
        }

        // whole batches from the one that holds the offset on, as many as fit, and all of one segment
        private void Compare(long offset, int maxBytes)
        {
            if (Log.LogEndOffset < offset)
                return;
            using var read = Log.Read(offset, maxBytes, Log.LogEndOffset, atLeastOneBatch: true);
            var expected = _batches.Where(batch => new RecordBatch(batch).LastOffset >= offset).SelectMany(batch => batch).ToArray();
            Assert.True(expected.AsSpan().StartsWith(read.Records.Span));
            Assert.Equal(expected.Length == 0, read.Records.IsEmpty);
        }

        private void CompareTimes(long time)
        {
            (long, long)? expected = null;
            foreach (var record in _batches.SelectMany(batch => RecordBatchReader.Read(batch)))
            {
                if (record.TimestampMs >= time)
                {
                    expected = (record.Offset, record.TimestampMs);
                    break;
                }
            }
            var found = Log.FindByTimestamp(time, Log.LogEndOffset);
            Assert.Equal(expected, found is { } at ? (at.Offset, at.Timestamp) : null);
            var largest = _batches.SelectMany(batch => RecordBatchReader.Read(batch)).Select(r => (long?)r.TimestampMs).Max();
            Assert.Equal(largest, Log.MaxTimestamp(Log.LogEndOffset)?.Timestamp);
        }

        private void Write(Act act, int a, int b)
        {
            var batch = LogBench.Batch(1 + a % 4, b % 150, 1000 + b * 7, (CompressionType)(a % 5));
            if (act == Act.Append)
            {
                Log.AppendAsLeader(batch, 1, AppendRules.FromClient(9));
            }
            else
            {
                RecordBatch.SetBaseOffset(batch, Log.LogEndOffset);
                RecordBatch.SetLeaderEpoch(batch, 1);
                Log.AppendAsFollower(batch);
            }
            // an append writes offset and epoch into the batch itself
            _batches.Add(batch);
        }

        private void Restart(bool clean)
        {
            if (clean)
            {
                Log.Flush();
                Log.SaveProducers();
            }
            var end = Log.LogEndOffset;
            Log.Dispose();
            _log = _bench.Open(options, clean, recoveryPoint: clean ? end : 0);
        }

        public void Dispose()
        {
            _log?.Dispose();
            _bench.Dispose();
        }
    }
}
