using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Servers;
using Seawall.MySql.Commands;
using Seawall.MySql.Results;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>
/// What sessions leave on a connection without a word of it in any text: user variables that a trigger has set, the last value of a
/// sequence. A statement that may read them gets a connection on which there are none of others. So does one whose inside cannot be
/// seen, for ROW_COUNT() and FOUND_ROWS() of others.
/// </summary>
internal static class Leftovers
{
    /// <summary>In place of a session: several have used the connection.</summary>
    private const ulong Several = ulong.MaxValue;

    private const StatementTraits Unseen = StatementTraits.CallsProcedure | StatementTraits.CallsUnknownFunction
        | StatementTraits.Compound | StatementTraits.ExecutesText | StatementTraits.Anything;

    private const StatementTraits UserVariables = StatementTraits.UserVariableRead | StatementTraits.UserVariableWrite;

    private const StatementTraits Leaving = Unseen | StatementTraits.UserVariableWrite | StatementTraits.UsesSequence;

    private const StatementTraits Beginning = StatementTraits.BeginsTransaction | StatementTraits.SetsAutocommit
        | StatementTraits.SetsNextTransaction | StatementTraits.Xa;

    /// <summary>Takes note of a statement that is sent: what it runs unseen may leave something.</summary>
    internal static void NoteSent(Statement statement, ServerConnection connection)
    {
        var user = statement.Session.LeavingAs;
        if (connection.LeftBy != user && MayLeave(statement))
            connection.LeftBy = connection.LeftBy == 0 ? user : Several;
    }

    /// <summary>Whether the statement may read what others have left on the connection: it must be reset before.</summary>
    internal static bool MustGo(Statement statement, ServerConnection connection)
    {
        if (!IsOfOthers(statement.Session, connection))
            return false;
        if (MayRead(statement))
            return true;
        var session = statement.Session;
        return session.Pool!.ReadsLeftovers && ((statement.Facts.Traits & Beginning) != 0
            || !session.Status.HasFlag(ServerStatus.Autocommit)
            || (statement.Decision.Pins & ~PinReasons.Soft) != PinReasons.None);
    }

    /// <summary>
    /// The session keeps the connection for what it has there, so that it cannot be reset: from now on sessions of this account get
    /// one that has been, when they begin something.
    /// </summary>
    internal static bool NoteKept(Statement statement)
    {
        var session = statement.Session;
        if (MayRead(statement) && IsOfOthers(session, session.Lease!.Connection))
            session.Pool!.ReadsLeftovers = true;
        return true;
    }

    /// <summary>
    /// Whether numbers of others, which the statement may ask for unseen, must be swept off its connection. In an XA transaction
    /// that would be too late: servers refuse the sweeping once it has ended. Nor may it be among the traces and profiles of a session.
    /// </summary>
    internal static bool MustSweep(Statement statement)
    {
        var session = statement.Session;
        return session.OfOthers != PreviousFacts.None
            && (statement.Reader is not null || (statement.Facts.Traits & (Unseen | StatementTraits.Xa | StatementTraits.SetsOneShot)) != 0)
            && statement.Kind is CommandKind.Query or CommandKind.StatementExecute or CommandKind.StatementBulkExecute
            && !session.PinReasons.HasFlag(PinReasons.Xa);
    }

    private static bool IsOfOthers(Session session, ServerConnection connection) =>
        connection.LeftBy != 0 && connection.LeftBy != session.LeavingAs;

    // A question for the statement before must find it; it only writes variables.
    private static bool MayRead(Statement statement)
    {
        if (statement.Reader is not null)
            return true;
        var traits = statement.Facts.Traits;
        if ((traits & (Unseen | UserVariables)) == 0 || statement.Facts.Kind == StatementKind.GetDiagnostics)
            return false;
        return statement.Kind is CommandKind.Query or CommandKind.StatementExecute or CommandKind.StatementBulkExecute
            || (statement.Kind == CommandKind.StatementPrepare && (traits & UserVariables) != 0);
    }

    private static bool MayLeave(Statement statement) =>
        statement.Kind is CommandKind.Query or CommandKind.StatementExecute or CommandKind.StatementBulkExecute
        && (statement.Reader is not null || (statement.Facts.Traits & Leaving) != 0
            || (statement.Facts.Hints & (StatementHints.HasFrom | StatementHints.UsesTables)) != 0);
}
