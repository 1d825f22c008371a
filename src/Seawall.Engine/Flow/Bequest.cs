using System.Globalization;
using System.Text;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Clients;
using Seawall.Engine.Flow.Servers;
using Seawall.MySql.Commands;
using Seawall.MySql.Results;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>
/// Keeps account of what each statement leaves to be asked for: ROW_COUNT() and FOUND_ROWS(), warnings, LAST_INSERT_ID(). Most of
/// it is in the answer, at no cost; what the answer does not tell is asked for when the connection is given away. The rules are those
/// that MariaDB 10.11, MySQL 9.7 and MySQL 5.6 were seen to follow.
/// </summary>
internal static class Bequest
{
    private const StatementTraits Opaque = StatementTraits.CallsProcedure | StatementTraits.CallsUnknownFunction
        | StatementTraits.Compound | StatementTraits.ExecutesText | StatementTraits.Anything;

    /// <summary>Sequences of one session whose last values are kept account of; of others they are refused.</summary>
    private const int SequencesMax = 64;

    /// <summary>Whether each statement makes this server forget the warnings before it; others need one with a table.</summary>
    internal static bool AlwaysForgets(ServerVersion version) => version is { IsMariaDb: false, Number: >= 50700 };

    /// <summary>Whether an error that comes on top of what is there would come on top of what is not the session's last warnings.</summary>
    internal static bool AddsToOthers(Session session, ServerConnection connection) => AlwaysForgets(connection.Version)
        && connection.HoldsDiagnostics && session.Elsewhere.HasFlag(PreviousFacts.Diagnostics);

    /// <summary>Whether the text of the statement is looked at when its answer has come.</summary>
    internal static bool NeedsText(Statement statement) =>
        InsertIds.NeedsText(statement) || (statement.Facts.Traits & StatementTraits.UsesSequence) != 0;

    /// <summary>The session goes on with a connection that others have used: nothing of it is there.</summary>
    internal static void NoteOtherConnection(Session session)
    {
        session.Elsewhere |= PreviousFacts.All;
        session.OfOthers = PreviousFacts.RowCount | PreviousFacts.FoundRows;
        session.Sequences = null;
        session.HasStatusInDoubt = false; // Another connection's flags are those of others; and what was open there would have kept it.
        if (session.InsertIdDoubt.IsOpen)
            session.InsertIdDoubt = session.InsertIdDoubt with { IsLost = true, IsCovered = false };
    }

    /// <summary>Seawall has answered a command itself: a server would have changed ROW_COUNT(), and nothing else.</summary>
    internal static void NoteOwnAnswer(Session session, long rowCount)
    {
        session.LastResult = session.LastResult with { RowCount = rowCount };
        session.Elsewhere |= PreviousFacts.RowCount;
        session.Status &= ServerStatus.OfSession;
    }

    /// <summary>Seawall has answered that a prepared statement is reset: no server repeats a number of warnings with that, or after it.</summary>
    internal static void NoteReset(Session session)
    {
        NoteOwnAnswer(session, rowCount: 0);
        session.AnswerWarnings = 0;
        session.HasUncountedWarnings = false;
    }

    /// <summary>Seawall has answered with rows that it had kept, as a server would have: they can be counted, and there are no warnings.</summary>
    internal static void NoteKeptAnswer(Session session, long rows)
    {
        NoteOwnAnswer(session, rowCount: -1);
        ForgetWarnings(session);
        session.LastResult = session.LastResult with { FoundRows = rows };
        session.Elsewhere |= PreviousFacts.FoundRows;
        session.AnswerWarnings = 0;
        session.HasUncountedWarnings = false;
    }

    /// <summary>There are no warnings any more: the statement was one that a server would have forgotten them by.</summary>
    internal static void ForgetWarnings(Session session)
    {
        session.LastResult = session.LastResult with { Warnings = 0, IsError = false };
        session.KeptWarnings = null;
        session.Elsewhere |= PreviousFacts.Diagnostics;
    }

    /// <summary>An error was the answer, to a preparation in place of the client's execution.</summary>
    internal static void NoteRefusal(Session session, ServerConnection connection)
    {
        session.AnswerWarnings = 1;
        session.HasUncountedWarnings = true;
        session.LastResult = new LastResult(RowCount: -1, LastResult.NotAskedFor, Warnings: 1, IsError: true);
        session.Elsewhere &= ~(PreviousFacts.RowCount | PreviousFacts.Diagnostics);
        session.KeptWarnings = null;
        connection.HoldsDiagnostics = true;
    }

    /// <summary>
    /// Seawall has said an error that a server would have said: that one can be asked for now, and not what is on the connection.
    /// </summary>
    /// <remarks>MySQL since 5.7 keeps what was there before an error of some commands; here the error alone is told.</remarks>
    internal static void NoteOwnError(Session session, SqlError error, string message)
    {
        NoteOwnAnswer(session, rowCount: -1);
        session.LastResult = session.LastResult with { Warnings = 1, IsError = true };
        session.AnswerWarnings = 1;
        session.HasUncountedWarnings = false;
        var number = error.Code.ToString(CultureInfo.InvariantCulture);
        // Where none is to be kept it is counted all the same.
        byte[]?[] row = ["Error"u8.ToArray(), Encoding.ASCII.GetBytes(number), Encoding.UTF8.GetBytes(message)];
        session.KeptWarnings = new(session.Settings["max_error_count"] == "0" ? [] : [row], 1, 1)
        {
            CharacterSet = "utf8mb4",
            Own = (error, message),
        };
        session.Elsewhere |= PreviousFacts.Diagnostics;
    }

    /// <summary>Takes note of an answer.</summary>
    internal static void Note(Statement statement, AnswerFacts facts, ServerConnection connection)
    {
        var session = statement.Session;
        StatusQuestion.Note(session, facts);
        if (facts.HasStatus)
            session.Status = facts.Status & ~(ServerStatus.MoreResults | ServerStatus.SessionStateChanged);
        if (statement.Kind is CommandKind.Statistics or CommandKind.StatementSendLongData)
        {
            facts.Keeps = PreviousFacts.All;
            return;
        }
        NoteAnswerWarnings(statement, facts, connection.Version);
        InsertIds.Note(statement, facts, connection);
        NoteRowCount(statement, facts, connection.Version);
        NoteFoundRows(statement, facts, connection.Version);
        NoteDiagnostics(statement, facts, connection);
        if ((statement.Facts.Traits & StatementTraits.UsesSequence) != 0 && !facts.IsError)
            NoteSequences(statement);
    }

    /// <summary>How many warnings MySQL repeats in its answers to some commands, as far as it is known.</summary>
    internal static ushort WarningsToRepeat(Session session) => (ushort)Math.Clamp(
        session is { HasUncountedWarnings: true, KeptWarnings.Warnings: { } kept } ? kept : 0, session.AnswerWarnings, ushort.MaxValue);

    // COM_INIT_DB begins no statement: its error comes on top since MySQL 5.7, and its answer repeats.
    private static void NoteAnswerWarnings(Statement statement, AnswerFacts facts, ServerVersion version)
    {
        var session = statement.Session;
        if (statement.Kind == CommandKind.InitDb && !facts.IsError)
            return;
        var isOnTop = statement.Kind == CommandKind.InitDb && AlwaysForgets(version);
        session.AnswerWarnings = isOnTop ? (ushort)Math.Min(WarningsToRepeat(session) + 1, ushort.MaxValue) : facts.Warnings;
        session.HasUncountedWarnings = facts.IsError && facts.ErrorCode != SqlError.NothingToResignal.Code
            && (isOnTop ? session.HasUncountedWarnings : statement.Kind != CommandKind.InitDb);
        // What MySQL 9.7 finds while it reads a text it does not even count when none is to be kept, and which errors these are it alone knows.
        if (facts.IsError && AlwaysForgets(version) && !isOnTop && session.HasUncountedWarnings && session.Settings["max_error_count"] == "0")
            session.AnswerWarnings = 0;
    }

    /// <summary>Whether the connection knows something that clients of this account are known to ask for.</summary>
    internal static bool IsWanted(Session session) => WantedOf(session) != PinReasons.None;

    /// <summary>Holds the connection for it.</summary>
    internal static void PinWanted(Session session)
    {
        if (!session.IsUnderWay && WantedOf(session) is not PinReasons.None and var wanted)
            session.Pin(wanted);
    }

    private static PinReasons WantedOf(Session session)
    {
        var wanted = PinReasons.None;
        if (session.LastResult.FoundRows == LastResult.Askable && session.Pool!.FoundRows.Exists && !session.Elsewhere.HasFlag(PreviousFacts.FoundRows))
            wanted = PinReasons.FoundRows;
        if (session.InsertIdDoubt is { IsOpen: true, IsLost: false } && session.Pool!.InsertId.Exists)
            wanted |= PinReasons.InsertId;
        if (session.KeepsFacts || (session.Pool!.Missed is not PreviousFacts.None and var missed && HasMissed(session, missed)))
            wanted |= PinReasons.Facts;
        return wanted;
    }

    // What others of the account were refused once, and this one can still be told.
    private static bool HasMissed(Session session, PreviousFacts missed) =>
        (missed.HasFlag(PreviousFacts.Diagnostics) && session.LastResult.Warnings > 0)
        || (missed.HasFlag(PreviousFacts.NullMark) && InsertIds.MayHaveMade(session) && !session.Elsewhere.HasFlag(PreviousFacts.NullMark))
        || (missed.HasFlag(PreviousFacts.LastGtid) && !session.Elsewhere.HasFlag(PreviousFacts.LastGtid))
        || (missed.HasFlag(PreviousFacts.SequenceValue) && session.Sequences is not null);

    private static void NoteRowCount(Statement statement, AnswerFacts facts, ServerVersion version)
    {
        var session = statement.Session;
        if (version.IsMariaDb && facts.IsError && LeavesRowCount(statement.Facts, facts.ErrorCode))
            return;
        if (!facts.IsError && (statement.Kind == CommandKind.StatementPrepare || statement.Facts.Kind == StatementKind.GetDiagnostics))
            return;
        session.LastResult = session.LastResult with { RowCount = facts.RowCount };
        session.Elsewhere &= ~PreviousFacts.RowCount;
        session.OfOthers &= ~PreviousFacts.RowCount;
    }

    // What is read about tables and schemas that there are not is no statement that failed, to MariaDB.
    private static bool LeavesRowCount(StatementFacts text, ushort error) => text.Statements == 1 && text.Kind switch
    {
        StatementKind.Show when error == SqlError.NoSuchThread.Code => text.Traits.HasFlag(StatementTraits.NamesConnection),
        StatementKind.Show or StatementKind.Describe or StatementKind.Explain =>
            (text.Hints & (StatementHints.Opens | StatementHints.HasInnerSelect)) == 0 && IsMissing(error),
        _ => false,
    };

    private static bool IsMissing(ushort error) =>
        error == SqlError.NoSuchTable.Code || error == SqlError.UnknownSchema.Code || error == SqlError.UnknownTable.Code;

    private static void NoteFoundRows(Statement statement, AnswerFacts facts, ServerVersion version)
    {
        var session = statement.Session;
        if (!facts.IsError && KeepsFoundRows(statement, version))
        {
            facts.Keeps |= PreviousFacts.FoundRows;
            // Behind an error it is what it was before that only until the next statement, whichever (an UPDATE that fails leaves 0 then).
            if (session.LastResult is { IsError: true, FoundRows: >= 0 })
                session.LastResult = session.LastResult with { FoundRows = LastResult.NotAskedFor };
            return;
        }
        var counts = CountsRows(statement.Facts, facts, version);
        session.LastResult = session.LastResult with
        {
            FoundRows = counts && TellsFoundRows(statement.Facts, facts) ? (long)facts.Rows
                : counts ? LastResult.Askable : LastResult.NotAskedFor,
        };
        // Where it may not have counted, the number on the connection may still be that of others.
        if (counts)
        {
            session.Elsewhere &= ~PreviousFacts.FoundRows;
            session.OfOthers &= ~PreviousFacts.FoundRows;
        }
    }

    private static bool KeepsFoundRows(Statement statement, ServerVersion version)
    {
        if (statement.Kind is not (CommandKind.Query or CommandKind.StatementExecute))
            return true;
        var text = statement.Facts;
        if (text.Statements != 1 || (text.Traits & Opaque) != 0 || (text.Hints & StatementHints.HasInnerSelect) != 0)
            return false;
        return text.Kind switch
        {
            StatementKind.Begin or StatementKind.Commit or StatementKind.Rollback or StatementKind.Savepoint or StatementKind.Use
                or StatementKind.Set or StatementKind.Insert or StatementKind.Replace or StatementKind.GetDiagnostics => true,
            StatementKind.Update or StatementKind.Delete or StatementKind.Do =>
                !AlwaysForgets(version) && !text.Hints.HasFlag(StatementHints.HidesFoundRows),
            StatementKind.Show => IsShowOfDiagnostics(text) && !text.Hints.HasFlag(StatementHints.HasCall),
            _ => false,
        };
    }

    // One row may be one that a function made of none, which servers before MySQL 5.7 do not always count.
    private static bool CountsRows(StatementFacts text, AnswerFacts facts, ServerVersion version)
    {
        if (facts.IsError || text.Statements != 1 || facts.RowCount != -1 || (text.Traits & Opaque) != 0)
            return false;
        if (text.Kind == StatementKind.Show)
            return IsShowOfDiagnostics(text);
        const StatementHints unclear = StatementHints.HasFrom | StatementHints.HasCall;
        return text.Kind is StatementKind.Select or StatementKind.With
            && (facts.Rows != 1 || (text.Hints & unclear) != unclear || AlwaysForgets(version));
    }

    private static bool TellsFoundRows(StatementFacts text, AnswerFacts facts) =>
        (text.Hints & StatementHints.HidesFoundRows) == 0 && !facts.Status.HasFlag(ServerStatus.CursorExists);

    private static void NoteDiagnostics(Statement statement, AnswerFacts facts, ServerConnection connection)
    {
        var session = statement.Session;
        // Those that COM_INIT_DB tells of are not its own.
        var isRepeated = statement.Kind == CommandKind.InitDb;
        connection.HoldsDiagnostics |= facts.IsError || facts.HadWarnings;
        if (!facts.IsError && (isRepeated || !facts.HadWarnings)
            && (KeepsDiagnostics(statement, connection.Version) || MayKeepDiagnostics(session, statement.Facts, connection.Version)))
        {
            facts.Keeps |= PreviousFacts.Diagnostics;
            return;
        }
        if (!facts.IsError && !facts.HadWarnings && HasLostTrack(session, statement, connection.Version))
        {
            session.KeptWarnings = null;
            facts.Keeps |= PreviousFacts.Diagnostics;
            return;
        }
        if (AlwaysForgets(connection.Version))
            connection.HoldsDiagnostics = facts.IsError || facts.HadWarnings;
        // Such an error comes on top of what was there, which others have the connection of.
        if (isRepeated && AlwaysForgets(connection.Version) && session.LastResult.Warnings > 0 && session.Elsewhere.HasFlag(PreviousFacts.Diagnostics))
            facts.Below = session.KeptWarnings;
        session.LastResult = session.LastResult with { Warnings = WarningsOf(facts), IsError = facts.IsError };
        session.Elsewhere &= ~PreviousFacts.Diagnostics;
        session.KeptWarnings = null;
    }

    // Those of an earlier statement of the text may still be there: the server will say how many, if that is asked.
    private static int WarningsOf(AnswerFacts facts) => facts.HadWarnings ? Math.Max((int)facts.Warnings, 1) : facts.Warnings;

    private static bool KeepsDiagnostics(Statement statement, ServerVersion version)
    {
        // To fetch begins no statement: the number of warnings behind the rows is that of the fetch, and what was there is there.
        if (statement.Kind is CommandKind.InitDb or CommandKind.StatementReset or CommandKind.StatementFetch)
            return true;
        // MariaDB takes them away where it has to read a trigger of the table first.
        if (statement.Kind == CommandKind.FieldList)
            return !version.IsMariaDb || !statement.Session.Elsewhere.HasFlag(PreviousFacts.Diagnostics);
        var text = statement.Facts;
        if ((text.Traits & Opaque) != 0)
            return false;
        if (text.Statements == 1 && (IsShowOfDiagnostics(text) || text.Kind == StatementKind.GetDiagnostics))
            return true;
        // Its FROM names no table; what it prepares may.
        if (text.Kind == StatementKind.Prepare)
            return false;
        return !AlwaysForgets(version)
            && ((text.Hints & (StatementHints.HasFrom | StatementHints.UsesTables)) == 0 || (version.IsMariaDb && IsWithoutTables(text)));
    }

    // MariaDB was seen to leave warnings alone at all of these.
    private static bool IsWithoutTables(StatementFacts text) => text is
    {
        Statements: 1,
        Kind: StatementKind.UnlockTables or StatementKind.Kill or StatementKind.Xa or StatementKind.ReleaseSavepoint or StatementKind.Deallocate
    };

    // It is not known whether the connection still has them: taken for there, so that the server is asked before others get it.
    private static bool MayKeepDiagnostics(Session session, StatementFacts text, ServerVersion version) =>
        !AlwaysForgets(version) && session.LastResult.Warnings > 0 && !session.Elsewhere.HasFlag(PreviousFacts.Diagnostics)
        && (text.Statements > 1 || (text.Traits & Opaque) != 0 || text.Kind is StatementKind.Flush or StatementKind.UnlockTables
            or StatementKind.Kill or StatementKind.Xa or StatementKind.ReleaseSavepoint or StatementKind.Deallocate
            or StatementKind.Prepare or StatementKind.Show || MayBeWithoutTables(text));

    private static bool MayBeWithoutTables(StatementFacts text) => !text.Hints.HasFlag(StatementHints.HasFrom)
        && text.Kind is StatementKind.Grant or StatementKind.Reset or StatementKind.Help
            or StatementKind.Replication or StatementKind.Server;

    // A routine that touches no table leaves warnings as they are, and another one does not; nor does the text of a PREPARE. Where
    // they were not there for it to leave, nobody can say which of both it was: whoever asks is refused.
    private static bool HasLostTrack(Session session, Statement statement, ServerVersion version)
    {
        var text = statement.Facts;
        return !AlwaysForgets(version) && session.LastResult.Warnings > 0 && session.Elsewhere.HasFlag(PreviousFacts.Diagnostics)
            && (statement.Kind == CommandKind.FieldList
                || text.Kind is StatementKind.Prepare or StatementKind.Flush || MayBeWithoutTables(text)
                || ((text.Traits & Opaque) != 0 && !text.Hints.HasFlag(StatementHints.HasFrom) && text.Kind is
                    (StatementKind.Call or StatementKind.Do or StatementKind.Select or StatementKind.Set or StatementKind.Execute
                    or StatementKind.Explain or StatementKind.Describe or StatementKind.Other)));
    }

    private static bool IsShowOfDiagnostics(StatementFacts text) =>
        text.Kind == StatementKind.Show && (text.Traits & StatementTraits.ReadsDiagnostics) != 0;

    // By name: of another sequence the connection may know what others took.
    private static void NoteSequences(Statement statement)
    {
        var text = StatementText.Of(statement);
        var names = new List<string>();
        if (text.IsMissing || !StatementNames.TryReadSequences(text.Bytes, text.Dialect, text.Schema, names))
            return;
        foreach (var name in names)
        {
            var known = statement.Session.Sequences ??= [];
            if (!known.Contains(name) && known.Count < SequencesMax)
                known.Add(name);
        }
    }
}
