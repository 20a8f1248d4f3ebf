using ClassicBroker.Broker.Log;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Unit.Log;

/// <summary>
/// Row 15 of the fault matrix: the last batch, 64 KiB long, cut at every byte, spoiled at every byte, followed by zeros of every length, and by garbage that
/// announces a length that fits. The log ends where its last valid batch ends, and says how much it cut.
/// </summary>
public sealed class TornTailTests
{
    private const string File = DiskBench.Partition + "/00000000000000000000.log";
    private const int TailBytes = 64 * 1024;

    private readonly DiskBench _bench = new();
    private readonly byte[] _bytes;
    private readonly int _whole;

    public TornTailTests()
    {
        using (var log = _bench.Open())
        {
            LogBench.Append(log, 3);
            _whole = (int)log.SizeBytes;
            LogBench.Append(log, valueBytes: TailBytes - RecordBatch.HeaderSize - 20);
        }
        _bytes = _bench.Disk.ReadAllBytes(File);
    }

    [Fact]
    public void Cut_at_every_byte()
    {
        Assert.InRange(_bytes.Length - _whole, TailBytes - 20, TailBytes);
        for (var kept = _whole; kept < _bytes.Length; kept++)
            Recover(_bytes.AsSpan(0, kept), end: 3, _whole);
        Recover(_bytes, end: 4, _bytes.Length);
    }

    [Fact]
    public void Spoiled_at_every_byte_that_the_CRC_covers()
    {
        var spoiled = (byte[])_bytes.Clone();
        for (var at = _whole; at < _bytes.Length; at++)
        {
            // base offset and leader epoch are outside of the CRC; what holds them is tested with closed segments
            if (at - _whole is (>= 0 and < 8) or (>= 12 and < 16))
                continue;
            spoiled[at] ^= (byte)(1 << (at % 8));
            Recover(spoiled, end: 3, _whole);
            spoiled[at] = _bytes[at];
        }
    }

    [Fact]
    public void Followed_by_zeros_of_every_length()
    {
        var longer = new byte[_whole + TailBytes];
        _bytes.AsSpan(0, _whole).CopyTo(longer);
        for (var length = 1; length <= TailBytes; length++)
            Recover(longer.AsSpan(0, _whole + length), end: 3, _whole);
    }

    [Fact]
    public void Followed_by_garbage_that_announces_a_length_that_fits()
    {
        var random = new Random(7);
        for (var round = 0; round < 5000; round++)
        {
            var tail = new byte[random.Next(RecordBatch.HeaderSize, 4096)];
            random.NextBytes(tail);
            RecordBatch.SetBaseOffset(tail, 3);
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(tail.AsSpan(8), tail.Length - RecordBatch.LogOverhead);
            tail[RecordBatch.MagicAt] = RecordBatch.CurrentMagic;
            Recover([.. _bytes.AsSpan(0, _whole), .. tail], end: 3, _whole);
        }
    }

    private void Recover(ReadOnlySpan<byte> content, long end, long size)
    {
        _bench.Disk.Put(File, content);
        var progress = new RecoveryProgress(_bench.Time);
        using var log = _bench.Open(progress: progress);
        if (log.LogEndOffset != end || log.SizeBytes != size || progress.BytesCut != content.Length - size)
            Assert.Fail($"{content.Length} bytes: log end {log.LogEndOffset}, {log.SizeBytes} bytes, {progress}");
    }
}
