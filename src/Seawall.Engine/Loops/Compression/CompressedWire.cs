using System.Buffers;
using Seawall.MySql.Compression;
using Seawall.MySql.Results;

namespace Seawall.Engine.Loops.Compression;

/// <summary>
/// A wire whose packets travel in compressed frames, in the place of the one that it goes over, which may be under TLS. Whoever
/// converses on it sees the bytes of a plain connection, packet numbers included.
/// </summary>
/// <remarks>
/// It keeps nothing while nobody speaks: contexts and buffers are the loop's (<see cref="CompressionBench"/>). In the middle of
/// a frame it holds what undoes it; of what has arrived no more than one read, while its user takes it piece by piece; and of
/// what the peer does not take, the frames of one <see cref="Wire.Send"/>.
/// </remarks>
public sealed class CompressedWire : Wire
{
    private readonly Wire _below;
    private readonly CompressionKind _kind;
    private readonly int _level;
    private readonly bool _isServer;
    private FrameReader _reader;
    private FrameNumbers _numbers;
    private Outbox _frames;
    private byte[]? _arrived;
    private int _arrivedStart;
    private int _arrivedEnd;
    private int _plainOfFrames;
    private int _begunAt;
    private int _end = WireResult.Later;
    private (SqlError Error, string Message, byte Sequence)? _offence;

    private CompressedWire(Wire below, CompressionKind kind, int level, bool isServer, ReadOnlySpan<byte> ahead)
        : base(below.Loop)
    {
        _below = below;
        _kind = kind;
        _level = level;
        _isServer = isServer;
        Peer = below.Peer;
        _numbers = new FrameNumbers(isServer);
        below.GoUnder(this);
        Hold(ahead);
        NoteBelow();
        ReadReady |= _arrived is not null;
    }

    /// <inheritdoc/>
    public override PeerAddress OwnAddress => _below.OwnAddress;

    /// <inheritdoc/>
    public override bool IsEncrypted => _below.IsEncrypted;

    /// <inheritdoc/>
    public override string? PeerCertificate => _below.PeerCertificate;

    /// <inheritdoc/>
    public override bool GoesFirst
    {
        get => _below.GoesFirst;
        set => _below.GoesFirst = value;
    }

    /// <inheritdoc/>
    public override bool IsCostly => true;

    /// <inheritdoc/>
    public override string? Problem => _offence?.Message ?? _below.Problem;

    /// <summary>How it is compressed.</summary>
    public CompressionKind Kind => _kind;

    /// <inheritdoc/>
    protected override long UntakenBelow => _frames.Length + _below.Untaken;

    private CompressionBench Bench => Loop.Compression;

    /// <summary>
    /// Over the wire of a client that has logged in. <paramref name="ahead"/> is what has arrived behind its login. A client that
    /// breaks the rules of frames is told so when the wire is closed.
    /// </summary>
    public static CompressedWire ToClient(Wire below, CompressionKind kind, int level, ReadOnlySpan<byte> ahead) =>
        new(below, kind, level, isServer: true, ahead);

    /// <summary>Over the wire to a server at which Seawall has logged in.</summary>
    public static CompressedWire ToServer(Wire below, CompressionKind kind, ReadOnlySpan<byte> ahead) =>
        new(below, kind, CompressionBench.ZstdLevel, isServer: false, ahead);

    /// <inheritdoc/>
    public override int Receive(Span<byte> into)
    {
        if (IsClosed)
            return WireResult.Broken;
        var count = _begunAt = 0;
        while (count < into.Length && _end == WireResult.Later && Fetch() is { Length: > 0 } input)
        {
            var goesOn = Unpack(input, into, ref count, out var taken);
            Drop(taken, input);
            if (!goesOn)
                break;
        }
        if (count < into.Length && _reader.IsCut && _end == WireResult.Later)
            _ = Unpack(default, into, ref count, out _);
        Bench.PlainReceived += count;
        // A frame that was cut short by a small buffer may have more to give, though nothing has arrived.
        ReadReady = _end != WireResult.Later || _arrived is not null || _reader.IsCut || _below.ReadReady;
        return count > 0 ? count : _end;
    }

    /// <inheritdoc/>
    public override bool LooksDead() => IsClosed || PeerGone || _below.LooksDead();

    /// <inheritdoc/>
    internal override void BeginFile() => _numbers.BeginFile();

    internal override void NoteBelow()
    {
        if (IsClosed)
            return;
        PeerGone |= _below.PeerGone;
        ReadReady |= _below.ReadReady;
        WriteReady = _below.WriteReady;
    }

    /// <inheritdoc/>
    protected override int Write(ReadOnlySpan<byte> bytes)
    {
        if (IsClosed)
            return WireResult.Broken;
        var count = 0;
        while (true)
        {
            // The packets in frames that are not sent yet are the first of those that come again.
            var flushed = FlushFrames();
            if (flushed == WireResult.Broken)
                return WireResult.Broken;
            if (flushed == WireResult.Later)
                return count > 0 ? count : WireResult.Later;
            count += _plainOfFrames;
            _plainOfFrames = 0;
            if (count == bytes.Length)
                return count;
            _plainOfFrames = Pack(bytes[count..]);
        }
    }

    /// <inheritdoc/>
    protected override void CloseCore()
    {
        _below.GoUnder(null);
        if (_offence is { } offence && !_below.IsClosed && _frames.Length == 0)
            Say(offence.Error, offence.Message, offence.Sequence);
        _reader.Drop(Bench);
        _frames.Clear();
        Drop(_arrivedEnd - _arrivedStart, default);
        _below.Close();
    }

    /// <inheritdoc/>
    protected override void LetGoCore() => _below.LetGo();

    /// <inheritdoc/>
    protected override void ComeToCore()
    {
        _below.ComeTo(Loop);
        ReadReady = _end != WireResult.Later || _arrived is not null || _below.ReadReady;
    }

    // What has arrived: kept from before, or read now into the loop's buffer.
    private ReadOnlySpan<byte> Fetch()
    {
        if (_arrived is not null)
            return _arrived.AsSpan(_arrivedStart, _arrivedEnd - _arrivedStart);
        if (!_below.ReadReady)
            return default;
        var count = _below.Receive(Bench.Input);
        if (count > 0)
        {
            Bench.FramesReceived += count;
            return Bench.Input.AsSpan(0, count);
        }
        if (count != WireResult.Later)
        {
            _end = count;
            PeerGone = true;
        }
        return default;
    }

    // False when what is there must be taken by the user before anything else is read.
    private bool Unpack(ReadOnlySpan<byte> input, Span<byte> into, ref int count, out int taken)
    {
        taken = 0;
        while (count < into.Length)
        {
            var seen = _reader.Read(_kind, Bench, input[taken..], into[count..], out var used, out var given);
            _numbers.Receive(into.Slice(count, given));
            taken += used;
            count += given;
            switch (seen)
            {
                case FrameEvent.Begun when !Begin(count):
                    return Refuse(SqlError.PacketsOutOfOrder, "Got packets out of order");
                case FrameEvent.Corrupt:
                    count = _begunAt; // As far as nobody has seen it yet, nothing of it is believed.
                    return Refuse(SqlError.UncompressFailed, "Couldn't uncompress communication packet");
                case FrameEvent.Ended when _isServer && count > 0 && _numbers.IsBetweenCommands:
                    // The next frame is the next command's, which is counted by itself: this one is answered first.
                    return false;
                case FrameEvent.Open:
                    return true;
                case FrameEvent.Begun:
                case FrameEvent.Ended:
                    break;
            }
        }
        return true;
    }

    private bool Begin(int at)
    {
        _begunAt = at;
        return _numbers.Begin(_reader.Header.Sequence);
    }

    private bool Refuse(SqlError error, string message)
    {
        _end = WireResult.Broken;
        if (_isServer)
            _offence = (error, message, (byte)(_reader.Header.Sequence + 1));
        return false;
    }

    // As many frames as fit into the loop's buffer; how many of the bytes are in them.
    private int Pack(ReadOnlySpan<byte> bytes)
    {
        var (bench, count, length) = (Bench, 0, 0);
        while (count < bytes.Length)
        {
            var piece = bench.Plain.AsSpan(0, Math.Min(bytes.Length - count, CompressionBench.PlainMax));
            if (FrameHeader.Size + piece.Length > bench.Output.Length - length)
                break;
            bytes.Slice(count, piece.Length).CopyTo(piece);
            piece = piece[.._numbers.Send(piece)];
            length += bench.WriteFrame(_kind, _level, _numbers.NextFrame(), piece, bench.Output.AsSpan(length));
            count += piece.Length;
        }
        var sent = _below.WriteNow(bench.Output.AsSpan(0, length));
        // A connection that is broken says so at the next try.
        _frames.Keep(bench.Output.AsSpan(Math.Max(0, sent), length - Math.Max(0, sent)));
        return count;
    }

    private int FlushFrames()
    {
        while (_frames.Length > 0)
        {
            var sent = _below.WriteNow(_frames.Bytes);
            if (sent <= 0)
            {
                WriteReady = _below.WriteReady;
                return sent == 0 ? WireResult.Later : sent;
            }
            _frames.Drop(sent);
        }
        return 0;
    }

    private void Say(SqlError error, string message, byte sequence)
    {
        var writer = Loop.Writer.Clear().Begin(sequence);
        ErrPacket.Write(writer, error, message);
        var packet = writer.End().Bytes;
        var length = Bench.WriteFrame(CompressionKind.None, 0, sequence, packet, Bench.Output);
        _ = _below.WriteNow(Bench.Output.AsSpan(0, length));
    }

    private void Hold(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        _arrived = ArrayPool<byte>.Shared.Rent(bytes.Length);
        bytes.CopyTo(_arrived);
        (_arrivedStart, _arrivedEnd) = (0, bytes.Length);
    }

    private void Drop(int taken, ReadOnlySpan<byte> input)
    {
        if (_arrived is null)
        {
            Hold(input[taken..]);
            return;
        }
        _arrivedStart += taken;
        if (_arrivedStart < _arrivedEnd)
            return;
        ArrayPool<byte>.Shared.Return(_arrived, clearArray: true); // It may hold a password.
        _arrived = null;
    }
}
