using System.Buffers.Binary;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Servers;
using Seawall.MySql.Commands;
using Seawall.MySql.Framing;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>How <see cref="ExecutionPacket.Send"/> ended.</summary>
internal enum ExecutionSend : byte
{
    /// <summary>What there is of it was sent.</summary>
    Sent,

    /// <summary>The connection is broken.</summary>
    Lost,

    /// <summary>Nothing was sent: as the server needs it the command needs another packet.</summary>
    MustGrow,

    /// <summary>Nothing was sent: it cannot be made what the server needs.</summary>
    Unfit,
}

/// <summary>
/// Sends commands that name a prepared statement: with the server's number instead of the client's, with the types of the
/// parameters, which a client sends once and every server connection must hear once, and in the form that was agreed on with
/// the server: with query attributes or without.
/// </summary>
/// <remarks>https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_execute.html</remarks>
internal static class ExecutionPacket
{
    /// <summary>Whether the command leaves something open on the server's statement: a cursor, or a piece of a parameter.</summary>
    internal static bool OpensSomething(Statement statement) => statement.Kind == CommandKind.StatementSendLongData || OpensCursor(statement);

    /// <summary>Whether it is an execution with a cursor.</summary>
    internal static bool OpensCursor(Statement statement) => statement.Kind == CommandKind.StatementExecute
        && statement.Packet.Payload is { Length: > ExecutionHead.FlagsAt } payload
        && (payload[ExecutionHead.FlagsAt] & ~ExecutionHead.CountsValues) != 0;

    /// <summary>Sends what there is of the command.</summary>
    internal static ExecutionSend Send(
        Statement statement, ServerConnection connection, PreparedStatement prepared, ServerStatement found)
    {
        var payload = statement.Packet.Payload;
        BinaryPrimitives.WriteUInt32LittleEndian(payload[ExecutionHead.IdAt..], found.Id);
        if (statement.Kind == CommandKind.StatementBulkExecute)
            return SendBulk(statement, connection, prepared, found);
        if (statement.Kind != CommandKind.StatementExecute)
            return SendAsIs(statement, connection);
        var hasNames = statement.Session.SendsAttributes;
        var head = ExecutionHead.Read(payload, prepared.Parameters, hasNames);
        if (!head.IsValid)
            return SendMalformed(statement, connection, prepared.Parameters);
        var types = NoteTypes(head, prepared, found) ? prepared.ParameterTypes : null;
        if (types is null && hasNames == connection.TakesAttributes)
            return SendAsIs(statement, connection);
        return SendAnew(statement, connection, head, connection.TakesAttributes ? head.Count : prepared.Parameters, types);
    }

    /// <summary>What a client that may have attributes said of an execution.</summary>
    internal static ExecutionAttributeReader AttributesOf(Statement statement, PreparedStatement prepared)
    {
        // Of a parameter that was sent in pieces there is no value here, and nobody remembers which these are.
        if (statement.Session.PinReasons.HasFlag(PinReasons.LongData))
            return default;
        var payload = statement.Packet.Payload;
        var head = ExecutionHead.Read(payload, prepared.Parameters, hasNames: true);
        return new(payload, head, prepared.Parameters);
    }

    /// <summary>The value of the only parameter of an execution, when it is a whole number.</summary>
    internal static bool TryReadNumber(Statement statement, PreparedStatement prepared, out ulong number)
    {
        number = 0;
        if (prepared.Parameters != 1 || !statement.IsWhole)
            return false;
        var head = ExecutionHead.Read(statement.Packet.Payload, prepared.Parameters, statement.Session.SendsAttributes);
        if (!head.IsValid || head.Nulls is not [var nulls, ..] || (nulls & 1) != 0
            || (head.HasTypes ? head.CopyTypes(1) : prepared.ParameterTypes) is not { } types)
        {
            return false;
        }
        var reader = new FieldReader(statement.Packet.Payload[head.ValuesAt..]);
        switch (types[0])
        {
            case 0x08:
                number = reader.Int8();
                return reader.IsValid;
            case 0x03 or 0x09:
                number = reader.Int4();
                return reader.IsValid;
            case 0x05:
                var real = BitConverter.UInt64BitsToDouble(reader.Int8());
                number = real is >= 0 and <= uint.MaxValue ? (ulong)real : 0;
                return reader.IsValid && number == real;
            case 0x0F or 0xF6 or 0xFD or 0xFE:
                var text = reader.LengthEncodedBytes();
                return reader.IsValid && System.Buffers.Text.Utf8Parser.TryParse(text, out number, out var used) && used == text.Length;
            default:
                return false;
        }
    }

    /// <summary>The command with its new beginning, which is in the loop's writer, when it needs another packet for that.</summary>
    internal static GrownCommand Grow(Statement statement, ServerConnection connection)
    {
        var payload = statement.Packet.Payload;
        var parameters = statement.Prepared!.Parameters;
        var valuesAt = statement.Kind == CommandKind.StatementBulkExecute
            ? BulkHead.Read(payload, parameters).ValuesAt
            : ExecutionHead.Read(payload, parameters, statement.Session.SendsAttributes).ValuesAt;
        return new(statement, connection, connection.Wire.Loop.Writer.Bytes[PacketHeader.Size..].ToArray(), valuesAt);
    }

    private static ExecutionSend SendBulk(
        Statement statement, ServerConnection connection, PreparedStatement prepared, ServerStatement found)
    {
        var head = BulkHead.Read(statement.Packet.Payload, prepared.Parameters);
        if (!head.IsValid || prepared.Parameters == 0)
            return SendAsIs(statement, connection); // The server's to refuse.
        if (head.HasTypes)
        {
            if (prepared.ParameterTypes is not { } known || !head.Types.SequenceEqual(known))
                prepared.ParameterTypes = head.Types.ToArray();
            found.TypesFrom = prepared.ParameterTypes;
            return SendAsIs(statement, connection);
        }
        if (ReferenceEquals(found.TypesFrom, prepared.ParameterTypes) || prepared.ParameterTypes is not { } types)
            return SendAsIs(statement, connection);
        found.TypesFrom = prepared.ParameterTypes;
        var writer = connection.Wire.Loop.Writer.Clear().Begin(0);
        head.Write(writer, types);
        return SendRest(statement, connection, head.ValuesAt);
    }

    /// <summary>Whether a number is surely none of the values of an execution that has been sent.</summary>
    internal static bool HasNot(Statement statement, PreparedStatement prepared, ulong number)
    {
        var payload = statement.Packet.Payload;
        var head = ExecutionHead.Read(payload, prepared.Parameters, statement.Session.SendsAttributes);
        // Attributes behind the parameters are no values of the statement, and would have to be told from them.
        return statement.IsWhole && head.IsValid && head.Count == prepared.Parameters
            && prepared.ParameterTypes is { } types && types.Length == head.Count * 2
            && MadeNumber.IsSure(head.Nulls, types, payload[head.ValuesAt..], number);
    }

    private static ExecutionSend SendAsIs(Statement statement, ServerConnection connection) =>
        connection.Wire.Send(statement.Packet.Bytes) ? ExecutionSend.Sent : ExecutionSend.Lost;

    // The server's to refuse; but it must not make sense of it only because it looks for a count where the client has none.
    private static ExecutionSend SendMalformed(Statement statement, ServerConnection connection, int parameters)
    {
        if (statement.Session.SendsAttributes || !connection.TakesAttributes || parameters == 0)
            return SendAsIs(statement, connection);
        var payload = statement.Packet.Payload;
        var at = Math.Min(ExecutionHead.CountAt, payload.Length);
        connection.Wire.Loop.Writer.Clear().Begin(0).Raw(payload[..at]).LengthEncoded((ulong)parameters).Raw(payload[at..]).End();
        return connection.Wire.Send(connection.Wire.Loop.Writer.Bytes) ? ExecutionSend.Sent : ExecutionSend.Lost;
    }

    // Whether the server must be told the types that are remembered.
    private static bool NoteTypes(in ExecutionHead head, PreparedStatement prepared, ServerStatement found)
    {
        if (prepared.Parameters == 0)
            return false;
        if (!head.HasTypes)
        {
            if (ReferenceEquals(found.TypesFrom, prepared.ParameterTypes) || prepared.ParameterTypes is null || head.Count != prepared.Parameters)
                return false;
            found.TypesFrom = prepared.ParameterTypes;
            return true;
        }
        found.TypesFrom = head.Count < prepared.Parameters ? null : prepared.ParameterTypes;
        return false;
    }

    /// <summary>
    /// What an execution has beside the text, so that it can be written down and run on another connection: how many parameters (two bytes), which are
    /// NULL, their types, their values. Null when it has more than that, or less.
    /// </summary>
    internal static byte[]? Take(Statement statement, PreparedStatement prepared)
    {
        var payload = statement.Packet.Payload;
        if (!statement.IsWhole || OpensSomething(statement))
            return null;
        var head = ExecutionHead.Read(payload, prepared.Parameters, statement.Session.SendsAttributes);
        if (!head.IsValid || head.Count != prepared.Parameters || prepared.Parameters > ushort.MaxValue)
            return null;
        // What the execution tells of them has been noted.
        var types = prepared.Parameters == 0 ? [] : prepared.ParameterTypes;
        if (types is null)
            return null;
        var values = payload[head.ValuesAt..];
        var taken = new byte[2 + head.Nulls.Length + types.Length + values.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(taken, (ushort)prepared.Parameters);
        head.Nulls.CopyTo(taken.AsSpan(2));
        types.CopyTo(taken.AsSpan(2 + head.Nulls.Length));
        values.CopyTo(taken.AsSpan(2 + head.Nulls.Length + types.Length));
        return taken;
    }

    /// <summary>Writes what <see cref="Take"/> has taken as an execution of the server's statement, in the connection's form.</summary>
    internal static void Write(PacketWriter writer, ServerConnection connection, uint id, ReadOnlySpan<byte> taken)
    {
        var count = BinaryPrimitives.ReadUInt16LittleEndian(taken);
        var nulls = (count + 7) / 8;
        Span<byte> head = [(byte)CommandKind.StatementExecute, 0, 0, 0, 0, 0, 1, 0, 0, 0];
        BinaryPrimitives.WriteUInt32LittleEndian(head[ExecutionHead.IdAt..], id);
        writer.Begin(0).Raw(head);
        if (count > 0)
        {
            if (connection.TakesAttributes)
                writer.LengthEncoded(count);
            writer.Raw(taken.Slice(2, nulls)).Int1(1);
            var types = taken.Slice(2 + nulls, count * 2);
            for (var i = 0; i < types.Length; i += 2)
            {
                writer.Raw(types.Slice(i, 2));
                if (connection.TakesAttributes)
                    writer.LengthEncoded(0); // Its name.
            }
            writer.Raw(taken[(2 + nulls + types.Length)..]);
        }
        writer.End();
    }

    private static ExecutionSend SendAnew(
        Statement statement, ServerConnection connection, in ExecutionHead head, int count, byte[]? types)
    {
        var writer = connection.Wire.Loop.Writer.Clear().Begin(0);
        if (head.Count < count)
            return SendAsIs(statement, connection); // Fewer values than parameters: the server's to refuse.
        head.Write(writer, count, connection.TakesAttributes, types);
        return SendRest(statement, connection, head.ValuesAt);
    }

    // What stands before the values is in the loop's writer.
    private static ExecutionSend SendRest(Statement statement, ServerConnection connection, int valuesAt)
    {
        var packet = statement.Packet;
        var writer = connection.Wire.Loop.Writer;
        var length = packet.Length - valuesAt + writer.OpenPayload.Length;
        if (length >= PacketHeader.LengthMax)
            return ExecutionSend.MustGrow;
        if (packet.Length == PacketHeader.LengthMax)
            return ExecutionSend.Unfit; // The end of each packet would have to come out of the next one.
        writer.Raw(packet.Payload[valuesAt..]).End(length);
        return connection.Wire.Send(writer.Bytes) ? ExecutionSend.Sent : ExecutionSend.Lost;
    }
}
