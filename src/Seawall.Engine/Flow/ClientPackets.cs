using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Loops;
using Seawall.MySql.Framing;
using Seawall.MySql.Results;

namespace Seawall.Engine.Flow;

/// <summary>
/// Packets of a client that go by in pieces: the rest of a long command, or a file. Knows where they end, so that nothing of
/// the client's next command is taken.
/// </summary>
internal struct ClientPackets
{
    private readonly long _beganMs;
    private readonly LongStatement? _reader;
    private readonly byte _shift;
    private readonly bool _isFile;
    private int _missing;
    private bool _anotherFollows;
    private bool _wasFull;
    private int _header;
    private int _headerSeen;
    private long _received;
    private byte _next;
    private bool _isOutOfOrder;

    private ClientPackets(
        long beganMs, LongStatement? reader, byte next, byte shift, bool isFile, int missing, bool anotherFollows)
    {
        _next = next;
        _beganMs = beganMs;
        _reader = reader;
        _shift = shift;
        _isFile = isFile;
        _missing = missing;
        _anotherFollows = anotherFollows;
    }

    /// <summary>Whether the last byte has gone by.</summary>
    internal readonly bool IsComplete => _missing == 0 && !_anotherFollows;

    /// <summary>Packets that have begun, with the one that was there at the beginning.</summary>
    internal byte Packets { get; private set; } = 1;

    /// <summary>What is still to come of a command: the rest of its packet, and the packets after one of full length.</summary>
    internal static ClientPackets RestOf(Statement statement) => new(
        statement.Session.Wire.Loop.NowMs, statement.Reader, next: 1, shift: 0, isFile: false,
        statement.Packet.Length - statement.Packet.Available,
        statement.Packet.Length == PacketHeader.LengthMax);

    /// <summary>
    /// A file, up to an empty packet, from now on; <paramref name="next"/> is its first packet's number, and
    /// <paramref name="shift"/> is taken off the packets' numbers.
    /// </summary>
    internal static ClientPackets File(long nowMs, byte next, byte shift) =>
        new(nowMs, null, next, shift, isFile: true, 0, anotherFollows: true);

    /// <summary>
    /// Reads into the loop's buffer: a count above zero, or a <see cref="WireResult"/>. A client whose packets are not in order
    /// has been told so, and cannot be followed any more.
    /// </summary>
    internal int Read(Session session)
    {
        var count = ReadInOrder(session);
        if (!_isOutOfOrder)
            return count;
        ClientReplies.SendError(session, _next, SqlError.PacketsOutOfOrder, "Got packets out of order");
        return WireResult.Broken;
    }

    private int ReadInOrder(Session session)
    {
        var buffer = session.Wire.Loop.Buffer;
        var count = 0;
        while (!IsComplete && !_isOutOfOrder && count < buffer.Length)
        {
            var wanted = Math.Min(_missing > 0 ? _missing : PacketHeader.Size - _headerSeen, buffer.Length - count);
            var got = session.Inbox.TakeHeld(buffer.AsSpan(count, wanted));
            if (got == 0)
                got = session.Wire.ReadReady ? session.Wire.Receive(buffer.AsSpan(count, wanted)) : WireResult.Later;
            if (got <= 0)
                return count > 0 ? count : got;
            Note(buffer.AsSpan(count, got));
            count += got;
        }
        return count;
    }

    /// <summary>Waits for more, as long as it comes fast enough; otherwise the client's wire is closed.</summary>
    internal readonly LoopTask WaitForMore(Session session) => Relay.WaitPatiently(session, _beganMs, _received);

    private void Note(Span<byte> bytes)
    {
        _received += bytes.Length;
        if (_missing > 0)
        {
            _missing -= bytes.Length;
            _reader?.Feed(bytes);
            return;
        }
        foreach (ref var value in bytes)
        {
            if (_headerSeen < 3)
                _header |= value << (8 * _headerSeen);
            else
            {
                _isOutOfOrder |= value != _next++;
                value -= _shift;
            }
            _headerSeen++;
        }
        if (_headerSeen == PacketHeader.Size)
            BeginPacket();
    }

    private void BeginPacket()
    {
        Packets++;
        var isFull = _header == PacketHeader.LengthMax;
        // Behind a packet of full length an empty one only says that it was all of that packet, and not the end of a file.
        _anotherFollows = _isFile ? _header > 0 || _wasFull : isFull;
        _wasFull = isFull;
        _missing = _header;
        _header = _headerSeen = 0;
    }
}
