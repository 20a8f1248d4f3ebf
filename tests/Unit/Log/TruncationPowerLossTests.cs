using ClassicBroker.Broker.Log;
using ClassicBroker.Clients.Protocol;
using ClassicBroker.Clients.Records;
using ClassicBroker.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace ClassicBroker.Unit.Log;

/// <summary>Found by the simulator (seed 24): a power loss brought back what had been truncated, under another leader's epochs.</summary>
public class TruncationPowerLossTests
{
    private static readonly TopicPartition Id = new("t", 0);
    private static readonly FakeTimeProvider Time = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_was_truncated_does_not_come_back_when_the_power_goes(bool keepNothing)
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var disk = new MemoryDisk(Time);
            disk.CreateDirectory("/data/t-0");
            disk.FlushDirectory("/");
            disk.FlushDirectory("/data");
            using (var log = Open(disk, clean: true))
            {
                for (var offset = 0; offset < 3; offset++) log.AppendAsFollower(Batch(offset, epoch: 0, "old"));
                log.Flush();
                log.TruncateTo(1);
                log.AppendAsFollower(Batch(1, epoch: 1, "new"));
            }
            disk.PowerLoss(new Random(seed), keepNothing);
            using var again = Open(disk, clean: false);
            using var read = again.Read(0, 1 << 20, again.LogEndOffset, true);
            foreach (var record in RecordBatchReader.ReadAll(read.Records))
                Assert.Equal(record.Offset == 0 ? "old" : "new", System.Text.Encoding.UTF8.GetString(record.Value!.Value.Span));
        }
    }

    private static PartitionLog Open(MemoryDisk disk, bool clean) =>
        PartitionLog.Open("/data/t-0", Id, new LogOptions(), disk, Time, NullLogger.Instance, clean, 0, 0);

    private static byte[] Batch(long offset, int epoch, string value)
    {
        var builder = new RecordBatchBuilder { BaseOffset = offset, PartitionLeaderEpoch = epoch };
        builder.Add(1, null, System.Text.Encoding.UTF8.GetBytes(value));
        return builder.Build();
    }
}
