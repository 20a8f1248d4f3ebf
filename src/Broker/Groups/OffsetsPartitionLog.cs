using ClassicBroker.Broker.Configuration;
using ClassicBroker.Broker.Groups.Records;
using ClassicBroker.Broker.Log;
using ClassicBroker.Broker.Replication;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Groups;

/// <summary>One partition of <c>__consumer_offsets</c> as its coordinator writes it: like an acks=all producer that sits in the broker.</summary>
internal sealed class OffsetsPartitionLog(Partition partition, GroupOptions options, TimeProvider time) : IGroupLog
{
    public GroupAppend Append(IReadOnlyList<GroupRecord> records)
    {
        try
        {
            var batch = GroupRecord.Batch(records, options.OffsetsCompression, time.GetUtcNow().ToUnixTimeMilliseconds());
            var outcome = partition.AppendAsLeader(batch, AppendRules.FromCoordinator, allInSync: true);
            return new GroupAppend(outcome.Error, outcome.Append.FirstOffset, outcome);
        }
        catch (LogAppendException refused)
        {
            return new GroupAppend(refused.Code, -1);
        }
        catch (IOException)
        {
            return new GroupAppend(ErrorCode.KafkaStorageError, -1);
        }
    }

    public async Task<ErrorCode> CommittedAsync(GroupAppend append)
    {
        if (append.Error != ErrorCode.None || append.FirstOffset < 0) return append.Error;
        var result = await partition.WaitForCommitAsync(append.Outcome, TimeSpan.FromMilliseconds(options.CommitTimeoutMs));
        if (result != ErrorCode.None) return result;
        // This process may have been stopped in between: the answer must not leave as if it still coordinated.
        return partition.StillLeads(append.Outcome) ? ErrorCode.None : ErrorCode.NotLeaderOrFollower;
    }
}
