using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;
using Seawall.MySql.Commands;
using Seawall.MySql.Results;

namespace Seawall.Engine.Flow;

/// <summary>
/// An error has no flags, and the statement may have ended a transaction before it failed, or begun one. Where Seawall says the flags
/// itself, the connection is asked for them first: by a COM_PING, which takes nothing away but ROW_COUNT().
/// </summary>
internal static class StatusQuestion
{
    /// <summary>Takes note of an answer.</summary>
    internal static void Note(Session session, AnswerFacts facts) =>
        session.HasStatusInDoubt = facts.IsError || (session.HasStatusInDoubt && !facts.HasStatus);

    /// <summary>Whether flags that Seawall says now may be wrong, and the connection is there to be asked.</summary>
    internal static bool IsDue(Session session) => session is { HasStatusInDoubt: true, Lease: not null };

    /// <summary>
    /// Whether it must be asked before the statement: packets behind columns, which the server does not send, have flags as well.
    /// </summary>
    internal static bool IsDueBefore(Statement statement) => IsDue(statement.Session)
        && statement.Session.WantsEof && statement.Session.Lease!.Connection.DeprecatesEof
        && statement.Facts.Kind != MySql.Statements.StatementKind.GetDiagnostics
        && statement.Kind is CommandKind.StatementPrepare or CommandKind.Query or CommandKind.StatementExecute;

    /// <summary>Asks.</summary>
    internal static async LoopTask Ask(Session session)
    {
        var connection = session.Lease!.Connection;
        session.HasStatusInDoubt = false;
        var writer = connection.Wire.Loop.Writer.Clear();
        writer.Begin(0).Int1((byte)CommandKind.Ping).End();
        if (!connection.Wire.Send(writer.Bytes) || !await connection.Wire.Flushed())
        {
            connection.IsBroken = true;
            return;
        }
        var answer = await ServerQuery.Read(connection, columns: 0);
        session.Elsewhere |= PreviousFacts.RowCount;
        if (!answer.Reply.IsOk)
            return;
        OwedReport.Note(session, connection, answer);
        const ServerStatus ofTransactions = ServerStatus.InTransaction | ServerStatus.InReadOnlyTransaction | ServerStatus.Autocommit;
        session.Status = (session.Status & ~ofTransactions) | (answer.Status & ofTransactions);
    }
}
