namespace Seawall.MySql.Results;

/// <summary>The status flags at the end of each result.</summary>
/// <remarks>https://dev.mysql.com/doc/dev/mysql-server/latest/mysql__com_8h.html (SERVER_STATUS_flags_enum)</remarks>
[Flags]
public enum ServerStatus : ushort
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A transaction is open.</summary>
    InTransaction = 0x0001,

    /// <summary>Each statement commits by itself.</summary>
    Autocommit = 0x0002,

    /// <summary>Another result follows.</summary>
    MoreResults = 0x0008,

    /// <summary>No good index was used.</summary>
    NoGoodIndexUsed = 0x0010,

    /// <summary>No index was used.</summary>
    NoIndexUsed = 0x0020,

    /// <summary>A cursor is open.</summary>
    CursorExists = 0x0040,

    /// <summary>The cursor has given its last row.</summary>
    LastRowSent = 0x0080,

    /// <summary>A schema was dropped.</summary>
    SchemaDropped = 0x0100,

    /// <summary><c>NO_BACKSLASH_ESCAPES</c> is part of <c>sql_mode</c>.</summary>
    NoBackslashEscapes = 0x0200,

    /// <summary>The columns of a prepared statement have changed.</summary>
    MetadataChanged = 0x0400,

    /// <summary>The statement was slow.</summary>
    QueryWasSlow = 0x0800,

    /// <summary>The result holds the OUT parameters of a prepared CALL.</summary>
    OutParameters = 0x1000,

    /// <summary>The transaction is read-only.</summary>
    InReadOnlyTransaction = 0x2000,

    /// <summary>The packet carries what changed in the session.</summary>
    SessionStateChanged = 0x4000,

    /// <summary>MariaDB: ANSI_QUOTES is part of <c>sql_mode</c>.</summary>
    AnsiQuotes = 0x8000,

    /// <summary>The flags that describe the session rather than its last statement.</summary>
    OfSession = InTransaction | Autocommit | NoBackslashEscapes | InReadOnlyTransaction | AnsiQuotes,
}

/// <summary>What several flags mean together.</summary>
public static class ServerStatuses
{
    /// <summary>
    /// Whether a cursor was opened for the client, so that no rows follow. A procedure that had a cursor of its own leaves the
    /// flag behind, but after rows of a procedure another result follows, and after the opening of a cursor none.
    /// </summary>
    public static bool OpensCursor(this ServerStatus status) =>
        (status & (ServerStatus.CursorExists | ServerStatus.MoreResults)) == ServerStatus.CursorExists;
}
