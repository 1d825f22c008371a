namespace Seawall.Engine.Flow;

/// <summary>
/// Why a session keeps its server connection although no transaction is open: state that cannot be moved. The names are
/// those of <c>SHOW PINS</c>, of the metric and of the docs.
/// </summary>
[Flags]
public enum PinReasons : uint
{
    /// <summary>Nothing pins.</summary>
    None = 0,

    /// <summary>A temporary table exists; ends when it is dropped.</summary>
    TemporaryTable = 1 << 0,

    /// <summary>A user variable was set; ends with the session or its reset.</summary>
    UserVariable = 1 << 1,

    /// <summary>A lock of GET_LOCK is held; ends when it is released.</summary>
    NamedLock = 1 << 2,

    /// <summary>LOCK TABLES; ends with UNLOCK TABLES.</summary>
    TableLock = 1 << 3,

    /// <summary>FLUSH TABLES WITH READ LOCK, LOCK INSTANCE or BACKUP; ends with their counterparts.</summary>
    GlobalLock = 1 << 4,

    /// <summary>A HANDLER is open; ends when it is closed.</summary>
    Handler = 1 << 5,

    /// <summary>An XA transaction is under way; ends when it is committed, rolled back or prepared.</summary>
    Xa = 1 << 6,

    /// <summary>PREPARE by text; ends with DEALLOCATE.</summary>
    TextPrepared = 1 << 7,

    /// <summary>A parameter was sent in pieces; ends with the execution.</summary>
    LongData = 1 << 8,

    /// <summary>A cursor is open; ends when it is read to its end or closed.</summary>
    Cursor = 1 << 9,

    /// <summary>SET TRANSACTION for the next transaction only; ends with that transaction.</summary>
    NextTransaction = 1 << 10,

    /// <summary>A role or a resource group was set; ends with SET ROLE NONE if that is how it began, or the session's reset.</summary>
    Role = 1 << 11,

    /// <summary>A variable was set that cannot be set again elsewhere; TIMESTAMP ends with its default, all with the session's reset.</summary>
    UnmovableVariable = 1 << 12,

    /// <summary>A stored routine ran on a server that does not tell what it changed; ends with the session or its reset.</summary>
    Routine = 1 << 13,

    /// <summary>The server says that something changed and not what; ends with the session or its reset.</summary>
    UnknownState = 1 << 14,

    /// <summary>The last statement left warnings or an error that may be asked for; ends with the next statement.</summary>
    Diagnostics = 1 << 15,

    /// <summary>SQL_CALC_FOUND_ROWS; ends with the next statement.</summary>
    FoundRows = 1 << 16,

    /// <summary>A statement failed with autocommit off, and whether a transaction is open is not known.</summary>
    UncertainTransaction = 1 << 17,

    /// <summary>LAST_INSERT_ID() may be another number than the server told; ends with the next statement.</summary>
    InsertId = 1 << 18,

    /// <summary>The client asks for what only the connection of its statement before knows; ends with the next statement.</summary>
    Facts = 1 << 19,

    /// <summary>
    /// With autocommit off, changes of tables without transactions, or a savepoint, and no transaction is open: ROLLBACK will
    /// warn of them; and tables that were only read, which nobody can alter. Ends with it, or COMMIT, or autocommit on.
    /// </summary>
    LooseChanges = 1 << 20,

    /// <summary>Those that end with the next statement, whatever it is, and end nothing else when they end before.</summary>
    Soft = Diagnostics | FoundRows | InsertId | Facts,
}
