using System.Net.Sockets;
using System.Text;

namespace ClassicBroker.Testing;

/// <summary>ZooKeeper's four-letter words: a plain-text question on the client port, answered before the server hangs up.</summary>
public static class FourLetterWord
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>The answer, or null when nobody answers.</summary>
    public static async Task<string?> AskAsync(string host, int port, string word, TimeProvider time, CancellationToken ct)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(host, port, either.Token);
            await using var stream = client.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes(word), either.Token);
            using var reader = new StreamReader(stream, Encoding.ASCII);
            return await reader.ReadToEndAsync(either.Token);
        }
        catch (Exception silent) when (!ct.IsCancellationRequested && silent is SocketException or IOException or OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>leader, follower, observer or standalone; null when the server does not serve (no quorum, or not there).</summary>
    public static async Task<string?> ModeAsync(string host, int port, TimeProvider time, CancellationToken ct)
    {
        string? answer = await AskAsync(host, port, "srvr", time, ct);
        return answer?.Split('\n').FirstOrDefault(line => line.StartsWith("Mode: ", StringComparison.Ordinal))?["Mode: ".Length..].Trim();
    }
}
