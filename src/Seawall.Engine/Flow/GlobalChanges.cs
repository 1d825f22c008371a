using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>
/// A client has changed global variables: the server is asked at once what they are now, and whoever comes next is told. The
/// watch would see it as well, but only after a second.
/// </summary>
internal static class GlobalChanges
{
    /// <summary>Asks, and tells everybody. The client has its answer by then; its next statement waits, and logins do.</summary>
    internal static async LoopTask Tell(Statement statement, FrontDoor door)
    {
        var session = statement.Session;
        var connection = session.Lease!.Connection;
        var names = NamesOf(statement);
        if (names.Count == 0 || connection.IsBroken)
            return;
        if (session.LastResult.Warnings > 0 && !session.Elsewhere.HasFlag(PreviousFacts.Diagnostics))
            await Keepsake.TakeWarnings(session, connection);
        session.Elsewhere |= PreviousFacts.RowCount | PreviousFacts.FoundRows | PreviousFacts.Diagnostics;
        var rows = await ServerQuery.Run(connection, GlobalQuestion.Of(names), columns: 2);
        if (rows.Reply.IsOk)
            door.Tell(statement.Server.Id, GlobalQuestion.Read(rows));
    }

    /// <summary>
    /// Whether logins wait until the statement has ended and everybody has been told: it changes what they begin with, which
    /// takes no server longer than a moment, and does nothing else.
    /// </summary>
    internal static bool HoldsLogins(Statement statement) =>
        statement.Decision.ChangesGlobals && statement.Facts.Statements == 1 && NamesOf(statement).Count > 0;

    // Those that are looked at; all of them when the text does not say which.
    private static IReadOnlyCollection<string> NamesOf(Statement statement)
    {
        var text = StatementText.Of(statement);
        var names = new List<string>();
        return text.IsMissing || !StatementNames.TryReadGlobals(text.Bytes, text.Dialect, names)
            ? GlobalNames.All
            : [.. names.Where(GlobalNames.IsKnown)];
    }
}
