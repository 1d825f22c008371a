using System.Text;
using System.Text.RegularExpressions;
using Seawall.MySql.Commands;
using Seawall.MySql.Results;

namespace Seawall.LabTests.Equivalence;

/// <summary>The differences that docs/compatibility.md names. They are counted, and everything else is a bug.</summary>
internal static partial class KnownDifferences
{
    internal const string Refused = "refused with 1235: ROW_COUNT(), FOUND_ROWS() and diagnostics, once others had the connection";

    internal const string Unasked = "MySQL told of a transaction's state although nobody had asked for it";

    internal const string StateOfQuestion = "MySQL tells of the transaction's state that a question of Seawall's own was answered in it";

    internal const string SchemaAgain = "MySQL tells the schema again after a statement that was prepared without any";

    internal const string EmptyReportAlone = "MySQL told that something is to be reported, and nothing";

    internal const string Newcomer = "MariaDB told a newcomer of a warning that the thread's last client had";

    internal const string StateAsked = "the answer to SET session_track_state_change or session_track_transaction_info itself";

    internal const string Alone = "after an error that Seawall says itself it is alone; MySQL since 5.7 keeps what was there beside it";

    internal const string MissingTable = "MySQL has two errors for a table that information_schema has not";

    internal const string PlanOfDictionary = "MySQL used an index of its dictionary, or none";

    internal const string FieldsWithoutSchema = "MariaDB takes no schema for one in COM_FIELD_LIST when the last statement there began WITH";

    internal const string RoleAfterReset = "the role after a reset or a change of user, which takes it away here";

    internal const string EndedXa = "MySQL 5.6 has two errors for an XA transaction that there is not: one names the last of the connection";

    internal const string RowOfPlan = "MySQL numbers the row in a warning of UPDATE by how many it has read: a range, or all";

    internal const string ModeOfHint = "the flag of a hint's NO_BACKSLASH_ESCAPES in the EOF packet behind columns, which the end of the rows has no more";

    /// <summary>Only where the two sides explain it by two plans when they are asked (<see cref="ServerPlan"/>).</summary>
    internal const string ColumnOfPlan = "MySQL says of a column that it is a key, or not, by whether it reads by the index or sorts in a table of its own";

    /// <summary>It reads the routine again when anybody has made or dropped one since, and nothing may be read in that state.</summary>
    internal const string RoutineReadAgain = "MySQL 5.6 runs a routine behind XA END and XA PREPARE only where the connection has it in its cache";

    /// <summary>Those after which the two sides are as alike as before.</summary>
    internal static bool IsHarmless(string name) => name is not (Refused or RoutineReadAgain or ColumnOfPlan);

    internal static string? Name(KnownPast past, Difference difference, SideAnswer seawall)
    {
        if (seawall.Packets.Error is { Code: 1235 } error && error.Message.EndsWith("[seawall: the statement did not run]", StringComparison.Ordinal))
            return Refused;
        if (past.HasOwnError && (AsksForDiagnostics(difference.Step)
            || difference.Step.Kind is CommandKind.Ping or CommandKind.SetOption or CommandKind.InitDb))
        {
            return Alone;
        }
        var there = difference.Server.ElementAtOrDefault(difference.At) ?? "";
        var here = difference.Seawall.ElementAtOrDefault(difference.At) ?? "";
        if (there.Contains("TransactionState =", default) != here.Contains("TransactionState =", default)
            || (there != here && WithoutNoCharacteristics(there) == WithoutNoCharacteristics(here)))
        {
            return Unasked;
        }
        if (there != here && there.Contains("TransactionState =", default) && WithoutAnswers(there) == WithoutAnswers(here))
            return StateOfQuestion;
        if (past.HasHadNoSchema && difference.Step.Kind == CommandKind.StatementExecute && IsDone().IsMatch(there)
            && there.Contains(" Schema =", default) && !here.Contains(" Schema =", default))
        {
            return SchemaAgain;
        }
        if (DifferByEmptyReport(there.Split(' ')[0], here.Split(' ')[0]))
            return EmptyReportAlone;
        if (past.IsOfRange && there != here && WithoutRow(there) == WithoutRow(here))
            return RowOfPlan;
        if (difference.Step.Text.StartsWith("show databases", default) && WithoutIndexFlag(there) == WithoutIndexFlag(here))
            return PlanOfDictionary;
        if (difference.Step.Text.Contains("set_var(sql_mode", default) && there != here && WithoutModeBehindColumns(there) == here)
            return ModeOfHint;
        if (IsMissingTable(there, here) || IsMissingTable(here, there))
            return MissingTable;
        if (IsMissingXa(there, here) || IsMissingXa(here, there))
            return EndedXa;
        if (past.IsOfMySql56 && IsEndedXa(there) != IsEndedXa(here) && RunsRoutine().IsMatch(difference.Step.Text))
            return RoutineReadAgain;
        if (difference.Step.Kind == CommandKind.FieldList && (there + here).Contains("No database selected", default))
            return FieldsWithoutSchema;
        if (difference.Step.Kind == CommandKind.Connect && WithoutWarnings(there) == here)
            return Newcomer;
        if (past.IsResetWithRole && difference.Step.Text.Contains("current_role()", default))
            return RoleAfterReset;
        var asks = difference.Step.Text.Contains("session_track_state_change", default)
            || difference.Step.Text.Contains("session_track_transaction_info", default);
        return asks && difference.At == 0 ? StateAsked : null;
    }

    /// <summary>Whether a statement changes the rows of a range, which a server may read as such or among all.</summary>
    internal static bool ChangesRange(string text) => RangedUpdate().IsMatch(text);

    /// <summary>Whether a step asks for warnings and errors, and leaves them as they are or takes them away by asking.</summary>
    internal static bool AsksForDiagnostics(Step step) =>
        step.Text.StartsWith("show warnings", StringComparison.OrdinalIgnoreCase) || step.Text.StartsWith("show errors", StringComparison.Ordinal)
        || step.Text.StartsWith("show count(*)", StringComparison.Ordinal)
        || step.Text.StartsWith("select @@warning_count", StringComparison.Ordinal)
        || step.Text.StartsWith("select @@error_count", StringComparison.Ordinal);

    private static bool IsMissingTable(string one, string other) =>
        one.Contains("Table 'information_schema.", default) && other.Contains("Unknown table '", default) && other.Contains("in information_schema", default);

    [GeneratedRegex("^update .* where id [<>]")]
    private static partial Regex RangedUpdate();

    // Without the packet's bytes, which are shown before its text, and its length.
    internal static string WithoutRow(string line) => RowInMessage().IsMatch(line) ? RowInMessage().Replace(LengthAndBytes().Replace(line, "${1}"), "") : line;

    [GeneratedRegex("(?<=( for column '\\w+' at row ))[0-9]+")]
    private static partial Regex RowInMessage();

    [GeneratedRegex("^([0-9]+:)[0-9]+:[0-9A-F]+ (?=\")")]
    private static partial Regex LengthAndBytes();

    // At the end of rows, in either dialect. Behind the bytes the same is shown as text.
    internal static string WithoutIndexFlag(string end) => NoIndexUsed().Replace(
        EndOfRows().Replace(end, match => $"{match.Groups[1]}{Convert.ToInt32(match.Groups[2].Value, 16) & ~2:X}{match.Groups[3]}"), "");

    // With autocommit off it may be the only one, and without it there is none.
    [GeneratedRegex(", NoIndexUsed|NoIndexUsed, |(?<= )(NoIndexUsed|None)(?= |$)")]
    private static partial Regex NoIndexUsed();

    [GeneratedRegex("^([0-9]+:7:FE0000)([0-9A-F])([0-9A-F]{7})( \".*)?$")]
    private static partial Regex EndOfRows();

    // Behind rows there is a number of warnings before the flags.
    internal static string WithoutModeBehindColumns(string line) => ModeBehindColumns().Replace(line, "");

    [GeneratedRegex("(?<=^[0-9]+:5:EOF [A-Z][A-Za-z, ]*), NoBackslashEscapes")]
    private static partial Regex ModeBehindColumns();

    private static bool IsMissingXa(string one, string other) => one.Contains("XAER_NOTA", default) && other.Contains("NON-EXISTING state", default);

    // The server has two spaces there. That it does so is tried by XaResetTests.
    private static bool IsEndedXa(string answer) => answer.Contains("in the  PREPARED state", default) || answer.Contains("in the  IDLE state", default);

    [GeneratedRegex(@"\b(call|execute)\b", RegexOptions.IgnoreCase)]
    private static partial Regex RunsRoutine();

    // The flag that something was reported, and a report of no length, with or without an information before it.
    private static bool DifferByEmptyReport(string there, string here) => there != here && WithoutEmptyReport(there) == WithoutEmptyReport(here);

    // Both numbers before the flags are taken to be small: of one byte each.
    private static string WithoutEmptyReport(string ok)
    {
        const int flagsAt = 4, infoAt = 7, isReported = 0x40;
        var parts = ok.Split(':');
        if (parts.Length != 3 || parts[2].Length % 2 != 0 || parts[2].Any(letter => !char.IsAsciiHexDigit(letter))
            || !(parts[2].StartsWith("00", default) || parts[2].StartsWith("FE", default)))
        {
            return ok;
        }
        var bytes = Convert.FromHexString(parts[2]);
        if (bytes.Length < infoAt + 2 || (bytes[flagsAt] & isReported) == 0 || bytes.Length != infoAt + 1 + bytes[infoAt] + 1 || bytes[^1] != 0)
            return ok;
        bytes[flagsAt] &= unchecked((byte)~isReported);
        var kept = bytes[infoAt] == 0 ? bytes[..infoAt] : bytes[..^1];
        return $"{parts[0]}:{kept.Length}:{Convert.ToHexString(kept)}";
    }

    private static string WithoutWarnings(string ok) =>
        ShortOk().Replace(LongOk().Replace(ok, "OK 0 0 0 0 "), "${1}0000 ");

    // A short OK is shown by its bytes, and a longer one by its fields.
    [GeneratedRegex("^[0-9]+:[0-9]+:(OK (0|254) |00|FE)")]
    private static partial Regex IsDone();

    // With the length of the packet, and where it was all that was reported with the flag that tells of it: the other side has a short OK.
    internal static string WithoutNoCharacteristics(string ok)
    {
        var rest = NoCharacteristics().Replace(LengthOfPacket().Replace(Fields(ok), "${1}"), "");
        return rest.EndsWith("' ", StringComparison.Ordinal) ? ReportFlag().Replace(rest, "") : rest;
    }

    // A short OK in the words of a longer one.
    private static string Fields(string line)
    {
        if (BytesOfOk().Match(line) is not { Success: true } match)
            return line;
        var ok = OkPacket.Read(Convert.FromHexString(match.Groups["bytes"].Value), tracksSession: true);
        return ok.IsValid && ok.SessionChanges.IsEmpty
            ? $"{match.Groups["numbers"]}OK {ok.FirstByte} {ok.AffectedRows} {ok.LastInsertId} {ok.Warnings} {ok.Status} "
                + $"'{Encoding.UTF8.GetString(ok.Info)}' "
            : line;
    }

    [GeneratedRegex("^(?<numbers>[0-9]+:[0-9]+:)(?<bytes>(00|FE)([0-9A-F]{2}){6,}) \"")]
    private static partial Regex BytesOfOk();

    [GeneratedRegex("(?<=^[0-9]+:OK [^']*)(, SessionStateChanged|SessionStateChanged, )")]
    private static partial Regex ReportFlag();

    [GeneratedRegex("TransactionCharacteristics =(, |$)")]
    private static partial Regex NoCharacteristics();

    [GeneratedRegex("^([0-9]+:)[0-9]+:")]
    private static partial Regex LengthOfPacket();

    // Of its eight letters the sixth and the seventh: the statement was unsafe to repeat, there were rows.
    private static string WithoutAnswers(string ok) => AnswersInState().Replace(ok, "${1}__${2}");

    [GeneratedRegex("(TransactionState =.{5})[_s][_S](.)")]
    private static partial Regex AnswersInState();

    [GeneratedRegex("OK 0 0 0 [0-9]+ ")]
    private static partial Regex LongOk();

    [GeneratedRegex("(:0000000[23]00)[0-9A-F]{4} ")]
    private static partial Regex ShortOk();
}

/// <summary>What has come before in a session.</summary>
/// <param name="HasOwnError">Seawall has said an error itself, as the last one.</param>
/// <param name="IsResetWithRole">It was reset, or changed its user, after SET ROLE.</param>
/// <param name="HasHadNoSchema">It was in no schema for a while.</param>
/// <param name="IsOfRange">The last statement that leaves warnings changed the rows of a range, on MySQL 9.7.</param>
/// <param name="IsOfMySql56">It is on MySQL 5.6.</param>
internal readonly record struct KnownPast(bool HasOwnError, bool IsResetWithRole, bool HasHadNoSchema, bool IsOfRange, bool IsOfMySql56);
