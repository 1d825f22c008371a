namespace Seawall.MySql.Statements;

/// <summary>
/// The verb of the first statement of a text. Where MariaDB wraps a statement (<c>SET STATEMENT ... FOR SELECT</c>), it
/// is the verb inside. From the statement lists of MySQL 8.4's and MariaDB 10.11's grammars.
/// </summary>
public enum StatementKind : byte
{
    /// <summary>Nothing but white space, comments and semicolons.</summary>
    Empty,

    /// <summary>SELECT, also in parentheses.</summary>
    Select,

    /// <summary>WITH: a SELECT, but also an UPDATE or DELETE.</summary>
    With,

    /// <summary>VALUES as a statement.</summary>
    Values,

    /// <summary>TABLE as a statement.</summary>
    Table,

    /// <summary>INSERT.</summary>
    Insert,

    /// <summary>REPLACE.</summary>
    Replace,

    /// <summary>UPDATE.</summary>
    Update,

    /// <summary>DELETE.</summary>
    Delete,

    /// <summary>LOAD DATA, LOAD XML, LOAD INDEX.</summary>
    Load,

    /// <summary>SET in all its forms.</summary>
    Set,

    /// <summary>USE.</summary>
    Use,

    /// <summary>BEGIN or START TRANSACTION.</summary>
    Begin,

    /// <summary>COMMIT.</summary>
    Commit,

    /// <summary>ROLLBACK, also to a savepoint.</summary>
    Rollback,

    /// <summary>SAVEPOINT.</summary>
    Savepoint,

    /// <summary>RELEASE SAVEPOINT.</summary>
    ReleaseSavepoint,

    /// <summary>CALL.</summary>
    Call,

    /// <summary>DO.</summary>
    Do,

    /// <summary>SHOW.</summary>
    Show,

    /// <summary>DESCRIBE or DESC, also as a synonym of EXPLAIN.</summary>
    Describe,

    /// <summary>EXPLAIN.</summary>
    Explain,

    /// <summary>LOCK TABLES.</summary>
    LockTables,

    /// <summary>UNLOCK TABLES.</summary>
    UnlockTables,

    /// <summary>LOCK INSTANCE FOR BACKUP.</summary>
    LockInstance,

    /// <summary>UNLOCK INSTANCE.</summary>
    UnlockInstance,

    /// <summary>FLUSH.</summary>
    Flush,

    /// <summary>HANDLER.</summary>
    Handler,

    /// <summary>XA.</summary>
    Xa,

    /// <summary>PREPARE ... FROM.</summary>
    Prepare,

    /// <summary>EXECUTE, also EXECUTE IMMEDIATE.</summary>
    Execute,

    /// <summary>DEALLOCATE PREPARE or DROP PREPARE.</summary>
    Deallocate,

    /// <summary>CREATE.</summary>
    Create,

    /// <summary>ALTER.</summary>
    Alter,

    /// <summary>DROP.</summary>
    Drop,

    /// <summary>TRUNCATE.</summary>
    Truncate,

    /// <summary>RENAME.</summary>
    Rename,

    /// <summary>KILL.</summary>
    Kill,

    /// <summary>SIGNAL or RESIGNAL.</summary>
    Signal,

    /// <summary>GET DIAGNOSTICS.</summary>
    GetDiagnostics,

    /// <summary>RESET.</summary>
    Reset,

    /// <summary>GRANT or REVOKE.</summary>
    Grant,

    /// <summary>ANALYZE TABLE; in MariaDB also ANALYZE of a statement, which runs it.</summary>
    Analyze,

    /// <summary>CHECK, CHECKSUM, OPTIMIZE, REPAIR, CACHE INDEX.</summary>
    Maintain,

    /// <summary>CHANGE, START, STOP or PURGE of replication and its logs.</summary>
    Replication,

    /// <summary>INSTALL, UNINSTALL, SHUTDOWN, RESTART, CLONE, IMPORT.</summary>
    Server,

    /// <summary>MariaDB's BACKUP.</summary>
    Backup,

    /// <summary>HELP.</summary>
    Help,

    /// <summary>A verb that is not known here, or one whose effects cannot be.</summary>
    Other,
}
