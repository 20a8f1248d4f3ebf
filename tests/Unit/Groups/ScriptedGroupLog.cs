using ClassicBroker.Broker.Groups;
using ClassicBroker.Broker.Groups.Records;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Unit.Groups;

/// <summary>An offsets partition in memory: commits at once, or when the test says so.</summary>
internal sealed class ScriptedGroupLog : IGroupLog
{
    private readonly List<TaskCompletionSource<ErrorCode>> _held = [];

    public List<GroupRecord> Records { get; } = [];

    /// <summary>What the next appends are answered with.</summary>
    public ErrorCode AppendError { get; set; }

    /// <summary>Commits wait for <see cref="Release"/>.</summary>
    public bool Hold { get; set; }

    public GroupAppend Append(IReadOnlyList<GroupRecord> records)
    {
        if (AppendError != ErrorCode.None) return new GroupAppend(AppendError, -1);
        var first = Records.Count;
        Records.AddRange(records);
        return new GroupAppend(ErrorCode.None, first);
    }

    public Task<ErrorCode> CommittedAsync(GroupAppend append)
    {
        if (append.Error != ErrorCode.None || !Hold) return Task.FromResult(append.Error);
        var held = new TaskCompletionSource<ErrorCode>();
        _held.Add(held);
        return held.Task;
    }

    /// <summary>Answers the commits held so far, the newest first when asked so.</summary>
    public void Release(ErrorCode result = ErrorCode.None, bool newestFirst = false)
    {
        var held = newestFirst ? Enumerable.Reverse(_held).ToList() : [.. _held];
        _held.Clear();
        foreach (var one in held) one.SetResult(result);
    }
}
