using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Loops;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>
/// MySQL since 8.0.22 gives a user variable in a prepared statement its type when that is prepared, and goes by it ever after. Prepared
/// again where the session has set its variables, it would get another one: so what reads variables is prepared there before the
/// first of them is set.
/// </summary>
internal static class VariableTypes
{
    private const int FixedSince = 80022;

    private const PinReasons Variables = PinReasons.UserVariable | PinReasons.Routine;

    /// <summary>Whether the statement may set the session's first variable, and others that read them may not be there yet.</summary>
    internal static bool MayBecomeFixed(Statement statement)
    {
        var session = statement.Session;
        return (statement.Decision.Pins & Variables) != 0 && session.PreparedOrNull is { ReadVariables: true }
            && (session.PinReasons & Variables) == 0 && statement.Facts.Kind != StatementKind.GetDiagnostics
            && session.Lease!.Connection.Version is { IsMariaDb: false, Number: >= FixedSince };
    }

    /// <summary>Prepares them; false when the connection is of no use any more.</summary>
    internal static async LoopTask<bool> Fix(Statement statement, Departure departure)
    {
        var session = statement.Session;
        var connection = session.Lease!.Connection;
        PreparedStatement[] missing = [.. session.PreparedOrNull!.VariableReaders.Where(one => connection.Statements.Find(one.Text, one) is null)];
        if (missing.Length == 0)
            return true;
        statement.Hold();
        await Keepsake.TakeWarningsThere(session, connection);
        session.Elsewhere |= PreviousFacts.RowCount | PreviousFacts.Diagnostics;
        foreach (var one in missing)
        {
            // What cannot be prepared now will say so when it is executed.
            if (!connection.IsBroken && !await departure.PrepareAhead(statement, connection, one.Text) && !connection.IsBroken)
                statement.Refusal = default;
        }
        return !connection.IsBroken;
    }
}
