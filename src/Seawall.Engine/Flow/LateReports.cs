using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;
using Seawall.MySql.Commands;
using Seawall.MySql.Results;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>
/// What a failed statement has changed, or SET STATEMENT put back, MariaDB reports with whatever it reports next. Seawall has more reported
/// than the client: told then it would be too early, or be told to another client. So it is asked for at once, and kept.
/// </summary>
internal static class LateReports
{
    // Only a change makes it report, if one to the same value. Not one of the list of variables: it would forget which have changed.
    private const string Change = "SET session_track_schema=1";

    private const StatementTraits Unseen = StatementTraits.CallsProcedure | StatementTraits.CallsUnknownFunction
        | StatementTraits.Compound | StatementTraits.ExecutesText | StatementTraits.Anything;

    /// <summary>Whether the statement may have left something to be reported with the next report.</summary>
    internal static bool AreLeft(Statement statement, AnswerFacts facts)
    {
        var session = statement.Session;
        if (session.Lease!.Connection is not { TracksSession: true, NeedsTracking: false, IsBroken: false, Version.IsMariaDb: true }
            || statement.Kind is not (CommandKind.Query or CommandKind.StatementExecute or CommandKind.StatementBulkExecute))
        {
            return false;
        }
        // What SET STATEMENT has put back. If it sets something that stays as well, all that was reported was taken for what stays. Who gets
        // EOF packets sees a flag with the next report.
        if (statement.Decision.PutsBackSettings)
            return session.TracksSession || session.WantsEof || !statement.Decision.ForgetsSettings;
        if (!session.TracksSession)
            return false;
        // A prepared statement runs in the schema in which it was prepared, which is left without a word after an error.
        return facts.IsError && (((statement.Facts.Traits & Unseen) != 0 && facts.ErrorCode != SqlError.Syntax.Code)
            || (statement.Prepared is { } prepared && prepared.Text.Settings.Schema != statement.SettingsBefore.Schema));
    }

    /// <summary>Has the server report it now, and keeps what the client is to be told of it.</summary>
    internal static async LoopTask Ask(Statement statement, AnswerFacts facts)
    {
        var session = statement.Session;
        var connection = session.Lease!.Connection;
        session.Elsewhere |= PreviousFacts.RowCount;
        var answer = await ServerQuery.Run(connection, Change);
        if (answer.Reply.IsOk)
            NoteReport(statement, connection, facts, answer.Changes);
    }

    private static void NoteReport(Statement statement, ServerConnection connection, AnswerFacts facts, byte[] changes)
    {
        var session = statement.Session;
        var learns = !statement.Decision.ForgetsSettings;
        var isAny = false;
        var reader = new SessionChangeReader(changes);
        while (reader.MoveNext())
        {
            var change = reader.Current;
            // What was set just now, and the sign that something was.
            if (change.Kind == SessionChangeKind.State || change.Name.StartsWith("session_track_"u8))
                continue;
            isAny = true;
            if (session.TracksSession && SessionChangeFilter.Shows(session.Tracking, change))
                (session.Untold ??= new()).Add(change);
            if (learns)
                SessionLearning.Learn(session, connection, facts, change, endsRows: false);
        }
        if (isAny && session is { TracksSession: true, Tracking.State: true })
            (session.Untold ??= new()).Add(new(SessionChangeKind.State, default, default));
    }
}
