using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;
using ClassicBroker.Clients.Records;

namespace ClassicBroker.Bench.Log;

/// <summary>CRC-32C over a small batch, a full one, and more than the caches hold; the limit is reading the same memory once.</summary>
internal static class Checksums
{
    public static IEnumerable<Measure> All(string directory, LogBench.Settings settings)
    {
        foreach (var (name, size) in new[] { ("1 KB", 1024), ("16 KB", 16 * 1024), ("1 MB", 1 << 20), ("64 MB", 64 << 20) })
        {
            var data = new byte[size];
            new Random(1).NextBytes(data);
            var copy = new byte[size];
            var times = (int)Math.Max(1, settings.Volume * 2 / size);
            yield return new Measure($"CRC-32C of {name}", "MB/s", () => Checksum(data, times), () => Machine.Copy(data, copy, times), "memcpy");
        }
        var small = Filled(16 * 1024);
        var rounds = (int)(settings.Volume / small.Length);
        yield return new Measure("CRC-32C of 16 KB, beside one stream of the instruction", "MB/s", () => Checksum(small, rounds), () => OneStream(small, rounds), "one stream")
        {
            Asked = 2,
        };
        var machine = new Machine(directory);
        yield return new Measure("the machine: gathered writes, 16 x 16 KB", "MB/s", () => machine.Write(Filled(16 * 1024), 16, settings.Volume));
        yield return new Measure("the machine: fsync after 16 KB", "ms", () => machine.Flush(16 * 1024), LowerIsBetter: true);
    }

    private static double Checksum(byte[] data, int times)
    {
        uint all = 0;
        var since = Stopwatch.GetTimestamp();
        for (var i = 0; i < times; i++)
            all ^= Crc32C.Compute(data);
        GC.KeepAlive(all);
        return Machine.Rate((long)data.Length * times, since);
    }

    private static double OneStream(byte[] data, int times)
    {
        uint all = 0;
        var since = Stopwatch.GetTimestamp();
        for (var i = 0; i < times; i++)
        {
            foreach (var word in MemoryMarshal.Cast<byte, ulong>(data.AsSpan()))
                all = BitOperations.Crc32C(all, word);
        }
        GC.KeepAlive(all);
        return Machine.Rate((long)data.Length * times, since);
    }

    private static byte[] Filled(int size)
    {
        var bytes = new byte[size];
        new Random(2).NextBytes(bytes);
        return bytes;
    }
}
