namespace ClassicBroker.Broker.Api;

/// <summary>
/// The bit sets of operations a client may perform (KIP-430): bit n stands for the ACL operation with code n. Without an authorizer
/// everybody may do everything the resource knows.
/// </summary>
internal static class AuthorizedOperations
{
    /// <summary>What stands in an answer when the client did not ask.</summary>
    public const int NotAsked = int.MinValue;

    private const int Read = 3, Write = 4, Create = 5, Delete = 6, Alter = 7, Describe = 8, ClusterAction = 9, DescribeConfigs = 10,
        AlterConfigs = 11, IdempotentWrite = 12;

    public const int AllOnTopic = 1 << Read | 1 << Write | 1 << Create | 1 << Delete | 1 << Alter | 1 << Describe | 1 << DescribeConfigs | 1 << AlterConfigs;

    public const int AllOnGroup = 1 << Read | 1 << Delete | 1 << Describe;

    public const int AllOnCluster =
        1 << Create | 1 << Alter | 1 << Describe | 1 << ClusterAction | 1 << DescribeConfigs | 1 << AlterConfigs | 1 << IdempotentWrite;
}
