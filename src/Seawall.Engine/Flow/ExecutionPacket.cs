using System.Buffers.Binary;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Servers;
using Seawall.MySql.Commands;
using Seawall.MySql.Framing;

namespace Seawall.Engine.Flow;

/// <summary>
/// Sends commands that name a prepared statement: with the server's number instead of the client's, and with the types of
/// the parameters, which a client sends once and every server connection must hear once.
/// </summary>
/// <remarks>https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_execute.html</remarks>
internal static class ExecutionPacket
{
    private const int IdAt = 1;

    // The command, the number, the flags and the count of iterations.
    private const int BitmapAt = 1 + 4 + 1 + 4;

    /// <summary>Sends what there is of the command; false when the connection is broken.</summary>
    internal static bool Send(Statement statement, ServerConnection connection, PreparedStatement prepared, ServerStatement found)
    {
        var payload = statement.Packet.Payload;
        BinaryPrimitives.WriteUInt32LittleEndian(payload[IdAt..], found.Id);
        if (statement.Kind != CommandKind.StatementExecute || prepared.Parameters == 0)
            return connection.Wire.Send(statement.Packet.Bytes);
        var boundAt = BitmapAt + ((prepared.Parameters + 7) / 8);
        if (boundAt >= payload.Length)
            return connection.Wire.Send(statement.Packet.Bytes); // Malformed, or without values: the server will say so.
        if (payload[boundAt] == 1)
        {
            NoteTypes(payload[(boundAt + 1)..], prepared, found);
            return connection.Wire.Send(statement.Packet.Bytes);
        }
        if (ReferenceEquals(found.TypesFrom, prepared) || prepared.ParameterTypes is not { } types)
            return connection.Wire.Send(statement.Packet.Bytes);
        found.TypesFrom = prepared;
        return SendWithTypes(statement, connection, boundAt, types);
    }

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
