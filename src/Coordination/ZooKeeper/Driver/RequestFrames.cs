namespace ClassicBroker.Coordination.ZooKeeper.Driver;

/// <summary>Builds the frames of single requests: length, xid (filled in when sent), operation, then the fields of its jute record.</summary>
internal static class RequestFrames
{
    private const int AllRights = 31;

    public static JuteWriter Begin(int opCode)
    {
        var jute = new JuteWriter();
        jute.Int(0); // frame length, filled in last
        jute.Int(0); // xid, filled in when sent
        jute.Int(opCode);
        return jute;
    }

    public static byte[] Create(string path, ReadOnlySpan<byte> data, CreateMode mode, bool creatorOnly)
    {
        var jute = Begin(CreateOpCode(mode));
        CreateFields(jute, path, data, mode, creatorOnly);
        return jute.ToFrame();
    }

    public static byte[] CreateTtl(string path, ReadOnlySpan<byte> data, CreateMode mode, bool creatorOnly, long timeToLiveMs)
    {
        var jute = Begin(OpCode.CreateTtl);
        CreateFields(jute, path, data, mode, creatorOnly);
        jute.Long(timeToLiveMs);
        return jute.ToFrame();
    }

    /// <summary>Create2 answers with a stat, plain create does not; containers have an operation of their own.</summary>
    public static int CreateOpCode(CreateMode mode) => mode switch
    {
        CreateMode.Container => OpCode.CreateContainer,
        CreateMode.PersistentWithTtl or CreateMode.PersistentSequentialWithTtl =>
            throw new ArgumentException($"{mode} needs a time to live; use {nameof(IZooKeeper.CreateWithTtlAsync)}", nameof(mode)),
        _ => OpCode.Create2,
    };

    public static void CreateFields(JuteWriter jute, string path, ReadOnlySpan<byte> data, CreateMode mode, bool creatorOnly)
    {
        jute.String(path);
        jute.Buffer(data);
        jute.Int(1); // one access entry
        jute.Int(AllRights);
        jute.String(creatorOnly ? "auth" : "world");
        jute.String(creatorOnly ? "" : "anyone");
        jute.Int((int)mode);
    }

    public static byte[] Set(string path, ReadOnlySpan<byte> data, int version)
    {
        var jute = Begin(OpCode.SetData);
        SetFields(jute, path, data, version);
        return jute.ToFrame();
    }

    public static void SetFields(JuteWriter jute, string path, ReadOnlySpan<byte> data, int version)
    {
        jute.String(path);
        jute.Buffer(data);
        jute.Int(version);
    }

    /// <summary>Delete, addWatch (the mode) and removeWatches (the type): a path and a number.</summary>
    public static byte[] PathAndInt(int opCode, string path, int number)
    {
        var jute = Begin(opCode);
        jute.String(path);
        jute.Int(number);
        return jute.ToFrame();
    }

    /// <summary>Exists, getData, getChildren2: a path and whether to watch it.</summary>
    public static byte[] PathAndWatch(int opCode, string path, bool watch)
    {
        var jute = Begin(opCode);
        jute.String(path);
        jute.Bool(watch);
        return jute.ToFrame();
    }

    public static byte[] Sync(string path)
    {
        var jute = Begin(OpCode.Sync);
        jute.String(path);
        return jute.ToFrame();
    }

    public static byte[] CloseSession() => Begin(OpCode.CloseSession).ToFrame();

    public static byte[] Ping()
    {
        var jute = new JuteWriter();
        jute.Int(0); // frame length, filled in last
        jute.Int(Xid.Ping);
        jute.Int(OpCode.Ping);
        return jute.ToFrame();
    }
}
