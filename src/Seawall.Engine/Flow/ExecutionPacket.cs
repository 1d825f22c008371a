using System.Buffers.Binary;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Servers;
using Seawall.MySql.Commands;
using Seawall.MySql.Framing;

namespace Seawall.Engine.Flow;

/// <summary>How <see cref="ExecutionPacket.Send"/> ended.</summary>
internal enum ExecutionSend : byte
{
    /// <summary>What there is of it was sent.</summary>
    Sent,

    /// <summary>The connection is broken.</summary>
    Lost,

    /// <summary>Nothing was sent: with the types in it the command needs another packet.</summary>
    MustGrow,
}

/// <summary>
/// Sends commands that name a prepared statement: with the server's number instead of the client's, and with the types of
/// the parameters, which a client sends once and every server connection must hear once.
/// </summary>
/// <remarks>https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_execute.html</remarks>
internal static class ExecutionPacket
{
    private const int IdAt = 1;
    private const int FlagsAt = 1 + 4;

    // The command, the number, the flags and the count of iterations.
    private const int BitmapAt = 1 + 4 + 1 + 4;

    /// <summary>Whether the command leaves something open on the server's statement: a cursor, or a piece of a parameter.</summary>
    internal static bool OpensSomething(Statement statement) => statement.Kind == CommandKind.StatementSendLongData
        || (statement.Kind == CommandKind.StatementExecute && statement.Packet.Payload is { Length: > FlagsAt } payload
            && payload[FlagsAt] != 0);

    /// <summary>Sends what there is of the command.</summary>
    internal static ExecutionSend Send(
        Statement statement, ServerConnection connection, PreparedStatement prepared, ServerStatement found)
    {
        var payload = statement.Packet.Payload;
        BinaryPrimitives.WriteUInt32LittleEndian(payload[IdAt..], found.Id);
        var boundAt = BitmapAt + ((prepared.Parameters + 7) / 8);
        // Without parameters there are no types; a malformed command is the server's to refuse.
        if (statement.Kind != CommandKind.StatementExecute || prepared.Parameters == 0 || boundAt >= payload.Length)
            return SendAsIs(statement, connection);
        if (payload[boundAt] == 1)
        {
            NoteTypes(payload[(boundAt + 1)..], prepared, found);
            return SendAsIs(statement, connection);
        }
        if (ReferenceEquals(found.TypesFrom, prepared) || prepared.ParameterTypes is not { } types)
            return SendAsIs(statement, connection);
        if (statement.Packet.Length + types.Length >= PacketHeader.LengthMax)
            return ExecutionSend.MustGrow;
        found.TypesFrom = prepared;
        return SendWithTypes(statement, connection, boundAt, types) ? ExecutionSend.Sent : ExecutionSend.Lost;
    }

    /// <summary>The command with the types in it, when it needs another packet for that.</summary>
    internal static LongExecution Grow(
        Statement statement, ServerConnection connection, PreparedStatement prepared, ServerStatement found)
    {
        var payload = statement.Packet.Payload;
        var boundAt = BitmapAt + ((prepared.Parameters + 7) / 8);
        found.TypesFrom = prepared;
        return new LongExecution(statement.Session, connection, [.. payload[..boundAt], 1, .. prepared.ParameterTypes!],
            boundAt + 1, statement.Packet.Length, payload[(boundAt + 1)..].ToArray());
    }

    private static ExecutionSend SendAsIs(Statement statement, ServerConnection connection) =>
        connection.Wire.Send(statement.Packet.Bytes) ? ExecutionSend.Sent : ExecutionSend.Lost;

    private static void NoteTypes(ReadOnlySpan<byte> rest, PreparedStatement prepared, ServerStatement found)
    {
        var length = prepared.Parameters * 2;
        found.TypesFrom = null;
        if (rest.Length < length)
            return;
        if (prepared.ParameterTypes is null || !rest[..length].SequenceEqual(prepared.ParameterTypes))
            prepared.ParameterTypes = rest[..length].ToArray();
        found.TypesFrom = prepared;
    }

    private static bool SendWithTypes(Statement statement, ServerConnection connection, int boundAt, byte[] types)
    {
        var payload = statement.Packet.Payload;
        var writer = connection.Wire.Loop.Writer.Clear();
        Span<byte> header = stackalloc byte[PacketHeader.Size];
        PacketHeader.Write(header, statement.Packet.Length + types.Length, 0);
        writer.Packets(header).Packets(payload[..boundAt]).Packets([1]).Packets(types).Packets(payload[(boundAt + 1)..]);
        return connection.Wire.Send(writer.Bytes);
    }
}
