using System.Globalization;
using System.Text;
using Seawall.Engine.Loops;
using Seawall.MySql.Commands;
using Seawall.MySql.Framing;
using Seawall.MySql.Results;

namespace Seawall.Testing.Servers;

/// <summary>The prepared statements of one connection. Parameters go into the text as literals.</summary>
internal sealed class FakeStatements(FakeServer server, FakeSession session, FakeReplies replies)
{
    private readonly Dictionary<uint, Prepared> _prepared = [];
    private uint _lastId;

    internal int Count => _prepared.Count;

    internal void Clear() => _prepared.Clear();

    internal async LoopTask<bool> Answer(CommandKind kind, byte[] packet)
    {
        if (kind == CommandKind.StatementPrepare)
            return Prepare(Encoding.UTF8.GetString(packet.AsSpan(1)));
        var id = new FieldReader(packet.AsSpan(1)).Int4();
        var statement = _prepared.GetValueOrDefault(id);
        switch (kind)
        {
            case CommandKind.StatementClose:
                if (!_prepared.Remove(id))
                    server.Violations.Add($"connection {session.Id} closed statement {id}, which is not there");
                return true;
            case CommandKind.StatementSendLongData:
                NoteLongData(statement, packet);
                return true;
        }
        if (statement is null)
        {
            server.Violations.Add($"connection {session.Id}: {kind} of statement {id}, which is not there");
            return await replies.Send(new FakeError(1243, $"Unknown prepared statement handler ({id})"));
        }
        switch (kind)
        {
            case CommandKind.StatementReset:
                statement.LongData.Clear();
                statement.Cursor = null;
                return await replies.Send(new FakeOk());
            case CommandKind.StatementFetch:
                return Fetch(statement, (int)new FieldReader(packet.AsSpan(5)).Int4());
            default:
                return await Execute(statement, packet);
        }
    }

    private bool Prepare(string sql)
    {
        if (sql.StartsWith("FAIL", StringComparison.Ordinal))
        {
            replies.Send(new FakeError(1295, "This command is not supported in the prepared statement protocol yet"))
                .GetAwaiter().GetResult();
            return true;
        }
        if (server.Unpreparable.TryGetValue(sql, out var refusal))
        {
            replies.Send(refusal).GetAwaiter().GetResult();
            return true;
        }
        var statement = new Prepared(sql);
        _prepared.Add(++_lastId, statement);
        var header = new PacketWriter().Begin(0).Int1(0).Int4(_lastId).Int2((ushort)statement.Columns.Count)
            .Int2((ushort)statement.Parameters).Int1(0).Int2(0);
        replies.SendRaw(header.OpenPayload);
        if (statement.Parameters > 0)
        {
            replies.WriteColumns([.. Enumerable.Repeat("?", statement.Parameters)]);
            replies.WriteColumnsEnd();
        }
        if (statement.Columns.Count > 0)
        {
            replies.WriteColumns(statement.Columns);
            replies.WriteColumnsEnd();
        }
        return true;
    }

    private async LoopTask<bool> Execute(Prepared statement, byte[] packet)
    {
        var hasCursor = (packet[5] & 1) != 0;
        if (Bind(statement, packet, replies.Capabilities.HasFlag(MySql.Handshakes.Capabilities.QueryAttributes)) is not { } sql)
        {
            server.Violations.Add($"connection {session.Id}: an execution of '{statement.Sql}' without types");
            return await replies.Send(new FakeError(1210, "Incorrect arguments to mysqld_stmt_execute"));
        }
        var answer = server.Run(session, sql);
        // As MySQL 9.7 does: columns come, and then nothing (docs/exactness.md).
        if (!hasCursor && statement.HasHadCursor && answer is FakeRows unended && server.Kind is { IsMariaDb: false, Number: > 90000 })
        {
            replies.SendRaw([(byte)unended.Columns.Count]);
            replies.WriteColumns(unended.Columns);
            return true;
        }
        if (!hasCursor || answer is not FakeRows rows)
            return await replies.Send(answer, isBinary: true);
        statement.HasHadCursor = true;
        statement.Cursor = rows.Rows.GetEnumerator();
        replies.SendRaw([(byte)rows.Columns.Count]);
        replies.WriteColumns(rows.Columns);
        if (replies.Capabilities.HasFlag(MySql.Handshakes.Capabilities.DeprecateEof))
            replies.WriteEnd(0, false, ServerStatus.CursorExists);
        else
            replies.WriteColumnsEnd(ServerStatus.CursorExists);
        return true;
    }

    private bool Fetch(Prepared statement, int count)
    {
        if (statement.Cursor is not { } cursor)
            return replies.Send(new FakeError(1421, "The statement has no open cursor.")).GetAwaiter().GetResult();
        var left = count;
        while (left > 0 && cursor.MoveNext())
        {
            replies.WriteRow(cursor.Current, isBinary: true);
            left--;
        }
        if (left > 0)
            statement.Cursor = null;
        return replies.SendEof(left > 0 ? ServerStatus.LastRowSent : ServerStatus.CursorExists);
    }

    private static void NoteLongData(Prepared? statement, byte[] packet)
    {
        var parameter = new FieldReader(packet.AsSpan(5)).Int2();
        if (statement is null)
            return;
        var before = statement.LongData.GetValueOrDefault(parameter, "");
        statement.LongData[parameter] = before + Encoding.UTF8.GetString(packet.AsSpan(7));
    }

    // The text with its parameters; null when their types were never told.
    private static string? Bind(Prepared statement, byte[] packet, bool hasNames)
    {
        var head = ExecutionHead.Read(packet, statement.Parameters, hasNames);
        if (!head.IsValid || head.Count < statement.Parameters)
            return null;
        if (statement.Parameters == 0)
            return statement.Sql;
        if (head.HasTypes)
            statement.Types = head.CopyTypes(statement.Parameters);
        if (statement.Types is not { } types)
            return null;
        var reader = new FieldReader(packet.AsSpan(head.ValuesAt));
        var parts = statement.Sql.Split('?');
        var sql = new StringBuilder(parts[0]);
        for (var i = 0; i < statement.Parameters; i++)
        {
            var value = statement.LongData.TryGetValue(i, out var sent) ? sent
                : (head.Nulls[i / 8] & (1 << (i % 8))) != 0 ? null : Read(ref reader, types[i * 2]);
            sql.Append(value is null ? "NULL" : $"'{value}'").Append(parts[i + 1]);
        }
        statement.LongData.Clear();
        return sql.ToString();
    }

    private static string Read(ref FieldReader reader, byte type) => type switch
    {
        1 => ((sbyte)reader.Int1()).ToString(CultureInfo.InvariantCulture),
        3 => ((int)reader.Int4()).ToString(CultureInfo.InvariantCulture),
        8 => ((long)reader.Int8()).ToString(CultureInfo.InvariantCulture),
        _ => Encoding.UTF8.GetString(reader.LengthEncodedBytes()),
    };

    private sealed class Prepared(string sql)
    {
        internal string Sql { get; } = sql;

        internal int Parameters { get; } = sql.Count(letter => letter == '?');

        internal List<string> Columns { get; } = sql.StartsWith("SELECT", StringComparison.OrdinalIgnoreCase)
            ? FakeSql.Items(sql[6..].Split(" FROM ")[0]) : [];

        internal byte[]? Types { get; set; }

        internal Dictionary<int, string> LongData { get; } = [];

        internal IEnumerator<IReadOnlyList<string?>>? Cursor { get; set; }

        internal bool HasHadCursor { get; set; }
    }
}
