using ClassicBroker.Clients.Protocol;

namespace ClassicBroker.Broker.Groups;

/// <summary>What a member says when it joins.</summary>
/// <param name="MemberId">empty at the first join</param>
/// <param name="RequireKnownId">the client (JoinGroup v4+) can be given its id first, so that ids of lost answers do not pile up (KIP-394)</param>
/// <param name="SupportsSkippingAssignment">the client (v9+) understands that a leader need not assign anew (KIP-814)</param>
public sealed record JoinCall(
    string MemberId, string? InstanceId, string ClientId, string ClientHost, int SessionTimeoutMs, int RebalanceTimeoutMs,
    string ProtocolType, IReadOnlyList<MemberProtocol> Protocols, bool RequireKnownId, bool SupportsSkippingAssignment);

/// <summary>A member as the leader sees it: what it assigns by.</summary>
public readonly record struct JoinedMember(string Id, string? InstanceId, byte[] Metadata);

/// <summary>The generation a member is in. Members are listed for the leader only.</summary>
public sealed record JoinResult(ErrorCode Error, string MemberId)
{
    public int Generation { get; init; } = -1;

    public string? ProtocolType { get; init; }

    public string? Protocol { get; init; }

    public string Leader { get; init; } = "";

    public bool SkipAssignment { get; init; }

    public IReadOnlyList<JoinedMember> Members { get; init; } = [];
}

/// <summary>What a member says when it asks for its assignment; the leader brings everybody's.</summary>
public sealed record SyncCall(
    string MemberId, string? InstanceId, int Generation, string? ProtocolType, string? Protocol, IReadOnlyDictionary<string, byte[]> Assignments);

public sealed record SyncResult(ErrorCode Error, byte[] Assignment)
{
    public string? ProtocolType { get; init; }

    public string? Protocol { get; init; }

    public static SyncResult Failed(ErrorCode error) => new(error, []);
}

/// <summary>Who commits. Generation -1 and no ids: a reader that is in no group, only stores offsets under its name.</summary>
public readonly record struct CommitterIdentity(string MemberId, string? InstanceId, int Generation);

/// <summary>A picture of a group at one moment.</summary>
public sealed record GroupView(string Id, GroupPhase Phase, string ProtocolType, string Protocol, int Generation, IReadOnlyList<MemberView> Members);

public sealed record MemberView(string Id, string? InstanceId, string ClientId, string ClientHost, byte[] Metadata, byte[] Assignment);
