using System.Buffers.Binary;
using System.IO.Pipelines;
using ClassicBroker.Coordination.ZooKeeper;
using ClassicBroker.Coordination.ZooKeeper.Driver;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClassicBroker.Unit.ZooKeeper;

/// <summary>A connection whose other end is the test: it reads the frames sent, and answers when and what it likes. No socket, no clock but the given one.</summary>
internal sealed class ScriptedServer
{
    private readonly Pipe _toServer = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly Pipe _toClient = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly Stream _incoming;

    public ScriptedServer(TimeProvider time, ZooKeeperOptions options)
    {
        _incoming = _toServer.Reader.AsStream();
        Events = new EventLoop(_ => { }, Fired.Add, NullLogger.Instance);
        Parts = new DriverParts(
            options, ConnectString.Parse("test:1"), new Session(options, time), new RequestQueue(options.MaxQueued), Events, time, NullLogger.Instance);
        Connection = new Connection(new TwoWayStream(_toClient.Reader.AsStream(), _toServer.Writer.AsStream()), new ServerAddress("test", 1), Parts);
    }

    public List<ZNodeEvent> Fired { get; } = [];

    public EventLoop Events { get; }

    public DriverParts Parts { get; }

    public Connection Connection { get; }

    public async Task<PendingRequest<byte[]>> IssueAsync(string path)
    {
        var request = new PendingRequest<byte[]>(
            RequestFrames.PathAndWatch(OpCode.GetData, path, false), "get", path, static (ref JuteReader body) => body.ReadBuffer());
        await Parts.Queue.EnqueueAsync(request, default);
        return request;
    }

    /// <summary>xid and operation of the next frame that was sent.</summary>
    public async Task<(int Xid, int OpCode)> NextAsync()
    {
        byte[] prefix = new byte[4];
        await _incoming.ReadExactlyAsync(prefix);
        byte[] frame = new byte[BinaryPrimitives.ReadInt32BigEndian(prefix)];
        await _incoming.ReadExactlyAsync(frame);
        return (BinaryPrimitives.ReadInt32BigEndian(frame), BinaryPrimitives.ReadInt32BigEndian(frame.AsSpan(4)));
    }

    public bool HasMore => _toServer.Reader.TryRead(out var result) && Peeked(result);

    public async Task AnswerAsync(int xid, byte[] data, ZooKeeperError error = ZooKeeperError.Ok, long zxid = 1)
    {
        var jute = new JuteWriter();
        jute.Int(0);
        jute.Int(xid);
        jute.Long(zxid);
        jute.Int((int)error);
        jute.Buffer(data);
        await _toClient.Writer.WriteAsync(jute.ToFrame());
    }

    public async Task SendAsync(byte[] bytes) => await _toClient.Writer.WriteAsync(bytes);

    public async Task HangUpAsync() => await _toClient.Writer.CompleteAsync();

    private bool Peeked(ReadResult result)
    {
        _toServer.Reader.AdvanceTo(result.Buffer.Start);
        return !result.Buffer.IsEmpty;
    }

    private sealed class TwoWayStream(Stream read, Stream write) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush() => write.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken ct = default) => read.ReadAsync(buffer, ct);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken ct = default) => write.WriteAsync(buffer, ct);
    }
}
