using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Decisions;
using Seawall.Engine.Flow.Floodgates;
using Seawall.MySql.Commands;
using Seawall.MySql.Results;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>
/// Answers <c>SET @seawall_priority</c>, <c>SET @seawall_deadline_ms</c> and
/// <c>SET @seawall_freshness</c>: what a session says of its statements to come. No server
/// hears of it, so that the session keeps no connection for the sake of these variables.
/// </summary>
internal static class OwnVariables
{
    /// <summary>Whether a statement may be one of these. Nearly none is: this is one look at what the lexer has found.</summary>
    internal static bool MayBe(Statement statement) => statement.Facts.Kind == StatementKind.Set
        && (statement.Facts.Traits & StatementTraits.UserVariableWrite) != 0
        && statement is { Kind: CommandKind.Query, IsWhole: true };

    /// <summary>Answers it; false when it is for a server.</summary>
    internal static bool TryAnswer(Statement statement, FrontDoor door)
    {
        var assignments = OwnAssignments.Read(statement.Text);
        if (assignments.Kind == OwnSet.None)
            return false;
        var session = statement.Session;
        var said = StatementClasses.Find(assignments.Priority);
        if (assignments.Kind == OwnSet.Invalid || (said is null && !assignments.Priority.IsEmpty)
            || !FreshnessWord.TryRead(assignments.Freshness, out var word))
        {
            Refuse(session, door);
            return true;
        }
        if (assignments.SetsPriority)
            session.Class.Said = (byte)(said ?? default);
        if (assignments.SetsDeadline)
            session.Class.SaidDeadlineMs = assignments.DeadlineMs;
        if (assignments.SetsFreshness)
            session.SaidOfReads = word;
        Bequest.NoteOwnAnswer(session, rowCount: 0);
        if (Bequest.AlwaysForgets(statement.Server.Version!))
            Bequest.ForgetWarnings(session);
        ClientReplies.SendOk(session, 1);
        return true;
    }

    private static void Refuse(Session session, FrontDoor door)
    {
        const string Message = "Wrong value or form for a variable of Seawall's [seawall: nothing was set: write SET @seawall_priority = "
            + "'critical', 'normal', 'low', 'background' or NULL, SET @seawall_deadline_ms = a number of milliseconds up to 3600000, "
            + "0 or NULL, and SET @seawall_freshness = 'session', 'any', 'bounded', 'bounded:' and milliseconds, 'primary' "
            + "or NULL, behind it if need be ',stale_ok:' and milliseconds, "
            + "without anything else in the statement]";
        door.Meter.OwnErrors++;
        Bequest.NoteOwnError(session, SqlError.WrongValue, Message);
        ClientReplies.SendError(session, 1, SqlError.WrongValue, Message);
    }
}
