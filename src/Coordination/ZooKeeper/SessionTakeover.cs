using System.Buffers.Binary;
using System.Net.Sockets;
using ClassicBroker.Coordination.ZooKeeper.Driver;
using Microsoft.Extensions.Logging;

namespace ClassicBroker.Coordination.ZooKeeper;

/// <summary>
/// Ends the session of a process that is no more, so that its ephemeral znodes go in about a tenth of a second instead of after the
/// session timeout: attach with the saved id and password, then close.
/// </summary>
public static class SessionTakeover
{
    private const int CloseXid = 1;

    /// <summary>
    /// True when the session was there and has been closed; false when it was already gone (or the password is not its own).
    /// Tries one server after another for <see cref="ZooKeeperOptions.ConnectTimeout"/>, then fails with ConnectionLoss.
    /// </summary>
    public static async Task<bool> CloseSessionAsync(
        ZooKeeperOptions options, long sessionId, byte[] password, TimeProvider time, ILogger log, CancellationToken ct)
    {
        var servers = new ServerRing(ConnectString.Parse(options.ConnectString).Servers);
        var handshake = new HandshakeRequest(0, options.SessionTimeout, sessionId, password);
        long startedAt = time.GetTimestamp();
        bool closeWasSent = false;
        while (true)
        {
            var server = servers.Next();
            using var patience = new CancellationTokenSource(servers.PatienceWithOne(options.SessionTimeout), time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
            try
            {
                await using var stream = await ServerRing.OpenAsync(server, either.Token);
                var answer = await Handshake.PerformAsync(stream, handshake, either.Token);
                if (answer.IsExpired)
                {
                    log.LogInformation("ZooKeeper session 0x{Session:x} is gone", sessionId);
                    return closeWasSent;
                }

                closeWasSent = true;
                await CloseAsync(stream, either.Token);
                log.LogInformation("ZooKeeper session 0x{Session:x} taken over and closed at {Server}", sessionId, server);
                return true;
            }
            catch (Exception failure) when (!ct.IsCancellationRequested && failure is IOException or SocketException or OperationCanceledException or ZooKeeperProtocolException)
            {
                if (time.GetElapsedTime(startedAt) > options.ConnectTimeout)
                    throw new ZooKeeperException(ZooKeeperError.ConnectionLoss, null, $"no ZooKeeper server of '{options.ConnectString}' took session 0x{sessionId:x} over; last try: {server}: {failure.Message}");
            }

            await Task.Delay(servers.Failed(), time, ct);
        }
    }

    private static async Task CloseAsync(NetworkStream stream, CancellationToken ct)
    {
        byte[] close = RequestFrames.CloseSession();
        BinaryPrimitives.WriteInt32BigEndian(close.AsSpan(4), CloseXid);
        await stream.WriteAsync(close, ct);

        byte[] answer = new byte[4 + FrameSplitter.ReplyHeaderBytes];
        await stream.ReadExactlyAsync(answer, ct);
        int xid = BinaryPrimitives.ReadInt32BigEndian(answer.AsSpan(4));
        if (xid != CloseXid) throw new ZooKeeperProtocolException($"closing a session is answered as request {xid}");
    }
}
