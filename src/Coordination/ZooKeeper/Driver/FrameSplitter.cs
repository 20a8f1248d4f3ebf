using System.Buffers;

namespace ClassicBroker.Coordination.ZooKeeper.Driver;

/// <summary>One answer frame without its length. When <see cref="IsOversized"/>, only the 16-byte reply header: the rest is being skipped.</summary>
internal readonly record struct Frame(ReadOnlySequence<byte> Bytes, int Length, bool IsOversized);

/// <summary>
/// Cuts the byte stream into frames: a 4-byte length, then that many bytes. A frame above the limit is not collected: its header is handed on, so that the
/// request it answers can fail by name, and the rest is passed over as it arrives. Nothing is ever allocated on a declared length. Owner: the receive loop.
/// </summary>
internal sealed class FrameSplitter(int maxFrameBytes)
{
    /// <summary>xid, zxid, error: what every answer begins with.</summary>
    public const int ReplyHeaderBytes = 16;

    private long _toSkip;

    /// <summary>Takes the next whole frame off the front of <paramref name="buffer"/>; false when more bytes are needed.</summary>
    public bool TryTake(ref ReadOnlySequence<byte> buffer, out Frame frame)
    {
        frame = default;
        if (_toSkip > 0)
        {
            long skipped = Math.Min(_toSkip, buffer.Length);
            buffer = buffer.Slice(skipped);
            _toSkip -= skipped;
            if (_toSkip > 0) return false;
        }

        var reader = new SequenceReader<byte>(buffer);
        if (!reader.TryReadBigEndian(out int length)) return false;
        if (length < ReplyHeaderBytes) throw new ZooKeeperProtocolException($"a frame of {length} bytes is announced, the shortest answer has {ReplyHeaderBytes}");

        bool oversized = length > maxFrameBytes;
        int wanted = oversized ? ReplyHeaderBytes : length;
        if (reader.Remaining < wanted) return false;

        frame = new Frame(buffer.Slice(4, wanted), length, oversized);
        buffer = buffer.Slice(4L + wanted);
        _toSkip = length - wanted;
        return true;
    }
}
