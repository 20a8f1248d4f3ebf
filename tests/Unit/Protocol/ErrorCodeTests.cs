using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Unit.Protocol;

public class ErrorCodeTests
{
    [Fact]
    public void Every_code_has_a_row_with_a_meaning() =>
        Assert.All(Enum.GetValues<ErrorCode>(), code => Assert.DoesNotContain("has no name", code.Meaning()));

    [Theory]
    [InlineData(ErrorCode.None, "NONE")]
    [InlineData(ErrorCode.NotLeaderOrFollower, "NOT_LEADER_OR_FOLLOWER")]
    [InlineData(ErrorCode.InvalidTopicException, "INVALID_TOPIC_EXCEPTION")]
    [InlineData((ErrorCode)999, "999")]
    public void A_code_has_the_name_Kafkas_tools_print(ErrorCode code, string name) => Assert.Equal(name, code.KafkaName());

    [Fact]
    public void Whoever_must_refresh_metadata_may_also_ask_again()
    {
        Assert.True(ErrorCode.NotLeaderOrFollower.IsInvalidMetadata());
        Assert.True(ErrorCode.NotEnoughReplicas.IsRetriable());
        Assert.False(ErrorCode.NotEnoughReplicas.IsInvalidMetadata());
        Assert.False(ErrorCode.OffsetOutOfRange.IsRetriable());
        Assert.False(((ErrorCode)999).IsRetriable());
        Assert.All(Enum.GetValues<ErrorCode>().Where(code => code.IsInvalidMetadata()), code => Assert.True(code.IsRetriable()));
    }
}
