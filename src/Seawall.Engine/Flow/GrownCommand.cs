using System.Buffers;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;
using Seawall.MySql.Framing;
using Seawall.MySql.Results;

namespace Seawall.Engine.Flow;

/// <summary>
/// Sends a command of 16 MiB or more that must become longer on the way: an execution on a server connection that has not
/// heard the types of its parameters, or a text that must say that it has no attributes. Every packet boundary moves by the
/// length of what is put in, so the tail of each packet is carried over into the next; nothing else is kept.
/// </summary>
internal sealed class GrownCommand
{
    private readonly Session _session;
    private readonly ServerConnection _connection;
    private readonly LongStatement? _reader;
    private readonly byte[] _head;
    private readonly byte[] _arrived;
    private int _taken;
    private int _left;
    private byte _sequence;
    private byte _packets = 1;
    private readonly long _beganMs;
    private long _received;
    private bool _more;

    /// <summary><paramref name="head"/> goes out first, in place of the first <paramref name="replaced"/> bytes of the payload.</summary>
    internal GrownCommand(Statement statement, ServerConnection connection, byte[] head, int replaced)
    {
        _session = statement.Session;
        _connection = connection;
        _reader = statement.Reader;
        _head = head;
        _arrived = statement.Packet.Payload[replaced..].ToArray();
        _beganMs = _session.Wire.Loop.NowMs;
        _left = statement.Packet.Length - replaced;
        _more = statement.Packet.Length == PacketHeader.LengthMax;
    }

    /// <summary>Packets that the client sent.</summary>
    internal byte PacketsReceived => _packets;

    /// <summary>Packets that the server got: at times one more.</summary>
    internal byte PacketsSent => _sequence;

    /// <summary>
    /// Sends all of it. When the server is lost half-way the rest is read all the same, up to its end: what is left in the
    /// client's stream would be taken for its next commands, and it may be anything.
    /// </summary>
    internal async LoopTask<RelayEnd> Run()
    {
        var carry = ArrayPool<byte>.Shared.Rent(_head.Length);
        var carried = _head.Length;
        _head.CopyTo(carry, 0);
        while (true)
        {
            // What is known to remain: what is carried and the rest of the client's packet.
            var length = Math.Min(carried + _left, PacketHeader.LengthMax);
            SendHeader(length);
            var end = await SendPacket(carry, carried, length);
            if (end != RelayEnd.Complete)
                return Return(carry, end);
            carried = 0;
            if (!_more && _left == 0)
            {
                if (length == PacketHeader.LengthMax)
                    SendHeader(0); // A packet of full length says that another follows, and it is empty.
                return Return(carry, _connection.IsBroken ? RelayEnd.ServerLost : RelayEnd.Complete);
            }
            if (!_more)
                continue;
            carried = _left;
            if (!await ReadBody(carry, carried) || await ReadHeader() is not (>= 0 and var next))
                return Return(carry, RelayEnd.ClientLost);
            _left = next;
            _more = next == PacketHeader.LengthMax;
        }
    }

    private async LoopTask<RelayEnd> SendPacket(byte[] carry, int carried, int length)
    {
        var fromCarry = Math.Min(carried, length);
        Send(carry.AsSpan(0, fromCarry));
        var wanted = length - fromCarry;
        while (wanted > 0)
        {
            var count = TakeBody(_connection.Wire.Loop.Buffer.AsSpan(0, Math.Min(wanted, Loop.BufferBytes)));
            if (count is WireResult.End or WireResult.Broken)
                return RelayEnd.ClientLost;
            if (count == WireResult.Later)
            {
                await Relay.WaitPatiently(_session, _beganMs, _received);
                continue;
            }
            wanted -= count;
            _left -= count;
            Send(_connection.Wire.Loop.Buffer.AsSpan(0, count));
            if (!_connection.IsBroken && !await _connection.Wire.Flushed())
                _connection.IsBroken = true;
        }
        return RelayEnd.Complete;
    }

    private void SendHeader(int length)
    {
        Span<byte> header = stackalloc byte[PacketHeader.Size];
        PacketHeader.Write(header, length, _sequence++);
        Send(header);
    }

    private void Send(ReadOnlySpan<byte> bytes) => _connection.IsBroken = _connection.IsBroken || !_connection.Wire.Send(bytes);

    private async LoopTask<bool> ReadBody(byte[] into, int length)
    {
        var arrived = Math.Min(_arrived.Length - _taken, length);
        if (!await Read(into, length))
            return false;
        _reader?.Feed(into.AsSpan(arrived, length - arrived));
        return true;
    }

    private async LoopTask<bool> Read(byte[] into, int length)
    {
        for (var have = 0; have < length;)
        {
            var count = Take(into.AsSpan(have, length - have));
            if (count > 0)
                have += count;
            else if (count != WireResult.Later)
                return false;
            else
                await Relay.WaitPatiently(_session, _beganMs, _received);
        }
        _left = 0;
        return true;
    }

    private async LoopTask<int> ReadHeader()
    {
        var header = new byte[PacketHeader.Size];
        var due = _packets++;
        if (!await Read(header, header.Length))
            return -1;
        if (PacketHeader.SequenceOf(header) == due)
            return PacketHeader.LengthOf(header);
        ClientReplies.SendError(_session, _packets, SqlError.PacketsOutOfOrder, "Got packets out of order");
        return -1;
    }

    // What had arrived before was read before.
    private int TakeBody(Span<byte> into)
    {
        var isNew = _taken == _arrived.Length;
        var count = Take(into);
        if (count > 0 && isNew)
            _reader?.Feed(into[..count]);
        return count;
    }

    private int Take(Span<byte> into)
    {
        var count = TakeNow(into);
        _received += Math.Max(0, count);
        return count;
    }

    private int TakeNow(Span<byte> into)
    {
        if (_taken < _arrived.Length)
        {
            var count = Math.Min(into.Length, _arrived.Length - _taken);
            _arrived.AsSpan(_taken, count).CopyTo(into);
            _taken += count;
            return count;
        }
        var held = _session.Inbox.TakeHeld(into);
        if (held > 0)
            return held;
        return _session.Wire.ReadReady ? _session.Wire.Receive(into) : WireResult.Later;
    }

    private static RelayEnd Return(byte[] carry, RelayEnd end)
    {
        ArrayPool<byte>.Shared.Return(carry, clearArray: true);
        return end;
    }
}
