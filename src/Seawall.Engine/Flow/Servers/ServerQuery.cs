using System.Buffers.Binary;
using System.Text;
using Seawall.Engine.Loops;
using Seawall.MySql.Commands;
using Seawall.MySql.Framing;
using Seawall.MySql.Results;

namespace Seawall.Engine.Flow.Servers;

/// <summary>A small result of a question of Seawall's own: rows of text.</summary>
internal sealed record ServerRows(ServerReply Reply, IReadOnlyList<byte[]?[]> Rows)
{
    /// <summary>The number of the collation that the first column is described with; 0 without columns.</summary>
    internal int Collation { get; init; }

    /// <summary>The names of the columns, where they were asked for.</summary>
    internal IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>The flags that came with its end.</summary>
    internal ServerStatus Status { get; init; }

    /// <summary>What the end told of changes in the session.</summary>
    internal byte[] Changes { get; init; } = [];

    /// <summary>A value as text; null for NULL.</summary>
    internal string? Text(int row, int column) => Rows[row][column] is { } value ? Encoding.UTF8.GetString(value) : null;

    /// <summary>A value as text, by the first of these names that a column has; null for NULL, and when none has one.</summary>
    internal string? Text(int row, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            for (var column = 0; column < Names.Count; column++)
            {
                if (Names[column].Equals(name, StringComparison.OrdinalIgnoreCase))
                    return Text(row, column);
            }
        }
        return null;
    }
}

/// <summary>Asks a server something on a connection that nobody else is using.</summary>
internal static class ServerQuery
{
    /// <summary>The longest packet that is believed: an account with a long list of attributes, a long variable.</summary>
    private const int LengthMax = 60 * 1024;

    /// <summary>More rows than any question has answers: a server may have a hundred thousand accounts.</summary>
    private const int RowsMax = 1_000_000;

    /// <summary>All of an answer that is kept: rows of a hundred thousand accounts come to a tenth of it.</summary>
    private const long BytesMax = 512L * 1024 * 1024;

    /// <summary>What stands before a text without attributes: none of them, in one set.</summary>
    internal static ReadOnlySpan<byte> NoAttributes => [0, 1];

    /// <summary>
    /// Asks; the rows, or why there are none. What has fewer than so many columns is no answer to the question.
    /// </summary>
    internal static async LoopTask<ServerRows> Run(ServerConnection connection, string sql, int columns = 0)
    {
        var writer = Write(connection.Wire.Loop.Writer.Clear(), connection, sql);
        if (!connection.Wire.Send(writer.Bytes) || !await connection.Wire.Flushed())
            return Lost(connection);
        return await Read(connection, columns);
    }

    /// <summary>Writes a question, to be sent with others.</summary>
    internal static PacketWriter Write(PacketWriter writer, ServerConnection connection, string sql) =>
        Begin(writer, connection).Text(sql).End();

    /// <summary>Reads the rows of the next answer; a server that sends more than <paramref name="bytesMax"/> is given up.</summary>
    internal static async LoopTask<ServerRows> Read(
        ServerConnection connection, int columns, long bytesMax = BytesMax, bool withNames = false)
    {
        var result = new Result(connection.DeprecatesEof, connection.TracksSession, columns, bytesMax)
        {
            Names = withNames ? [] : null,
        };
        byte due = 1;
        while (!result.IsOver)
        {
            switch (connection.Inbox.Take(connection.Wire, LengthMax, out var packet))
            {
                case InboxResult.Packet when ServerReplies.IsInTurn(packet, due++) && result.Note(packet.Payload):
                    break;
                case InboxResult.Later:
                    await connection.Wire.Readable();
                    break;
                case InboxResult.Packet:
                case InboxResult.Beginning:
                case InboxResult.Gone:
                    return Lost(connection);
            }
        }
        return new ServerRows(result.Reply, result.Rows)
        {
            Collation = result.Collation,
            Names = result.Names ?? [],
            Status = result.Status,
            Changes = result.Changes,
        };
    }

    /// <summary>Begins a COM_QUERY of Seawall's own, up to where its text begins.</summary>
    internal static PacketWriter Begin(PacketWriter writer, ServerConnection connection)
    {
        writer.Begin(0).Int1((byte)CommandKind.Query);
        return connection.TakesAttributes ? writer.Raw(NoAttributes) : writer;
    }

    private static ServerRows Lost(ServerConnection connection)
    {
        connection.IsBroken = true;
        return new ServerRows(new ServerReply(ServerReplyKind.Lost), []);
    }

    private sealed class Result(bool deprecatesEof, bool tracksSession, int columnsMin, long bytesMax)
    {
        private int _columns = -1;
        private int _definitions;
        private long _bytes;

        internal ServerReply Reply { get; private set; } = new(ServerReplyKind.Ok);

        internal List<byte[]?[]> Rows { get; } = [];

        internal List<string>? Names { get; init; }

        internal bool IsOver { get; private set; }

        internal int Collation { get; private set; }

        internal ServerStatus Status { get; private set; }

        internal byte[] Changes { get; private set; } = [];

        // False when the packet makes no sense.
        internal bool Note(ReadOnlySpan<byte> payload)
        {
            if (payload is [ErrPacket.Header, ..])
            {
                Reply = ServerReplies.ReadError(payload);
                return IsOver = true;
            }
            if (_columns < 0)
                return NoteFirst(payload);
            if (_definitions > 0)
            {
                // It stands so far before the end, whatever a definition begins with.
                const int collationToEnd = 12;
                if (Collation == 0 && payload.Length > collationToEnd)
                    Collation = BinaryPrimitives.ReadUInt16LittleEndian(payload[^collationToEnd..]);
                if (Names is not null && Names.Count < _columns && !NoteName(payload))
                    return false;
                _definitions--;
                return true;
            }
            // No row that is believed begins so: its first value would be 16 MiB. A report in the end may be long.
            if (payload is [OkPacket.EndHeader, ..] && (deprecatesEof || payload.Length < EofPacket.LengthLimit))
                return deprecatesEof ? NoteOk(payload) : IsOver = true;
            return Rows.Count < RowsMax && (_bytes += payload.Length) < bytesMax && NoteRow(payload);
        }

        // Behind the catalog, the schema and the table's two names.
        private bool NoteName(ReadOnlySpan<byte> payload)
        {
            var reader = new FieldReader(payload);
            for (var before = 4; before > 0; before--)
                _ = reader.LengthEncodedBytes();
            Names!.Add(Encoding.UTF8.GetString(reader.LengthEncodedBytes()));
            return reader.IsValid;
        }

        private bool NoteFirst(ReadOnlySpan<byte> payload)
        {
            if (payload is [OkPacket.Header, ..])
                return columnsMin == 0 && NoteOk(payload);
            var reader = new FieldReader(payload);
            var columns = reader.LengthEncoded();
            _columns = (int)Math.Min(columns, 4096);
            var follow = reader.IsAtEnd || reader.Int1() != 0; // There is such a byte where they may be left out.
            _definitions = (follow ? _columns : 0) + (deprecatesEof ? 0 : 1);
            return reader.IsValid && columns is > 0 and <= 4096 && _columns >= columnsMin;
        }

        private bool NoteOk(ReadOnlySpan<byte> payload)
        {
            var ok = OkPacket.Read(payload, tracksSession);
            Status = ok.Status;
            if (ok.SessionChanges.Length > 0)
                Changes = ok.SessionChanges.ToArray();
            return IsOver = ok.IsValid;
        }

        private bool NoteRow(ReadOnlySpan<byte> payload)
        {
            var row = new byte[]?[_columns];
            var reader = new FieldReader(payload);
            for (var i = 0; i < _columns; i++)
            {
                if (reader.Rest is [0xFB, ..])
                    _ = reader.Int1(); // NULL.
                else
                    row[i] = reader.LengthEncodedBytes().ToArray();
            }
            Rows.Add(row);
            return reader.IsValid;
        }
    }
}
