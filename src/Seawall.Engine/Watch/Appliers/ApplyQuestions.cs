using System.Globalization;
using Seawall.Engine.Deferrals;
using Seawall.Engine.Flow;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;

namespace Seawall.Engine.Watch.Appliers;

/// <summary>What became of an attempt to run a deferred statement.</summary>
internal enum ApplyResult : byte
{
    /// <summary>It has run, now or before.</summary>
    Applied,

    /// <summary>It has not, and never will: the server refuses it for what it is.</summary>
    Refused,

    /// <summary>It has not, for now: the same again later.</summary>
    Later,

    /// <summary>Nothing of the account can run: the same again later, for all of its statements.</summary>
    Blocked,

    /// <summary>The connection was lost while nobody knows whether it has: the same again, which finds out.</summary>
    Unknown,
}

/// <summary>An attempt to run a deferred statement, in words as well.</summary>
/// <param name="Result">What became of it.</param>
/// <param name="Code">The server's error number, or 0.</param>
/// <param name="Message">Why; empty when it has run.</param>
/// <param name="IsTable">Whether that is because changes of its table cannot be rolled back.</param>
internal readonly record struct ApplyOutcome(ApplyResult Result, ushort Code = 0, string Message = "", bool IsTable = false);

/// <summary>
/// Runs deferred statements on a connection, each in one transaction with a row that has its id. The steps take a round trip each, and
/// COMMIT is not sent before the server has answered that the row is there: so whoever tries again, after a loss at whatever moment, waits
/// for that row, and finds out whether it stayed.
/// </summary>
internal sealed class ApplyQuestions(ServerConnection connection, string appliedTable)
{
    private const ushort DuplicateEntry = 1062;

    /// <summary>What MariaDB has in place of an error's number where it tells how far a statement has come: its answer is still to come.</summary>
    private const ushort Progress = ushort.MaxValue;

    private readonly HashSet<string> _safeTables = [];
    private bool _isReady;

    /// <summary>Runs one.</summary>
    internal async LoopTask<ApplyOutcome> Run(DeferredStatement statement, SettingsTable table)
    {
        if (!_isReady && await Begin() is { } blocked)
            return blocked;
        if (await LookAtTable(statement) is { } unsafeTable)
            return unsafeTable;
        if (await Move(statement, SettingsOf(statement, table)) is { } immovable)
            return immovable;
        var entered = await Ask($"INSERT INTO {appliedTable} (id) VALUES ('{statement.Id}')");
        if (entered.Kind == ServerReplyKind.Lost)
            return new(ApplyResult.Later, Message: "the connection was lost before the statement was sent");
        if (!entered.IsOk)
        {
            await Ask("ROLLBACK");
            return entered.Code == DuplicateEntry ? new(ApplyResult.Applied) : OfEnvironment(entered);
        }
        var answer = await Say(statement);
        if (answer.Kind == ServerReplyKind.Lost)
            return new(ApplyResult.Later, Message: "the connection was lost over the statement, before its transaction could end");
        if (!answer.IsOk)
        {
            await Ask("ROLLBACK");
            return new(IsPassing(answer.Code) ? ApplyResult.Later : ApplyResult.Refused, answer.Code, answer.Message);
        }
        var end = await Ask("COMMIT AND NO CHAIN NO RELEASE");
        if (end.IsOk)
            return new(ApplyResult.Applied);
        // A server that refuses to commit has rolled back, or will: on this connection nothing else may happen.
        connection.IsBroken = true;
        return new(ApplyResult.Unknown, end.Code, end.Kind == ServerReplyKind.Lost ? "the connection was lost over COMMIT" : end.Message);
    }

    /// <summary>Takes rows away that are needed no more; false when that did not work.</summary>
    internal async LoopTask<bool> Sweep(IReadOnlyList<string> ids)
    {
        if (!_isReady && await Begin() is not null)
            return false;
        var gone = await Ask($"DELETE FROM {appliedTable} WHERE id IN ({string.Join(',', ids.Select(id => $"'{id}'"))})");
        return gone.IsOk && (await Ask("COMMIT AND NO CHAIN NO RELEASE")).IsOk;
    }

    /// <summary>Errors that say nothing about the statement: the same may well run later.</summary>
    internal static bool IsPassing(ushort code) => code is
        1205 or 1213 // Locks of others.
        or 1020 // Somebody else has changed the row (MariaDB's snapshot isolation).
        or 1040 or 1203 or 1226 // Too many connections, too much of something in an hour.
        or 1021 or 1037 or 1038 or 1041 or 1114 // No memory, no disk.
        or 1053 or 1158 or 1159 or 1160 or 1161 or 1927 // It goes down, or the connection does.
        or 1180 or 1181 or 1196
        or 1290 or 1792 or 1836 or 3100 or 3101 // It does not take writes now.
        or 1317 or 1969 or 3024 // Somebody, or a limit, has ended it.
        or 1461 // As many are prepared there as may be.
        or 1615 or 1689;

    // Whatever the server says before the statement itself was sent is not about the statement.
    private static ApplyOutcome OfEnvironment(ServerReply reply) => reply.Kind == ServerReplyKind.Lost
        ? new(ApplyResult.Later, Message: "the connection was lost")
        : new(IsPassing(reply.Code) ? ApplyResult.Later : ApplyResult.Blocked, reply.Code, $"{reply.Message} (deferral.table)");

    private static SessionSettings SettingsOf(DeferredStatement statement, SettingsTable table) => table.Intern(
        statement.Schema, multiStatements: false,
        [.. statement.Settings.Select(setting => new SessionVariable(setting.Key, setting.Value))]);

    // Nothing on this connection ends by itself: what is not committed did not happen.
    private async LoopTask<ApplyOutcome?> Begin()
    {
        var off = await Ask("SET autocommit=0");
        if (!off.IsOk)
            return OfEnvironment(off);
        var at = appliedTable.IndexOf('.', StringComparison.Ordinal);
        var (problem, isLost) = await ProblemOf(appliedTable[..at], appliedTable[(at + 1)..]);
        if (isLost)
            return new(ApplyResult.Later, Message: "the connection was lost");
        if (problem is not null)
            return new(ApplyResult.Blocked, Message: $"{problem} (deferral.table)");
        _isReady = true;
        return null;
    }

    private async LoopTask<ApplyOutcome?> LookAtTable(DeferredStatement statement)
    {
        var name = $"{statement.TableSchema}.{statement.Table}";
        if (_safeTables.Contains(name))
            return null;
        var (problem, isLost) = await ProblemOf(statement.TableSchema, statement.Table);
        if (isLost)
            return new(ApplyResult.Later, Message: "the connection was lost");
        if (problem is null)
        {
            _safeTables.Add(name);
            return null;
        }
        // It may have run before somebody made the table what it is now.
        return await WasApplied(statement) ?? new(ApplyResult.Refused, Message: problem, IsTable: true);
    }

    private async LoopTask<(string? Problem, bool IsLost)> ProblemOf(string schema, string table)
    {
        var rows = await ServerQuery.Run(connection,
            "SELECT t.TABLE_TYPE, e.TRANSACTIONS, t.ENGINE FROM information_schema.TABLES t LEFT JOIN information_schema.ENGINES e "
            + $"ON e.ENGINE = t.ENGINE WHERE t.TABLE_SCHEMA = '{schema}' AND t.TABLE_NAME = '{table}'", columns: 3);
        // What was seen then must not be what the statement sees.
        if (rows.Reply.Kind == ServerReplyKind.Lost || (await Ask("ROLLBACK")).Kind == ServerReplyKind.Lost)
            return (null, true);
        // What is not seen is for the statement itself to find missing.
        if (rows.Rows.Count != 1 || rows.Text(0, 1) == "YES")
            return (null, false);
        return (rows.Text(0, 0) == "VIEW"
            ? $"{schema}.{table} is a view, and what is behind it cannot be told"
            : $"changes of {schema}.{table} cannot be rolled back (engine {rows.Text(0, 2)}): the statement could run twice", false);
    }

    private async LoopTask<ApplyOutcome?> Move(DeferredStatement statement, SessionSettings to)
    {
        var writer = connection.Wire.Loop.Writer.Clear();
        var answers = SettingsMove.Write(writer, connection, to, null);
        ServerQuery.Write(writer, connection, string.Create(CultureInfo.InvariantCulture,
            $"SET timestamp={statement.AcceptedUs / 1_000_000}.{statement.AcceptedUs % 1_000_000:d6}"));
        var reply = await Send(answers + 1);
        if (reply.IsOk)
        {
            connection.Applied = to;
            connection.NeedsTracking = false;
            return null;
        }
        // Nobody knows which of the settings it has now.
        connection.IsBroken = true;
        if (reply.Kind == ServerReplyKind.Lost || IsPassing(reply.Code))
            return OfEnvironment(reply);
        return await WasApplied(statement) ?? new(ApplyResult.Refused, reply.Code, $"its session's settings: {reply.Message}");
    }

    private async LoopTask<ApplyOutcome?> WasApplied(DeferredStatement statement)
    {
        var rows = await ServerQuery.Run(connection, $"SELECT 1 FROM {appliedTable} WHERE id = '{statement.Id}'", columns: 1);
        var isThere = rows.Rows.Count > 0;
        await Ask("ROLLBACK");
        return !rows.Reply.IsOk ? OfEnvironment(rows.Reply) : isThere ? new(ApplyResult.Applied) : null;
    }

    private LoopTask<ServerReply> Ask(string sql)
    {
        ServerQuery.Write(connection.Wire.Loop.Writer.Clear(), connection, sql);
        return Send(1);
    }

    private LoopTask<ServerReply> Say(DeferredStatement statement)
    {
        if (statement.Execution is { } execution)
            return Execute(statement.Text, execution);
        ServerQuery.Begin(connection.Wire.Loop.Writer.Clear(), connection).Raw(statement.Text.Span).End();
        return Send(1);
    }

    // Prepared anew each time: what it means depends on the settings that the connection has now, and a round trip costs nobody's time.
    private async LoopTask<ServerReply> Execute(ReadOnlyMemory<byte> text, ReadOnlyMemory<byte> execution)
    {
        var (reply, id) = await ServerPreparation.Run(connection, text);
        if (!reply.IsOk)
        {
            if (reply.Kind == ServerReplyKind.Lost)
            {
                connection.IsBroken = true;
                connection.Wire.Close();
            }
            return reply;
        }
        ExecutionPacket.Write(connection.Wire.Loop.Writer.Clear(), connection, id, execution.Span);
        reply = await Send(1);
        if (reply.Kind != ServerReplyKind.Lost)
            ServerPreparation.Close(connection, id);
        return reply;
    }

    private async LoopTask<ServerReply> Send(int answers)
    {
        if (connection.IsBroken && answers > 0 && connection.Wire.IsClosed)
            return new ServerReply(ServerReplyKind.Lost);
        if (!connection.Wire.Send(connection.Wire.Loop.Writer.Bytes) || !await connection.Wire.Flushed())
        {
            connection.IsBroken = true;
            return new ServerReply(ServerReplyKind.Lost);
        }
        var reply = await ServerReplies.Read(connection, answers);
        // What comes behind such a packet would be taken for the answer to the next command: an end that is none.
        if (reply.Kind == ServerReplyKind.Lost || reply.Code == Progress)
        {
            connection.IsBroken = true;
            connection.Wire.Close();
            return new ServerReply(ServerReplyKind.Lost);
        }
        return reply;
    }
}
