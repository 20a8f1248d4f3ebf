using ClassicBroker.Clients.Metadata;
using ClassicBroker.Clients.Network;
using ClassicBroker.Clients.Protocol;
using Microsoft.Extensions.Time.Testing;

namespace ClassicBroker.Unit.Clients;

public class RetryLoopTests
{
    private readonly FakeTimeProvider time = new();

    private RetryLoop Loop => new(ClusterOptions.For("a:1") with { CallTimeout = TimeSpan.FromSeconds(10) }, time);

    [Fact]
    public void Pauses_double_up_to_the_longest() =>
        Assert.Equal([100, 200, 400, 800, 1000, 1000], Enumerable.Range(0, 6).Select(failures => Loop.Pause(failures).TotalMilliseconds));

    [Fact]
    public async Task A_passing_failure_is_tried_again()
    {
        int attempts = 0;
        Task<int> run = Loop.RunAsync(
            _ => ++attempts < 4 ? throw new BrokerErrorException(ErrorCode.LeaderNotAvailable, "t-0") : Task.FromResult(42),
            TestContext.Current.CancellationToken);
        await PassTimeUntilDone(run);
        Assert.Equal((42, 4), (await run, attempts));
    }

    [Fact]
    public async Task When_the_time_is_up_the_last_failure_is_told()
    {
        int attempts = 0;
        Task<int> run = Loop.RunAsync<int>(
            _ => throw new BrokerConnectionException($"attempt {++attempts}"), TestContext.Current.CancellationToken);
        await PassTimeUntilDone(run);
        Assert.Equal($"attempt {attempts}", (await Assert.ThrowsAsync<BrokerConnectionException>(() => run)).Message);
        Assert.InRange(attempts, 2, 14);
    }

    [Fact]
    public async Task A_failure_that_stays_is_told_at_once()
    {
        int attempts = 0;
        await Assert.ThrowsAsync<BrokerErrorException>(() => Loop.RunAsync<int>(_ =>
        {
            attempts++;
            throw new BrokerErrorException(ErrorCode.TopicAlreadyExists, "t");
        }, TestContext.Current.CancellationToken));
        Assert.Equal(1, attempts);
    }

    private async Task PassTimeUntilDone(Task run)
    {
        while (!run.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }
    }
}
