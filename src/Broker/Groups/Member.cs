namespace ClassicBroker.Broker.Groups;

/// <summary>One way of assigning partitions that a member knows, with what it wants to tell the group's leader for it.</summary>
public readonly record struct MemberProtocol(string Name, byte[] Metadata);

/// <summary>
/// One member of a group, and the calls it waits in. Owner: the lock of its <see cref="Group"/>.
/// </summary>
internal sealed class Member(string id, string? instanceId, string clientId, string clientHost) : IDisposable
{
    public string Id { get; set; } = id;

    /// <summary>Set for a static member: the name that survives its restarts (KIP-345).</summary>
    public string? InstanceId { get; } = instanceId;

    public string ClientId { get; set; } = clientId;

    public string ClientHost { get; set; } = clientHost;

    public int SessionTimeoutMs { get; set; }

    public int RebalanceTimeoutMs { get; set; }

    /// <summary>In the member's order of preference.</summary>
    public IReadOnlyList<MemberProtocol> Protocols { get; set; } = [];

    public byte[] Assignment { get; set; } = [];

    /// <summary>Has not completed its first join: it may be given up while it waits, a client that gave up would join under another id.</summary>
    public bool IsNew { get; set; }

    /// <summary>Set while the member waits in JoinGroup: it has joined the coming generation.</summary>
    public TaskCompletionSource<JoinResult>? Joining { get; set; }

    /// <summary>Set while the member waits in SyncGroup.</summary>
    public TaskCompletionSource<SyncResult>? Syncing { get; set; }

    /// <summary>Runs out when the member was not heard of for its session timeout.</summary>
    public ITimer? Session { get; set; }

    public byte[] MetadataFor(string? protocol)
    {
        foreach (var known in Protocols)
        {
            if (known.Name == protocol) return known.Metadata;
        }
        return [];
    }

    /// <summary>Same protocols in the same order with the same bytes: joining again with them changes nothing.</summary>
    public bool Matches(IReadOnlyList<MemberProtocol> protocols)
    {
        if (protocols.Count != Protocols.Count) return false;
        for (var i = 0; i < protocols.Count; i++)
        {
            if (protocols[i].Name != Protocols[i].Name || !protocols[i].Metadata.AsSpan().SequenceEqual(Protocols[i].Metadata)) return false;
        }
        return true;
    }

    public void AnswerJoin(JoinResult result)
    {
        Joining?.TrySetResult(result);
        Joining = null;
    }

    public void AnswerSync(SyncResult result)
    {
        Syncing?.TrySetResult(result);
        Syncing = null;
    }

    public void Dispose() => Session?.Dispose();
}
