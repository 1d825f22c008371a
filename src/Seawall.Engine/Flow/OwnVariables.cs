using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Decisions;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Reads;
using Seawall.Engine.Loops;
using Seawall.MySql.Commands;
using Seawall.MySql.Results;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>
/// Answers <c>SET @seawall_priority</c>, <c>SET @seawall_deadline_ms</c>, <c>SET @seawall_freshness</c> and
/// <c>SET @seawall_min_gtid</c>: what a session says of its statements to come, as text or prepared. No server
/// hears of it, so that the session keeps no connection for the sake of these variables.
/// </summary>
internal static class OwnVariables
{
    /// <summary>Whether a statement may be one of these. Nearly none is: this is one look at what the lexer has found.</summary>
    internal static bool MayBe(Statement statement) => statement.Facts.Kind == StatementKind.Set
        && (statement.Facts.Traits & StatementTraits.UserVariableWrite) != 0
        && OwnAnswers.MayBeKind(statement);

    /// <summary>Answers it; false when it is for a server.</summary>
    internal static LoopTask<bool> TryAnswer(Statement statement, FrontDoor door, OwnAnswers answers) => statement.Kind switch
    {
        CommandKind.StatementPrepare => new(TryPrepare(statement, door, answers)),
        CommandKind.StatementExecute => Execute(statement, door, answers),
        _ => TryAnswer(statement, door, answers, null),
    };

    private static bool TryPrepare(Statement statement, FrontDoor door, OwnAnswers answers)
    {
        var assignments = OwnAssignments.ReadPrepared(statement.Text);
        if (assignments.Kind == OwnSet.Valid)
            answers.Prepare(statement, assignments.Parameters, []);
        else if (assignments.Kind == OwnSet.Invalid)
            Refuse(statement.Session, door);
        return assignments.Kind != OwnSet.None;
    }

    private static LoopTask<bool> Execute(Statement statement, FrontDoor door, OwnAnswers answers)
    {
        if (OwnParameters.Fill(statement, statement.Prepared!) is { } text)
            return TryAnswer(statement, door, answers, text);
        Refuse(statement.Session, door);
        return new(true);
    }

    // The text is the statement's own, or that of an execution with its values in it.
    private static LoopTask<bool> TryAnswer(Statement statement, FrontDoor door, OwnAnswers answers, byte[]? filled)
    {
        var assignments = OwnAssignments.Read(filled ?? statement.Text);
        if (assignments.Kind == OwnSet.None)
            return new(false);
        var session = statement.Session;
        var said = StatementClasses.Find(assignments.Priority);
        if (assignments.Kind == OwnSet.Invalid || (said is null && !assignments.Priority.IsEmpty)
            || !FreshnessWord.TryRead(assignments.Freshness, out _))
        {
            Refuse(session, door);
            return new(true);
        }
        if (assignments.SetsMinGtid && !assignments.MinGtid.IsEmpty)
            return TakeToken(statement, door, answers, assignments.MinGtid.ToArray(), filled);
        return new(Set(statement, assignments));
    }

    private static async LoopTask<bool> TakeToken(Statement statement, FrontDoor door, OwnAnswers answers, byte[] token, byte[]? filled)
    {
        var session = statement.Session;
        statement.Hold();
        var result = await answers.Take(statement, token);
        if (result == TokenResult.Taken)
        {
            session.WroteMs = door.Loop.ClockMs; // What it was told of is as good as written by it: no answer that was kept before may have it.
            return Set(statement, OwnAssignments.Read(filled ?? statement.Text));
        }
        if (result is null)
            return true; // It has gone.
        var message = $"Wrong value for @seawall_min_gtid [seawall: nothing was set: {OwnAnswers.Words(result.Value, statement.Server.Version!.IsMariaDb)}"
            + (result == TokenResult.Unknown ? "; trying again is safe]" : "]");
        door.Meter.OwnErrors++;
        Bequest.NoteOwnError(session, SqlError.WrongValue, message);
        ClientReplies.SendError(session, 1, SqlError.WrongValue, message);
        return true;
    }

    private static bool Set(Statement statement, in OwnAssignments assignments)
    {
        var session = statement.Session;
        if (assignments.SetsPriority)
            session.Class.Said = (byte)(StatementClasses.Find(assignments.Priority) ?? default);
        if (assignments.SetsDeadline)
            session.Class.SaidDeadlineMs = assignments.DeadlineMs;
        if (assignments.SetsFreshness && FreshnessWord.TryRead(assignments.Freshness, out var word))
            session.Class.SaidOfReads = word;
        if (assignments.SetsMinGtid && assignments.MinGtid.IsEmpty)
            session.Reads?.Memory.ForgetImported();
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
            + "SET @seawall_min_gtid = transactions as the server writes them or NULL, without anything else in the statement]";
        door.Meter.OwnErrors++;
        Bequest.NoteOwnError(session, SqlError.WrongValue, Message);
        ClientReplies.SendError(session, 1, SqlError.WrongValue, Message);
    }
}
