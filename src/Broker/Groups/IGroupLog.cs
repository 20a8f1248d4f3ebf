using ClassicBroker.Broker.Groups.Records;
using ClassicBroker.Broker.Replication;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Groups;

/// <summary>Records on their way into the offsets partition: why not, or where they stand.</summary>
internal readonly record struct GroupAppend(ErrorCode Error, long FirstOffset, AppendOutcome Outcome = default)
{
    /// <summary>There was nothing to write, which is done at once.</summary>
    public static readonly GroupAppend Nothing = new(ErrorCode.None, -1);
}

/// <summary>Where groups store what they must not forget.</summary>
internal interface IGroupLog
{
    /// <summary>Writes the records as one batch, at once and in order; whether they last is told by <see cref="CommittedAsync"/>.</summary>
    GroupAppend Append(IReadOnlyList<GroupRecord> records);

    /// <summary>NONE when every in-sync replica has them.</summary>
    Task<ErrorCode> CommittedAsync(GroupAppend append);
}
