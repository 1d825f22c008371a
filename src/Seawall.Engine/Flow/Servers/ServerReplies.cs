using System.Text;
using Seawall.Engine.Loops;
using Seawall.MySql.Results;

namespace Seawall.Engine.Flow.Servers;

/// <summary>How a server answered commands of Seawall's own.</summary>
/// <param name="Kind">What came.</param>
/// <param name="Code">The error's number, when there was one.</param>
/// <param name="State">The error's SQLSTATE.</param>
/// <param name="Message">The error's words.</param>
internal readonly record struct ServerReply(ServerReplyKind Kind, ushort Code = 0, string State = "", string Message = "")
{
    /// <summary>Whether every command succeeded.</summary>
    internal bool IsOk => Kind == ServerReplyKind.Ok;

    /// <summary>Whether it is just what a server would have answered to the client's own statement.</summary>
    internal bool IsAnswer { get; init; }

    /// <summary>Whether a preparation has left warnings.</summary>
    internal bool HasWarnings { get; init; }
}

/// <summary>The kinds of <see cref="ServerReply"/>.</summary>
internal enum ServerReplyKind : byte
{
    /// <summary>Every command succeeded.</summary>
    Ok,

    /// <summary>At least one command failed; the first error is told.</summary>
    Error,

    /// <summary>The connection was lost or cannot be followed any more.</summary>
    Lost,
}

/// <summary>Reads the answers to commands of Seawall's own, which no client sees.</summary>
internal static class ServerReplies
{
    /// <summary>The longest answer to such a command that is believed.</summary>
    private const int LengthMax = 60 * 1024;

    /// <summary>Reads <paramref name="count"/> answers of one packet each; what follows them stays in the inbox.</summary>
    internal static async LoopTask<ServerReply> Read(ServerConnection connection, int count)
    {
        var reply = new ServerReply(ServerReplyKind.Ok);
        while (count > 0)
        {
            switch (connection.Inbox.Take(connection.Wire, LengthMax, out var packet))
            {
                case InboxResult.Packet when TryJudge(packet, ref reply):
                    count--;
                    break;
                case InboxResult.Later:
                    await connection.Wire.Readable();
                    break;
                case InboxResult.Packet:
                case InboxResult.Beginning:
                case InboxResult.Gone:
                    connection.IsBroken = true;
                    return new ServerReply(ServerReplyKind.Lost);
            }
        }
        return reply;
    }

    /// <summary>Reads an error packet.</summary>
    internal static ServerReply ReadError(ReadOnlySpan<byte> payload)
    {
        var error = ErrPacket.Read(payload);
        return new ServerReply(ServerReplyKind.Error, error.Code,
            error.SqlState.IsEmpty ? "HY000" : Encoding.ASCII.GetString(error.SqlState), Encoding.UTF8.GetString(error.Message));
    }

    /// <summary>
    /// Whether a packet has the number that is due. Errors may come out of turn: a server says goodbye when it wants to.
    /// </summary>
    internal static bool IsInTurn(in PacketSlice packet, byte due) =>
        packet.Sequence == due || packet.Payload is [ErrPacket.Header, ..];

    // False when it is no answer to such a command: rows, for one, belong to a statement that somebody else has asked.
    private static bool TryJudge(in PacketSlice packet, ref ServerReply reply)
    {
        if (packet.Payload is not [OkPacket.Header or OkPacket.EndHeader or ErrPacket.Header, ..] || !IsInTurn(packet, 1))
            return false;
        if (packet.Payload[0] == ErrPacket.Header && reply.IsOk)
            reply = ReadError(packet.Payload);
        return true;
    }
}
