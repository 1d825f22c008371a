using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Loops;
using Seawall.MySql.Framing;

namespace Seawall.Engine.Flow;

/// <summary>
/// Packets of a client that go by in pieces: the rest of a long command, or a file. Knows where they end, so that nothing of
/// the client's next command is taken.
/// </summary>
internal struct ClientPackets
{
    private readonly LongStatement? _reader;
    private readonly byte _shift;
    private readonly bool _isFile;
    private int _missing;
    private bool _anotherFollows;
    private bool _wasFull;
    private int _header;
    private int _headerSeen;

    private ClientPackets(LongStatement? reader, byte shift, bool isFile, int missing, bool anotherFollows)
    {
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
        statement.Reader, 0, isFile: false, statement.Packet.Length - statement.Packet.Available,
        statement.Packet.Length == PacketHeader.LengthMax);

    /// <summary>A file, up to an empty packet; <paramref name="shift"/> is taken off the packets' numbers.</summary>
    internal static ClientPackets File(byte shift) => new(null, shift, isFile: true, 0, anotherFollows: true);

    /// <summary>Reads into the loop's buffer: a count above zero, or a <see cref="WireResult"/>.</summary>
    internal int Read(Session session)
    {
        var buffer = session.Wire.Loop.Buffer;
        var count = 0;
        while (!IsComplete && count < buffer.Length)
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

    private void Note(Span<byte> bytes)
    {
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
                value -= _shift;
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
