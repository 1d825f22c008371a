namespace Seawall.MySql.Statements;

/// <summary>
/// What a statement may do to, or need from, its session. A trait says "may": a false one costs speed, a missing one
/// costs correctness, so the lexer errs towards setting it. Read the ends of things (<c>Unlocks...</c>,
/// <c>Drops...</c>,
/// <c>Releases...</c>) only where <see cref="StatementFacts.MayEndPins"/> is true.
/// </summary>
[Flags]
public enum StatementTraits : ulong
{
    /// <summary>Nothing remarkable. Not the same as harmless: an INSERT has no traits.</summary>
    None = 0,

    /// <summary>
    /// Every statement is a pure read by what its text shows: run twice, or on a connection prepared for someone else
    /// and its answer thrown away, it changes nothing. What a view or a trigger calls is not in the text.
    /// </summary>
    Harmless = 1UL << 0,

    /// <summary>FOR UPDATE, FOR SHARE, LOCK IN SHARE MODE.</summary>
    Locking = 1UL << 1,

    /// <summary>
    /// Calls a function that is not built in: a stored or loadable one, which may do anything inside.
    /// </summary>
    CallsUnknownFunction = 1UL << 2,

    /// <summary>Reads <c>@a</c>.</summary>
    UserVariableRead = 1UL << 3,

    /// <summary>Writes <c>@a</c>: <c>:=</c>, SET, INTO, CALL, GET DIAGNOSTICS, LOAD DATA.</summary>
    UserVariableWrite = 1UL << 4,

    /// <summary>CREATE TEMPORARY TABLE or SEQUENCE.</summary>
    CreatesTemporaryTable = 1UL << 5,

    /// <summary>DROP TEMPORARY TABLE or SEQUENCE.</summary>
    DropsTemporaryTable = 1UL << 6,

    /// <summary>DROP TABLE without TEMPORARY, which drops a temporary table of that name first.</summary>
    DropsTable = 1UL << 7,

    /// <summary>RENAME TABLE or ALTER TABLE ... RENAME: a temporary table may have a new name afterwards.</summary>
    RenamesTable = 1UL << 8,

    /// <summary>GET_LOCK, and the locks of the locking service and version_tokens components.</summary>
    TakesNamedLock = 1UL << 9,

    /// <summary>RELEASE_LOCK and its like.</summary>
    ReleasesNamedLock = 1UL << 10,

    /// <summary>RELEASE_ALL_LOCKS.</summary>
    ReleasesAllNamedLocks = 1UL << 11,

    /// <summary>LOCK TABLES.</summary>
    LocksTables = 1UL << 12,

    /// <summary>UNLOCK TABLES, which also ends FLUSH TABLES WITH READ LOCK.</summary>
    UnlocksTables = 1UL << 13,

    /// <summary>FLUSH TABLES ... WITH READ LOCK or FOR EXPORT.</summary>
    FlushesWithReadLock = 1UL << 14,

    /// <summary>LOCK INSTANCE FOR BACKUP.</summary>
    LocksInstance = 1UL << 15,

    /// <summary>UNLOCK INSTANCE.</summary>
    UnlocksInstance = 1UL << 16,

    /// <summary>MariaDB's BACKUP STAGE or BACKUP LOCK.</summary>
    LocksBackup = 1UL << 17,

    /// <summary>MariaDB's BACKUP STAGE END or BACKUP UNLOCK.</summary>
    UnlocksBackup = 1UL << 18,

    /// <summary>HANDLER ... OPEN.</summary>
    OpensHandler = 1UL << 19,

    /// <summary>HANDLER ... CLOSE.</summary>
    ClosesHandler = 1UL << 20,

    /// <summary>XA, except XA RECOVER.</summary>
    Xa = 1UL << 21,

    /// <summary>PREPARE ... FROM in SQL text.</summary>
    PreparesText = 1UL << 22,

    /// <summary>EXECUTE: the statement it runs is not in this text, so <see cref="Anything"/> is set too.</summary>
    ExecutesText = 1UL << 23,

    /// <summary>DEALLOCATE PREPARE or DROP PREPARE.</summary>
    DeallocatesText = 1UL << 24,

    /// <summary>
    /// SET TRANSACTION or SET @@transaction_isolation without a scope: the next transaction only. START TRANSACTION READ ...:
    /// only this one.
    /// </summary>
    SetsNextTransaction = 1UL << 25,

    /// <summary>SET ROLE.</summary>
    SetsRole = 1UL << 26,

    /// <summary>SET RESOURCE GROUP.</summary>
    SetsResourceGroup = 1UL << 27,

    /// <summary>SET of a system variable for the session.</summary>
    SetsSystemVariable = 1UL << 28,

    /// <summary>SET GLOBAL, PERSIST or PERSIST_ONLY: never to be replayed.</summary>
    SetsGlobal = 1UL << 29,

    /// <summary>SET NAMES, SET CHARACTER SET, or one of the variables behind them.</summary>
    SetsNames = 1UL << 30,

    /// <summary>SET PASSWORD.</summary>
    SetsPassword = 1UL << 31,

    /// <summary>SET of a <c>session_track_*</c> variable, which the pool sets for itself.</summary>
    SetsSessionTracking = 1UL << 32,

    /// <summary>SET autocommit. Set to 1, it commits.</summary>
    SetsAutocommit = 1UL << 33,

    /// <summary>
    /// SET of a variable that acts once or is no plain setting: insert_id, gtid_next, rand_seed1, ...
    /// </summary>
    SetsOneShot = 1UL << 34,

    /// <summary>BEGIN, START TRANSACTION, XA START.</summary>
    BeginsTransaction = 1UL << 35,

    /// <summary>COMMIT, ROLLBACK (not to a savepoint), XA COMMIT, XA ROLLBACK.</summary>
    EndsTransaction = 1UL << 36,

    /// <summary>Commits the open transaction by itself. Advice: the status flags of the answer are the truth.</summary>
    ImplicitCommit = 1UL << 37,

    /// <summary>COMMIT or ROLLBACK with AND CHAIN.</summary>
    ChainsTransaction = 1UL << 38,

    /// <summary>COMMIT or ROLLBACK with RELEASE: the server closes the connection.</summary>
    ReleasesConnection = 1UL << 39,

    /// <summary>CALL.</summary>
    CallsProcedure = 1UL << 40,

    /// <summary>LOAD DATA LOCAL or LOAD XML LOCAL.</summary>
    LoadsLocalFile = 1UL << 41,

    /// <summary>SELECT ... INTO OUTFILE or DUMPFILE.</summary>
    IntoOutfile = 1UL << 42,

    /// <summary>LAST_INSERT_ID() without argument, or @@last_insert_id, @@identity, @@insert_id.</summary>
    ReadsLastInsertId = 1UL << 43,

    /// <summary>LAST_INSERT_ID(expr), or SET last_insert_id.</summary>
    SetsLastInsertId = 1UL << 44,

    /// <summary>ROW_COUNT(), and SQL%ROWCOUNT in MariaDB's Oracle mode.</summary>
    ReadsRowCount = 1UL << 45,

    /// <summary>FOUND_ROWS().</summary>
    ReadsFoundRows = 1UL << 46,

    /// <summary>SQL_CALC_FOUND_ROWS.</summary>
    CalculatesFoundRows = 1UL << 47,

    /// <summary>SHOW WARNINGS or ERRORS, @@warning_count, @@error_count, GET DIAGNOSTICS.</summary>
    ReadsDiagnostics = 1UL << 48,

    /// <summary>CONNECTION_ID() and whatever else names this connection by number.</summary>
    ReadsConnectionId = 1UL << 49,

    /// <summary>SHOW PROFILE, or the PROFILING and OPTIMIZER_TRACE tables, by any mention of those names.</summary>
    ReadsProfile = 1UL << 50,

    /// <summary>SHOW STATUS for the session, FLUSH STATUS: counters of the connection.</summary>
    SessionStatus = 1UL << 51,

    /// <summary>
    /// @@last_gtid (MariaDB), WSREP_LAST_WRITTEN_GTID(): the position of this connection's last write.
    /// </summary>
    ReadsLastGtid = 1UL << 52,

    /// <summary>Takes a value of a sequence: NEXT VALUE FOR, NEXTVAL, SETVAL.</summary>
    UsesSequence = 1UL << 53,

    /// <summary>PREVIOUS VALUE FOR, LASTVAL: what this connection took last.</summary>
    ReadsLastSequenceValue = 1UL << 54,

    /// <summary>KILL.</summary>
    Kills = 1UL << 55,

    /// <summary>USE: the session's schema.</summary>
    Use = 1UL << 56,

    /// <summary>
    /// CREATE of a procedure, function, trigger, event or package. Its body is not run and adds no traits.
    /// </summary>
    DefinesRoutine = 1UL << 57,

    /// <summary>
    /// A block outside a routine (MariaDB's BEGIN NOT ATOMIC, IF, LOOP): <see cref="Anything"/> is set too.
    /// </summary>
    Compound = 1UL << 58,

    /// <summary>More than one statement.</summary>
    MultipleStatements = 1UL << 59,

    /// <summary>Names another connection by number: EXPLAIN FOR CONNECTION, SHOW EXPLAIN FOR.</summary>
    NamesConnection = 1UL << 60,

    /// <summary>SLEEP, BENCHMARK, and the functions that wait for replication.</summary>
    Waits = 1UL << 61,

    /// <summary>
    /// The lexer gave up, or the effects cannot be in the text: unterminated string or comment, unknown verb, an odd
    /// token. The statement may do everything.
    /// </summary>
    Anything = 1UL << 62,
}
