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
                case InboxResult.Packet:
                    Judge(packet.Payload, ref reply);
                    count--;
                    break;
                case InboxResult.Later:
                    await connection.Wire.Readable();
                    break;
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

    private static void Judge(ReadOnlySpan<byte> payload, ref ServerReply reply)
    {
        if (payload is [ErrPacket.Header, ..] && reply.IsOk)
            reply = ReadError(payload);
    }
}
