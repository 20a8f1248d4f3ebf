using ClassicBroker.Broker.Configuration;
using ClassicBroker.Broker.Groups;
using ClassicBroker.Broker.Groups.Records;
using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Unit.Groups;

public class OffsetsTests
{
    private readonly GroupFixture _f = new();

    [Fact]
    public async Task A_reader_without_a_group_commits_under_its_name()
    {
        Assert.Equal(ErrorCode.None, await _f.Commit("", -1, 42));
        Assert.Equal(42, _f.Committed());
        Assert.Null(_f.Committed(1));
    }

    [Fact]
    public async Task An_offset_shows_when_it_is_committed_and_not_before()
    {
        _f.Log.Hold = true;
        var commit = _f.Commit("", -1, 42);
        Assert.Null(_f.Committed());
        _f.Log.Release();
        Assert.Equal(ErrorCode.None, await commit);
        Assert.Equal(42, _f.Committed());
    }

    [Fact]
    public async Task Of_two_commits_the_later_in_the_log_counts_whichever_is_confirmed_first()
    {
        _f.Log.Hold = true;
        var (first, second) = (_f.Commit("", -1, 1), _f.Commit("", -1, 2));
        _f.Log.Release(newestFirst: true);
        await Task.WhenAll(first, second);
        Assert.Equal(2, _f.Committed());
    }

    [Fact]
    public async Task Only_members_of_the_present_generation_commit()
    {
        var ids = await _f.Stable(1);
        Assert.Equal(ErrorCode.None, await _f.Commit(ids[0], 1, 5));
        Assert.Equal(ErrorCode.IllegalGeneration, await _f.Commit(ids[0], 2, 6));
        Assert.Equal(ErrorCode.UnknownMemberId, await _f.Commit("stranger", 1, 6));
        Assert.Equal(ErrorCode.UnknownMemberId, await _f.Commit("", -1, 6));
        Assert.Equal(5, _f.Committed());
    }

    [Fact]
    public async Task Between_join_and_assignment_nobody_commits()
    {
        var joined = await _f.Join();
        Assert.Equal(ErrorCode.RebalanceInProgress, await _f.Commit(joined.MemberId, 1, 5));
    }

    [Fact]
    public async Task A_commit_keeps_the_member_alive()
    {
        var ids = await _f.Stable(1);
        for (var i = 0; i < 5; i++)
        {
            _f.Time.Advance(TimeSpan.FromSeconds(9));
            Assert.Equal(ErrorCode.None, await _f.Commit(ids[0], 1, i));
        }
    }

    [Theory]
    [InlineData(ErrorCode.NotLeaderOrFollower, ErrorCode.NotCoordinator)]
    [InlineData(ErrorCode.NotEnoughReplicas, ErrorCode.CoordinatorNotAvailable)]
    [InlineData(ErrorCode.MessageTooLarge, ErrorCode.InvalidCommitOffsetSize)]
    [InlineData(ErrorCode.RequestTimedOut, ErrorCode.RequestTimedOut)]
    public async Task What_the_log_refuses_is_told_in_the_groups_words(ErrorCode inLog, ErrorCode told)
    {
        _f.Log.AppendError = inLog;
        Assert.Equal(told, await _f.Commit("", -1, 1));
        Assert.Null(_f.Committed());
    }

    [Fact]
    public async Task Deleting_an_empty_group_leaves_tombstones_of_all_it_stored_even_what_is_not_confirmed_yet()
    {
        var ids = await _f.Stable(1);
        await _f.Commit(ids[0], 1, 5);
        Assert.Equal(ErrorCode.NonEmptyGroup, await _f.Group.DeleteAsync());
        _f.Group.Leave(ids[0], null);
        _f.Log.Hold = true;
        var late = _f.Commit("", -1, 9, partition: 3);
        var before = _f.Log.Records.Count;
        var deletion = _f.Group.DeleteAsync();
        _f.Log.Release();
        Assert.Equal(ErrorCode.None, await deletion);
        await late;
        Assert.Equal(3, _f.Log.Records.Skip(before).Count(r => r.Value is null));
        Assert.Equal(GroupPhase.Dead, _f.Group.Phase);
    }

    [Fact]
    public async Task Offsets_of_topics_nobody_reads_can_be_deleted_others_not()
    {
        var ids = await _f.Stable(1);   // its metadata is no subscription: everything may be in use
        await _f.Commit(ids[0], 1, 5);
        var (error, results) = await _f.Group.DeleteOffsetsAsync([new("t", 0)]);
        Assert.Equal((ErrorCode.None, ErrorCode.GroupSubscribedToTopic), (error, results[new("t", 0)]));
        _f.Group.Leave(ids[0], null);
        Assert.Equal(ErrorCode.None, (await _f.Group.DeleteOffsetsAsync([new("t", 0)])).Partitions[new("t", 0)]);
        Assert.Null(_f.Committed());
    }

    [Fact]
    public async Task An_empty_group_and_its_offsets_go_after_the_retention_time()
    {
        var ids = await _f.Stable(1);
        await _f.Commit(ids[0], 1, 5);
        _f.Time.Advance(TimeSpan.FromDays(8));   // its session is long over
        Assert.Equal(GroupPhase.Empty, _f.Group.Phase);
        Assert.False(_f.Group.Expire());
        _f.Time.Advance(TimeSpan.FromDays(7));
        Assert.True(_f.Group.Expire());
        Assert.Equal(2, _f.Log.Records.Count(r => r.Value is null));
    }

    [Fact]
    public async Task An_offset_with_a_time_of_its_own_goes_then()
    {
        var at = _f.Time.GetUtcNow().ToUnixTimeMilliseconds() + 1_000;
        await _f.Group.CommitAsync(new CommitterIdentity("", null, -1), new Dictionary<TopicPartition, CommittedOffset> { [new("t", 0)] = new(1, -1, "", 0, at) });
        _f.Time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.False(_f.Group.Expire());
        _f.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(_f.Group.Expire());
    }

    [Fact]
    public void Ids_fall_into_the_partitions_that_java_finds_for_them()
    {
        Assert.Equal(0, JavaHash.PartitionOf("", 50));
        Assert.Equal(40, JavaHash.PartitionOf("console-consumer", 50));
        Assert.Equal(0, JavaHash.PartitionOf("polygenelubricants", 50));   // its hash is the smallest integer
    }
}
