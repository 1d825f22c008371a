using Seawall.Engine.Loops;
using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Results;

namespace Seawall.Engine.Flow.Clients;

/// <summary>
/// The packets of one login, numbered: at the beginning of a connection, or again at COM_CHANGE_USER. Bounded in time by
/// whoever runs it.
/// </summary>
internal sealed class LoginExchange(Session session, byte sequence)
{
    /// <summary>Asked how much may be held of a packet that is not whole yet; null: as much as a packet may have.</summary>
    internal Func<int, bool>? MayHold { get; init; }

    private byte _sequence = sequence;

    /// <summary>The client.</summary>
    internal Session Session { get; } = session;

    /// <summary>Packets that the client sent: what the login costs in exchanges, besides the connection itself.</summary>
    internal int Exchanges { get; private set; }

    /// <summary>Packets in both directions so far, the greeting among them: numbers are given in turn.</summary>
    internal int Packets => _sequence;

    /// <summary>The error that the client was told; 0: none.</summary>
    internal ushort ErrorCode { get; private set; }

    /// <summary>Whether the client has gone, or broke the rules and was told so.</summary>
    internal bool IsOver { get; private set; }

    /// <summary>How the client broke the rules, if it did.</summary>
    internal string? Problem { get; private set; }

    /// <summary>Whether "the fast proof was right" goes out ahead of the OK packet, in one write with it.</summary>
    internal bool SaysFastOk { get; set; }

    /// <summary>Begins the next packet.</summary>
    internal PacketWriter Begin() => Session.Wire.Loop.Writer.Clear().Begin(_sequence);

    /// <summary>Ends and sends what was begun.</summary>
    internal void Send(PacketWriter packet)
    {
        Session.Wire.Send(packet.End().Bytes);
        _sequence++;
    }

    /// <summary>Says that the client is in, and what MySQL 5.6 says of the statement before.</summary>
    internal bool SendOk(ushort warnings = 0)
    {
        var writer = Session.Wire.Loop.Writer.Clear();
        if (SaysFastOk)
        {
            AuthMoreData.Write(writer.Begin(_sequence++), [AuthMoreData.FastAuthSuccess]);
            writer.End();
        }
        return Session.Wire.Send(ClientReplies.WriteOk(writer, Session, _sequence++, warnings, isBeginning: true).Bytes);
    }

    /// <summary>Says why the client is not in.</summary>
    internal void SendError(SqlError error, string message)
    {
        ErrorCode = error.Code;
        ClientReplies.SendError(Session, _sequence++, error, message, hasAllWords: true);
    }

    /// <summary>It is over: the client has been closed meanwhile.</summary>
    internal void Abandon() => End(null);

    /// <summary>Says why it is over while the client's next packet is due: an answer to that packet.</summary>
    internal void SendErrorAhead(SqlError error, string message)
    {
        _sequence++;
        SendError(error, message);
    }

    /// <summary>The client's next packet, which is <see cref="IsOver"/> when there is none.</summary>
    internal async LoopTask<PacketSlice> Next()
    {
        while (true)
        {
            switch (Session.Inbox.Take(Session.Wire, LoginRequest.LengthMax, out var packet))
            {
                case InboxResult.Packet when packet.Sequence == _sequence:
                    _sequence++;
                    Exchanges++;
                    return packet;
                case InboxResult.Packet:
                    Refuse(packet.Length, packet.Sequence);
                    return default;
                case InboxResult.Beginning:
                    RefuseLength(packet.Length);
                    return default;
                case InboxResult.Gone:
                    End(null);
                    return default;
                case InboxResult.Later when Session.Inbox.TryPeek(out var length, out var number)
                    && (length >= LoginRequest.LengthMax || number != _sequence):
                    Refuse(length, number); // Its header says enough: nobody waits for what is not taken.
                    return default;
                case InboxResult.Later when MayHold?.Invoke(Session.Inbox.HeldLength) == false:
                    End("logins under way hold too many bytes (clients.login_bytes_max)");
                    SendError(SqlError.TooManyConnections,
                        "Too many connections: logins under way hold too many bytes (clients.login_bytes_max); trying again is safe");
                    return default;
                case InboxResult.Later:
                    await Session.Wire.Readable();
                    if (Session.Wire.Heed() && Session.Wishes != SessionWishes.None)
                    {
                        End(null); // Seawall is going down: nobody is let in any more.
                        return default;
                    }
                    break;
            }
        }
    }

    private void Refuse(int length, byte number)
    {
        // Read as a packet's header, "PROX" and the beginning of the binary signature are these.
        if ((length, number) is (0x4F_52_50, (byte)'X') or (0x0D_0A_0D, (byte)'\n'))
        {
            End("it sends a PROXY header and is not in clients.proxy_protocol_from");
            SendError(SqlError.Handshake, "Bad handshake");
        }
        else if (number != _sequence)
        {
            End($"packet {number} where {_sequence} was due");
            SendError(SqlError.PacketsOutOfOrder, "Got packets out of order");
        }
        else
        {
            RefuseLength(length);
        }
    }

    private void RefuseLength(int length)
    {
        End($"a packet of {length} bytes in a login");
        SendError(SqlError.PacketTooLarge, "Got a packet bigger than a login may be");
    }

    private void End(string? problem)
    {
        IsOver = true;
        Problem = problem;
    }
}
