using Seawall.Engine.Loops;
using Seawall.MySql.Compression;
using Seawall.MySql.Framing;

namespace Seawall.Testing.Framing;

/// <summary>How a <see cref="PacketStream"/> ended.</summary>
public enum StreamEnd
{
    /// <summary>It has not.</summary>
    None,

    /// <summary>Between two packets.</summary>
    Clean,

    /// <summary>In the middle of a packet.</summary>
    InsidePacket,

    /// <summary>By a reset.</summary>
    Reset,
}

/// <summary>
/// Whole packets over a wire, for the fakes: strict about numbers, and independent of the engine's own framing.
/// </summary>
internal sealed class PacketStream(Wire wire)
{
    private readonly PacketWriter _out = new();
    private readonly byte[] _header = new byte[PacketHeader.Size];
    private readonly byte[] _frameHeader = new byte[FrameHeader.Size];
    private byte[] _buffer = new byte[8192];
    private FrameCodec? _frames;
    private byte[] _unpacked = [];
    private int _unpackedAt;
    private int _start;
    private int _end;
    private byte _next;

    internal Wire Wire { get; } = wire;

    /// <summary>How it ended.</summary>
    internal StreamEnd End { get; private set; }

    /// <summary>The first thing that was wrong.</summary>
    internal string? Problem { get; private set; }

    /// <summary>Packets read since the start.</summary>
    internal int PacketsRead { get; private set; }

    /// <summary>Packets written since the start.</summary>
    internal int PacketsWritten { get; private set; }

    /// <summary>Whether bytes are here that nobody has read.</summary>
    internal bool HasUnread => _end > _start || _unpackedAt < _unpacked.Length;

    /// <summary>From here on everything is in frames.</summary>
    internal void Compress(CompressionKind kind) => _frames = kind == CompressionKind.None ? null : new FrameCodec(kind);

    /// <summary>A command begins: numbers begin again.</summary>
    internal void Restart(byte sequence = 0)
    {
        _next = sequence;
        _frames?.Next = sequence;
    }

    /// <summary>The next payload, put together when it was cut; null when there is none any more.</summary>
    internal async LoopTask<byte[]?> Read()
    {
        byte[] payload = [];
        while (true)
        {
            if (!await Fill(_header, isFirst: payload.Length == 0))
                return null;
            var sequence = PacketHeader.SequenceOf(_header);
            // Nobody looks at the numbers of packets in frames.
            if (sequence != _next && _frames is null)
                Problem ??= $"packet {sequence} where {_next} was due";
            _next = (byte)(sequence + 1);
            PacketsRead++;
            var length = PacketHeader.LengthOf(_header);
            var before = payload.Length;
            Array.Resize(ref payload, before + length);
            if (!await Fill(payload.AsMemory(before), isFirst: false))
                return null;
            if (length < PacketHeader.LengthMax)
                return payload;
        }
    }

    /// <summary>Begins a packet; <see cref="Finish"/> ends it.</summary>
    internal PacketWriter Begin()
    {
        // Behind what the other side has said packets are counted from the frame's number.
        if (_frames is not null && _out.Bytes.Length == 0)
            _next = _frames.Next;
        return _out.Begin(_next);
    }

    /// <summary>Ends the packet; nothing is sent before <see cref="Flush"/>.</summary>
    internal void Finish()
    {
        var before = _next;
        _out.End();
        _next = _out.NextSequence;
        PacketsWritten += (byte)(_next - before);
    }

    /// <summary>Bytes that wait for <see cref="Flush"/>.</summary>
    internal int Unflushed => _out.Bytes.Length;

    /// <summary>Sends what was written; false when nobody is there to take it.</summary>
    internal async LoopTask<bool> Flush()
    {
        var sent = Wire.Send(_frames is null ? _out.Bytes : _frames.Pack(_out.Bytes));
        _out.Clear();
        return sent && await Wire.Flushed();
    }

    private async LoopTask<bool> Fill(Memory<byte> into, bool isFirst)
    {
        if (_frames is null)
            return await FillRaw(into, isFirst);
        for (var have = 0; have < into.Length;)
        {
            if (_unpackedAt == _unpacked.Length && !await ReadFrame(isFirst && have == 0))
                return false;
            var count = Math.Min(into.Length - have, _unpacked.Length - _unpackedAt);
            _unpacked.AsMemory(_unpackedAt, count).CopyTo(into[have..]);
            _unpackedAt += count;
            have += count;
        }
        return true;
    }

    private async LoopTask<bool> ReadFrame(bool isFirst)
    {
        if (!await FillRaw(_frameHeader, isFirst))
            return false;
        var header = FrameHeader.Read(_frameHeader);
        var body = new byte[header.Length];
        if (!await FillRaw(body, isFirst: false))
            return false;
        (_unpacked, _unpackedAt) = (_frames!.Unpack(header, body), 0);
        Problem ??= _frames.Problem;
        return true;
    }

    private async LoopTask<bool> FillRaw(Memory<byte> into, bool isFirst)
    {
        var have = 0;
        while (have < into.Length)
        {
            if (_start == _end && !await Receive(isFirst && have == 0))
                return false;
            var count = Math.Min(into.Length - have, _end - _start);
            _buffer.AsSpan(_start, count).CopyTo(into.Span[have..]);
            _start += count;
            have += count;
        }
        return true;
    }

    private async LoopTask<bool> Receive(bool isBetween)
    {
        while (true)
        {
            var count = Wire.ReadReady ? Wire.Receive(_buffer) : WireResult.Later;
            if (count > 0)
            {
                (_start, _end) = (0, count);
                return true;
            }
            if (count != WireResult.Later)
            {
                End = count == WireResult.Broken ? StreamEnd.Reset : isBetween ? StreamEnd.Clean : StreamEnd.InsidePacket;
                return false;
            }
            await Wire.Readable();
        }
    }
}
