namespace Seawall.MySql.Commands;

/// <summary>The first byte of a command.</summary>
/// <remarks>https://dev.mysql.com/doc/dev/mysql-server/latest/my__command_8h.html; 0xFA is MariaDB's.</remarks>
public enum CommandKind : byte
{
    /// <summary>Internal to the server.</summary>
    Sleep = 0x00,

    /// <summary>The client leaves; no answer.</summary>
    Quit = 0x01,

    /// <summary>Change the current schema.</summary>
    InitDb = 0x02,

    /// <summary>A statement as text.</summary>
    Query = 0x03,

    /// <summary>The columns of a table.</summary>
    FieldList = 0x04,

    /// <summary>Removed: create a schema.</summary>
    CreateDb = 0x05,

    /// <summary>Removed: drop a schema.</summary>
    DropDb = 0x06,

    /// <summary>Flush something.</summary>
    Refresh = 0x07,

    /// <summary>Stop the server.</summary>
    Shutdown = 0x08,

    /// <summary>A line about the server.</summary>
    Statistics = 0x09,

    /// <summary>The list of connections.</summary>
    ProcessInfo = 0x0A,

    /// <summary>Internal to the server.</summary>
    Connect = 0x0B,

    /// <summary>Kill a connection.</summary>
    ProcessKill = 0x0C,

    /// <summary>Write debugging output.</summary>
    Debug = 0x0D,

    /// <summary>Are you there?</summary>
    Ping = 0x0E,

    /// <summary>Internal to the server.</summary>
    Time = 0x0F,

    /// <summary>Internal to the server.</summary>
    DelayedInsert = 0x10,

    /// <summary>Log in again.</summary>
    ChangeUser = 0x11,

    /// <summary>Stream the binary log.</summary>
    BinlogDump = 0x12,

    /// <summary>Removed: dump a table.</summary>
    TableDump = 0x13,

    /// <summary>Internal to the server.</summary>
    ConnectOut = 0x14,

    /// <summary>A replica introduces itself.</summary>
    RegisterReplica = 0x15,

    /// <summary>Prepare a statement.</summary>
    StatementPrepare = 0x16,

    /// <summary>Execute a prepared statement.</summary>
    StatementExecute = 0x17,

    /// <summary>A piece of a parameter; no answer.</summary>
    StatementSendLongData = 0x18,

    /// <summary>Forget a prepared statement; no answer.</summary>
    StatementClose = 0x19,

    /// <summary>Forget the long data and the cursor of a prepared statement.</summary>
    StatementReset = 0x1A,

    /// <summary>Several statements in one command: on or off.</summary>
    SetOption = 0x1B,

    /// <summary>Rows from a cursor.</summary>
    StatementFetch = 0x1C,

    /// <summary>Internal to the server.</summary>
    Daemon = 0x1D,

    /// <summary>Stream the binary log by GTID.</summary>
    BinlogDumpGtid = 0x1E,

    /// <summary>Make the session as new, without a login.</summary>
    ResetConnection = 0x1F,

    /// <summary>Clone the server.</summary>
    Clone = 0x20,

    /// <summary>MariaDB: execute a prepared statement for many sets of parameters.</summary>
    StatementBulkExecute = 0xFA,
}
