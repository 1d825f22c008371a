using Seawall.Engine.Flow;
using Seawall.Engine.Loops;
using Seawall.MySql.Framing;
using Seawall.MySql.Results;

namespace Seawall.Control.Admin;

/// <summary>Packets to and from one client of the admin port, numbered. Control loop only.</summary>
internal sealed class AdminWire(Wire wire)
{
    /// <summary>A long answer goes out in pieces of about this size; between them others on the loop get their turn.</summary>
    private const int PieceBytes = 64 * 1024;

    /// <summary>How long a client may take nothing of its answer: the server's own limit (<c>net_write_timeout</c>).</summary>
    private const int StallMsMax = 60_000;

    private readonly PacketWriter _writer = new();
    private Inbox _inbox;
    private byte _sequence;

    /// <summary>The wire below: another one once the client has gone over to TLS.</summary>
    internal Wire Wire { get; set; } = wire;

    /// <summary>The client's next packet in an exchange; null when it has gone, or broke the protocol and was told so.</summary>
    internal async LoopTask<byte[]?> Next(int lengthMax)
    {
        while (true)
        {
            switch (_inbox.Take(Wire, lengthMax, out var packet))
            {
                case InboxResult.Packet when packet.Sequence == _sequence && packet.Length <= lengthMax:
                    _sequence++;
                    return packet.Copy();
                case InboxResult.Packet when packet.Sequence != _sequence:
                    _sequence = (byte)(packet.Sequence + 1);
                    SendError(SqlError.PacketsOutOfOrder, "Got packets out of order");
                    return null;
                case InboxResult.Packet or InboxResult.Beginning:
                    _sequence = (byte)(packet.Sequence + 1);
                    SendError(SqlError.PacketTooLarge, $"Got a packet bigger than {lengthMax} bytes");
                    return null;
                case InboxResult.Gone:
                    return null;
                case InboxResult.Later:
                    await Wire.Readable();
                    break;
            }
        }
    }

    /// <summary>Takes what has arrived and was not read: it belongs to TLS.</summary>
    internal byte[] TakeHeld()
    {
        var held = new byte[_inbox.HeldLength];
        _inbox.TakeHeld(held);
        return held;
    }

    /// <summary>The client's next command: its numbers begin anew.</summary>
    internal LoopTask<byte[]?> NextCommand(int lengthMax)
    {
        _sequence = 0;
        return Next(lengthMax);
    }

    /// <summary>Begins the next packet; end it with <see cref="Send"/>.</summary>
    internal PacketWriter Begin() => _writer.Clear().Begin(_sequence);

    /// <summary>Ends and sends what was begun.</summary>
    internal void Send()
    {
        Wire.Send(_writer.End().Bytes);
        _sequence = _writer.NextSequence;
    }

    /// <summary>"Done".</summary>
    internal void SendOk(AdminSession session, ushort warnings = 0, string words = "")
    {
        OkPacket.Write(Begin(), OkPacket.Header, 0, 0, AdminSession.Status, warnings,
            System.Text.Encoding.UTF8.GetBytes(words), default, session.Capabilities);
        Send();
    }

    /// <summary>"Failed".</summary>
    internal void SendError(SqlError error, string words, bool withState = true)
    {
        ErrPacket.Write(Begin(), error, words, withState);
        Send();
    }

    /// <summary>Rows, in pieces.</summary>
    internal async LoopTask SendTable(AdminTable table, AdminSession session)
    {
        var result = new ResultSetWriter(_writer.Clear(), session.Capabilities);
        result.Begin(table.Columns, _sequence, AdminSession.Status);
        var cells = new string?[table.Columns.Count];
        foreach (var row in table.Rows)
        {
            for (var i = 0; i < cells.Length; i++)
                cells[i] = row[i].Text;
            result.Row(cells);
            if (_writer.Bytes.Length < PieceBytes)
                continue;
            Wire.Send(_writer.Bytes);
            _writer.Clear();
            if (!await Flushed())
                return;
            await Wire.Loop.Yield();
        }
        result.End(AdminSession.Status, (ushort)table.Warnings.Count);
        Wire.Send(_writer.Bytes);
    }

    /// <summary>Waits until the client has taken what it was sent; false when it has gone, or takes nothing for too long.</summary>
    internal async LoopTask<bool> Flushed()
    {
        if (!Wire.HasUnsent)
            return !Wire.IsClosed;
        var limit = new Limit(this);
        Wire.Loop.Arm(limit, StallMsMax);
        var flushed = await Wire.Flushed();
        Wire.Loop.Timers.Disarm(limit);
        return flushed;
    }

    /// <summary>Closes it.</summary>
    internal void Close()
    {
        _inbox.Clear();
        Wire.Close();
    }

    /// <summary>Closes a wire when its time is over.</summary>
    internal sealed class Limit(AdminWire wire) : TimerNode
    {
        protected internal override void OnDue() => wire.Wire.Close();
    }
}
