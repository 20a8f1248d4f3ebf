namespace ClassicBroker.Coordination.ZooKeeper.Driver;

/// <summary>
/// Multi and multiRead. Both are a run of (header, record) pairs, ended by a header that says done; a header is the operation's
/// type, the done flag and an error. In the answer, a failed step has the type -1 and a record that is only its error.
/// </summary>
internal static class MultiFrames
{
    public static byte[] Encode(IReadOnlyList<ZooKeeperOp> ops, ConnectString connect, bool creatorOnly)
    {
        var jute = RequestFrames.Begin(OpCode.Multi);
        foreach (var op in ops)
        {
            string path = connect.ToServer(op.Path);
            switch (op)
            {
                case ZooKeeperOp.Create create:
                    Header(jute, RequestFrames.CreateOpCode(create.Mode));
                    RequestFrames.CreateFields(jute, path, create.Data, create.Mode, creatorOnly);
                    break;
                case ZooKeeperOp.Set set:
                    Header(jute, OpCode.SetData);
                    RequestFrames.SetFields(jute, path, set.Data, set.Version);
                    break;
                case ZooKeeperOp.Delete delete:
                    Header(jute, OpCode.Delete);
                    jute.String(path);
                    jute.Int(delete.Version);
                    break;
                case ZooKeeperOp.Check check:
                    Header(jute, OpCode.Check);
                    jute.String(path);
                    jute.Int(check.Version);
                    break;
                default:
                    throw new ArgumentException($"{op.GetType().Name} is not a step of a multi", nameof(ops));
            }
        }

        End(jute);
        return jute.ToFrame();
    }

    public static byte[] Encode(IReadOnlyList<ZooKeeperRead> reads, ConnectString connect)
    {
        var jute = RequestFrames.Begin(OpCode.MultiRead);
        foreach (var read in reads)
        {
            Header(jute, read is ZooKeeperRead.Get ? OpCode.GetData : OpCode.GetChildren);
            jute.String(connect.ToServer(read.Path));
            jute.Bool(false); // no watch: a multiRead cannot set one
        }

        End(jute);
        return jute.ToFrame();
    }

    public static ZooKeeperOpResult[] DecodeOps(ref JuteReader jute, int expected, ConnectString connect)
    {
        var results = new ZooKeeperOpResult[expected];
        for (int i = 0; i < expected; i++)
        {
            results[i] = ReadHeader(ref jute) switch
            {
                OpCode.Error => new ZooKeeperOpResult((ZooKeeperError)jute.ReadInt(), null, null),
                OpCode.Create => new ZooKeeperOpResult(ZooKeeperError.Ok, connect.ToClient(jute.ReadString()), null),
                OpCode.Create2 or OpCode.CreateContainer => new ZooKeeperOpResult(ZooKeeperError.Ok, connect.ToClient(jute.ReadString()), jute.ReadStat()),
                OpCode.SetData => new ZooKeeperOpResult(ZooKeeperError.Ok, null, jute.ReadStat()),
                OpCode.Delete or OpCode.Check => new ZooKeeperOpResult(ZooKeeperError.Ok, null, null),
                int other => throw new ZooKeeperProtocolException($"a multi is answered with a record of type {other}"),
            };
        }

        return results;
    }

    public static ZooKeeperReadResult[] DecodeReads(ref JuteReader jute, int expected)
    {
        var results = new ZooKeeperReadResult[expected];
        for (int i = 0; i < expected; i++)
        {
            results[i] = ReadHeader(ref jute) switch
            {
                OpCode.Error => new ZooKeeperReadResult((ZooKeeperError)jute.ReadInt(), null, null, null),
                OpCode.GetData => new ZooKeeperReadResult(ZooKeeperError.Ok, jute.ReadBuffer(), null, jute.ReadStat()),
                OpCode.GetChildren => new ZooKeeperReadResult(ZooKeeperError.Ok, null, jute.ReadStrings(), null),
                int other => throw new ZooKeeperProtocolException($"a multiRead is answered with a record of type {other}"),
            };
        }

        return results;
    }

    private static void Header(JuteWriter jute, int type)
    {
        jute.Int(type);
        jute.Bool(false); // more follows
        jute.Int(-1); // no error, in a request
    }

    private static void End(JuteWriter jute)
    {
        jute.Int(-1);
        jute.Bool(true);
        jute.Int(-1);
    }

    private static int ReadHeader(ref JuteReader jute)
    {
        int type = jute.ReadInt();
        bool done = jute.ReadBool();
        jute.ReadInt(); // the error again, which the record tells
        if (done) throw new ZooKeeperProtocolException("a multi is answered with fewer results than it had steps");
        return type;
    }
}
