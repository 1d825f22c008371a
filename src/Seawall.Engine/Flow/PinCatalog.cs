namespace Seawall.Engine.Flow;

/// <summary>
/// The words for why sessions are pinned: the name that <c>SHOW PINS</c>, the metric, the log and the docs use, and what
/// whoever owns the client can change. One entry for each reason; a test holds the two lists together.
/// </summary>
public static class PinCatalog
{
    /// <summary>Every reason with its words, in the order of its bit.</summary>
    public static IReadOnlyList<PinEntry> All { get; } =
    [
        new(PinReasons.TemporaryTable, "temporary_table", "drop the temporary table as soon as it is done with"),
        new(PinReasons.UserVariable, "user_variable", "pass values as parameters, or COM_RESET_CONNECTION when done"),
        new(PinReasons.NamedLock, "named_lock", "RELEASE_LOCK() soon, or lock a row in a transaction instead"),
        new(PinReasons.TableLock, "table_lock", "UNLOCK TABLES soon, or use a transaction instead"),
        new(PinReasons.GlobalLock, "global_lock", "end the backup or the flush; run it directly at the server"),
        new(PinReasons.Handler, "handler", "HANDLER ... CLOSE, or use SELECT"),
        new(PinReasons.Xa, "xa", "finish the XA transaction: PREPARE, COMMIT or ROLLBACK"),
        new(PinReasons.TextPrepared, "text_prepared", "DEALLOCATE PREPARE, or prepare through the driver (that does not pin)"),
        new(PinReasons.LongData, "long_data", "execute the statement whose parameter was sent in pieces, or close it"),
        new(PinReasons.Cursor, "cursor", "read the cursor to its end or close it; or do without a server-side cursor"),
        new(PinReasons.NextTransaction, "next_transaction",
            "begin the transaction that SET TRANSACTION was for; or SET SESSION TRANSACTION"),
        new(PinReasons.Role, "role", "give the account the role as its default; or SET ROLE NONE or COM_RESET_CONNECTION when done"),
        new(PinReasons.UnmovableVariable, "unmovable_variable",
            "set it for all at the server; SET timestamp = DEFAULT, sql_auto_is_null = 0; or COM_RESET_CONNECTION"),
        new(PinReasons.Routine, "routine",
            "use a server that reports what routines change; or COM_RESET_CONNECTION after the CALL"),
        new(PinReasons.UnknownState, "unknown_state", "COM_RESET_CONNECTION when done; the log says what the server reported"),
        new(PinReasons.Diagnostics, "diagnostics", "nothing: ends with the next statement or within a second"),
        new(PinReasons.FoundRows, "found_rows", "use COUNT(*) in place of SQL_CALC_FOUND_ROWS; ends with the next statement"),
        new(PinReasons.UncertainTransaction, "uncertain_transaction", "COMMIT or ROLLBACK after an error with autocommit off"),
        new(PinReasons.InsertId, "insert_id", "nothing: ends with the next statement or within a second"),
        new(PinReasons.Facts, "facts",
            "ask for what a statement left in its transaction; ends with the next statement or within ten seconds"),
        new(PinReasons.LooseChanges, "loose_changes",
            "COMMIT or ROLLBACK after using tables without transactions with autocommit off"),
    ];

    /// <summary>The names of the reasons, with commas.</summary>
    public static string Words(PinReasons reasons) => Join(reasons, ",", entry => entry.Name);

    /// <summary>The reason of that name, if there is one.</summary>
    public static PinReasons? Find(string name) => All.FirstOrDefault(entry => entry.Name == name)?.Reason;

    /// <summary>What to change, a sentence for each reason.</summary>
    public static string Advice(PinReasons reasons) => Join(reasons, "; ", entry => $"{entry.Name}: {entry.Advice}");

    private static string Join(PinReasons reasons, string between, Func<PinEntry, string> word) =>
        string.Join(between, All.Where(entry => (reasons & entry.Reason) != 0).Select(word));
}

/// <summary>A reason to be pinned, in words.</summary>
/// <param name="Reason">The reason.</param>
/// <param name="Name">Its name.</param>
/// <param name="Advice">What to change, in a line.</param>
public sealed record PinEntry(PinReasons Reason, string Name, string Advice);
