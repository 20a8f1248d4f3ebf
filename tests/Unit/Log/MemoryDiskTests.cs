using System.Text;
using ClassicBroker.Testing;
using Microsoft.Extensions.Time.Testing;

namespace ClassicBroker.Unit.Log;

/// <summary>What other tests rely on when they take the power away.</summary>
public sealed class MemoryDiskTests
{
    private readonly MemoryDisk _disk = new(new FakeTimeProvider());

    public MemoryDiskTests() => _disk.CreateDirectory("/d/e");

    [Fact]
    public void A_rename_that_was_not_flushed_leaves_the_old_name_or_the_new_one()
    {
        using (var file = _disk.Open("/d/e/old", create: true))
            file.Flush();
        Flush("/", "/d", "/d/e");
        _disk.Rename("/d/e/old", "/d/e/new");
        var names = new HashSet<string>();
        for (var seed = 0; seed < 50; seed++)
        {
            var dead = _disk.Copy();
            dead.PowerLoss(new Random(seed));
            names.Add(Assert.Single(dead.ListFiles("/d/e")));
        }
        Assert.Equal(["new", "old"], names.Order());
    }

    [Fact]
    public void What_was_not_flushed_may_go_and_what_was_stays()
    {
        Flush("/", "/d");
        using (var file = _disk.Open("/d/e/f", create: true))
        {
            file.Append("kept"u8);
            file.Flush();
            _disk.FlushDirectory("/d/e");
            file.Append("lost"u8);
        }
        _disk.Open("/d/e/nameless", create: true).Dispose();
        var dead = _disk.Copy();
        dead.PowerLoss(new Random(1), keepNothing: true);
        Assert.Equal(["f"], dead.ListFiles("/d/e"));
        Assert.Equal("kept", Encoding.UTF8.GetString(dead.ReadAllBytes("/d/e/f")));
        var lengths = new HashSet<int>();
        for (var seed = 0; seed < 50; seed++)
        {
            var some = _disk.Copy();
            some.PowerLoss(new Random(seed));
            var bytes = some.ReadAllBytes("/d/e/f");
            Assert.Equal("kept", Encoding.UTF8.GetString(bytes[..4]));
            lengths.Add(bytes.Length);
        }
        Assert.Equal(5, lengths.Count);
    }

    [Fact]
    public void A_truncation_that_was_not_flushed_may_come_back()
    {
        _disk.Put("/d/e/f", "old content"u8);
        Flush("/", "/d");
        using (var file = _disk.Open("/d/e/f", create: false))
        {
            file.Truncate(4);
            file.Append("new"u8);
        }
        Assert.Equal("old new", Encoding.UTF8.GetString(_disk.ReadAllBytes("/d/e/f")));
        _disk.PowerLoss(new Random(1), keepNothing: true);
        Assert.Equal("old content", Encoding.UTF8.GetString(_disk.ReadAllBytes("/d/e/f")));
    }

    [Fact]
    public void A_dead_process_loses_its_files_and_locks_and_nothing_else()
    {
        var file = _disk.Open("/d/e/f", create: true);
        file.Append("x"u8);
        Assert.NotNull(_disk.TryLock("/d/.lock", "me", out _));
        Assert.Null(_disk.TryLock("/d/.lock", "you", out var holder));
        Assert.Equal("me", holder);
        _disk.ProcessDeath();
        Assert.Throws<ObjectDisposedException>(() => file.Append("y"u8));
        Assert.NotNull(_disk.TryLock("/d/.lock", "you", out _));
        Assert.Equal(1, _disk.FileLength("/d/e/f"));
    }

    [Fact]
    public void A_full_disk_writes_nothing_and_a_deletion_makes_room()
    {
        _disk.FreeBytes = 5;
        using var file = _disk.Open("/d/e/f", create: true);
        file.Append("123"u8);
        Assert.Equal(MemoryDisk.NoSpace, Assert.Throws<IOException>(() => file.Append("456"u8)).HResult);
        Assert.Equal(3, file.Length);
        _disk.DeleteFile("/d/e/f");
        Assert.Equal(5, _disk.FreeBytes);
    }

    private void Flush(params string[] directories)
    {
        foreach (var directory in directories)
            _disk.FlushDirectory(directory);
    }
}
