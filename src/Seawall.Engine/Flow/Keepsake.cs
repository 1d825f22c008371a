using System.Globalization;
using System.Text;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;
using Seawall.MySql.Results;

namespace Seawall.Engine.Flow;

/// <summary>
/// What a client may still ask about its last statement, and only the connection knows: asked for before the connection is
/// given to others.
/// </summary>
internal static class Keepsake
{
    /// <summary>A longer text of an error is refused by <c>SIGNAL</c>.</summary>
    internal const int SaidLengthMax = 128;

    private const string Warnings = "SHOW WARNINGS";

    // Without the limit SQL_SELECT_LIMIT = 0 would leave no row.
    private const string Numbers = "SELECT FOUND_ROWS(),LAST_INSERT_ID() LIMIT 1";

    private const string Counts = "SELECT @@warning_count,@@error_count LIMIT 1";

    // It changes FOUND_ROWS(), and so asks for that, too, but on MySQL since 5.7, which forgets the warnings over that.
    private const string CountsAndRows = "SELECT @@warning_count,@@error_count,FOUND_ROWS() LIMIT 1";

    /// <summary>
    /// Asks the server for what is not known. When it does not answer as it should, the facts are lost, and whoever asks for
    /// them is told so.
    /// </summary>
    internal static async LoopTask Take(Session session, ServerConnection connection)
    {
        var pins = session.PinReasons;
        var wantsWarnings = pins.HasFlag(PinReasons.Diagnostics) && session.LastResult.Warnings > 0
            && !session.Elsewhere.HasFlag(PreviousFacts.Diagnostics);
        var wantsNumbers = (pins & (PinReasons.FoundRows | PinReasons.InsertId)) != 0
            && (session.LastResult.FoundRows < 0 || session.InsertIdDoubt is { IsOpen: true, IsLost: false });
        if (wantsNumbers && !pins.HasFlag(PinReasons.InsertId))
            session.Pool!.FoundRows.NoteKept();
        else if (wantsNumbers)
            session.Pool!.InsertId.NoteKept();
        if (wantsWarnings || wantsNumbers)
            await Take(session, connection, wantsWarnings, wantsNumbers);
    }

    /// <summary>Asks for whatever the connection alone knows, before it is made to forget everything.</summary>
    internal static async LoopTask TakeAll(Session session, ServerConnection connection)
    {
        var wantsWarnings = session.LastResult.Warnings > 0 && !session.Elsewhere.HasFlag(PreviousFacts.Diagnostics);
        var wantsNumbers = session.InsertIdDoubt is { IsOpen: true, IsLost: false }
            || (session.LastResult.FoundRows == LastResult.Askable && !session.Elsewhere.HasFlag(PreviousFacts.FoundRows));
        if (wantsWarnings || wantsNumbers)
            await Take(session, connection, wantsWarnings, wantsNumbers);
    }

    /// <summary>
    /// Has FOUND_ROWS() and ROW_COUNT() on the connection be nobody's, and leaves the warnings that are there, which some servers
    /// go on showing after routines.
    /// </summary>
    internal static async LoopTask SweepCounts(Session session, ServerConnection connection)
    {
        if (Bequest.AlwaysForgets(connection.Version))
            await TakeWarnings(session, connection);
        var writer = connection.Wire.Loop.Writer.Clear();
        ServerQuery.Write(writer, connection, "SELECT 1");
        session.Elsewhere |= PreviousFacts.RowCount | PreviousFacts.FoundRows;
        if (!connection.Wire.Send(writer.Bytes) || !await connection.Wire.Flushed())
            connection.IsBroken = true;
        else if (await ServerQuery.Read(connection, columns: 1) is { Reply.IsOk: true } answer)
        {
            session.OfOthers = PreviousFacts.None;
            OwedReport.Note(session, connection, answer);
        }
    }

    /// <summary>Asks for the warnings, before a question of Seawall's own makes the server forget them.</summary>
    internal static LoopTask TakeWarnings(Session session, ServerConnection connection) =>
        Take(session, connection, wantsWarnings: true, wantsNumbers: false);

    /// <summary>The same, if the connection has any of the session.</summary>
    internal static LoopTask TakeWarningsThere(Session session, ServerConnection connection) =>
        session.LastResult.Warnings > 0 && !session.Elsewhere.HasFlag(PreviousFacts.Diagnostics)
            ? TakeWarnings(session, connection) : LoopTask.Completed;

    /// <summary>
    /// Asks for the error that came on top of these warnings, which are the session's own and on no connection any more: both are kept.
    /// </summary>
    internal static async LoopTask TakeOnTop(Session session, ServerConnection connection, KeptWarnings below)
    {
        await TakeWarnings(session, connection);
        session.KeptWarnings = session.KeptWarnings?.On(below, session);
    }

    /// <summary>
    /// Has the server say an error that Seawall has said in its place: it keeps it, or only counts it, as the session has set without telling. That
    /// leaves all else as it was, FOUND_ROWS() too, which a question would change.
    /// </summary>
    internal static async LoopTask SayAgain(Session session, ServerConnection connection, KeptWarnings own, SqlError error, string message)
    {
        session.KeptWarnings = own with { Own = null };
        // In hex: whatever the session's SQL mode and character set make of quotes and backslashes.
        var answer = await ServerQuery.Run(connection, $"SIGNAL SQLSTATE '{error.State}' SET MYSQL_ERRNO={error.Code},"
            + $"MESSAGE_TEXT=_utf8 0x{Convert.ToHexString(Encoding.UTF8.GetBytes(message))}");
        session.Elsewhere |= PreviousFacts.RowCount;
        if (answer.Reply.Kind != ServerReplyKind.Error || answer.Reply.Code != error.Code)
            return; // Inside of XA, say, it takes no statements.
        session.KeptWarnings = null;
        connection.HoldsDiagnostics = true;
        session.Elsewhere &= ~PreviousFacts.Diagnostics; // ROW_COUNT() may have been another one since.
    }

    /// <summary>Asks what LAST_INSERT_ID() is.</summary>
    internal static LoopTask TakeInsertId(Session session, ServerConnection connection) =>
        Take(session, connection, wantsWarnings: false, wantsNumbers: true);

    // In this order: the second question makes some servers forget the warnings, the first leaves the numbers alone.
    private static async LoopTask Take(Session session, ServerConnection connection, bool wantsWarnings, bool wantsNumbers)
    {
        var writer = connection.Wire.Loop.Writer.Clear();
        if (wantsWarnings)
            ServerQuery.Write(writer, connection, Warnings);
        if (wantsNumbers)
            ServerQuery.Write(writer, connection, Numbers);
        if (!connection.Wire.Send(writer.Bytes) || !await connection.Wire.Flushed())
        {
            connection.IsBroken = true;
            return;
        }
        session.Elsewhere |= PreviousFacts.RowCount;
        if (wantsWarnings)
        {
            var answer = await ServerQuery.Read(connection, columns: 3, KeptWarnings.ReadMax);
            session.KeptWarnings = KeptWarnings.Of(session, answer);
            OwedReport.Note(session, connection, answer);
            session.Elsewhere |= PreviousFacts.Diagnostics;
        }
        if (wantsWarnings && !wantsNumbers && session.KeptWarnings is { Warnings: null } kept)
            session.KeptWarnings = await Count(session, connection, kept);
        if (wantsNumbers && !connection.IsBroken)
            NoteNumbers(session, connection, await ServerQuery.Read(connection, columns: 2));
    }

    // Neither the error nor the warnings that are kept tell how many there were.
    private static async LoopTask<KeptWarnings> Count(Session session, ServerConnection connection, KeptWarnings kept)
    {
        var asksForRows = !Bequest.AlwaysForgets(connection.Version);
        var answer = await ServerQuery.Run(connection, asksForRows ? CountsAndRows : Counts, columns: asksForRows ? 3 : 2);
        if (asksForRows && Number(answer, 2) is { } foundRows)
            NoteFoundRows(session, foundRows);
        session.Elsewhere |= PreviousFacts.FoundRows;
        return kept with { Warnings = (int?)Number(answer, 0), Errors = (int?)Number(answer, 1) };
    }

    // With results in ucs2, utf16 or utf32 each digit comes with zeros.
    private static ulong? Number(ServerRows answer, int column) => answer.Reply.IsOk && answer.Rows.Count == 1
        && ulong.TryParse(answer.Text(0, column)?.Replace("\0", "", StringComparison.Ordinal), CultureInfo.InvariantCulture, out var number) ? number : null;

    private static void NoteNumbers(Session session, ServerConnection connection, ServerRows answer)
    {
        OwedReport.Note(session, connection, answer);
        connection.HoldsDiagnostics = true; // MySQL warns that FOUND_ROWS() will go one day.
        if (Number(answer, 0) is not { } foundRows || Number(answer, 1) is not { } insertId)
            return;
        NoteFoundRows(session, foundRows);
        session.Elsewhere |= PreviousFacts.FoundRows | PreviousFacts.Diagnostics;
        InsertIds.Resolve(session, connection, insertId);
    }

    private static void NoteFoundRows(Session session, ulong foundRows)
    {
        if (!session.Elsewhere.HasFlag(PreviousFacts.FoundRows))
            session.LastResult = session.LastResult with { FoundRows = (long)foundRows };
    }
}
