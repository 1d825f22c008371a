namespace Seawall.MySql.Statements;

/// <summary>
/// The keywords and variable names that mean something to the lexer. Each is spelt as in SQL, without its underscores:
/// <see cref="WordTable"/> reads the names of these members.
/// </summary>
internal enum Word : ushort
{
    /// <summary>A word that means nothing here: a name.</summary>
    None,

    // Verbs.
    Alter, Analyze, Backup, Begin, Binlog, Cache, Call, Case, Change, Check, Checksum, Clone, Commit, Create, Deallocate,
    Declare, Delete, Desc, Describe, Do, Drop, Execute, Explain, Flush, For, Get, Grant, Handler, Help, If, Import, Insert,
    Install, Kill, Load, Lock, Loop, Optimize, Prepare, Purge, Release, Rename, Repair, Repeat, Replace, Reset, Resignal,
    Restart, Revoke, Rollback, Savepoint, Select, Set, Show, Shutdown, Signal, Start, Stop, Table, Truncate, Uninstall,
    Unlock, Update, Use, Values, While, With, Xa,

    // Words after the verb.
    Aggregate, Algorithm, And, As, Body, Chain, Char, Character, Charset, Close, Column, Consistent, Count, Cube, Data,
    Database, Default, Definer, Delayed, Diagnostics, Dumpfile, Else, Elseif, End, Errors, Event, Exists, Export, From,
    Function, Global, HighPriority, Ignore, Immediate, In, Index, Infile, Instance, Into, JsonTable, Key, Local,
    LowPriority, Member, Names, Next, No, Not, NoWriteToBinlog, Of, Offline, On, Online, Open, Or, Outfile, Package,
    Password, Persist, PersistOnly, Previous, Prior, Procedure, Profile, Profiles, Query, Read, Recover, Recursive,
    References, Resource, Role, Rollup, Row, Rowcount, Schema, Sequence, Session, Share, Sql, SqlCalcFoundRows, Stage, Statement,
    Status, Tables, Temporary, Then, Ties, To, Transaction, Trigger, Value, View, Warnings, When, Window, Work, Xml,
    Columns, Connection, Fulltext, Group, Spatial, Unique, Atomic,

    // Words that say what the rows tell of FOUND_ROWS(), and the answer of LAST_INSERT_ID().
    Dual, Duplicate, Except, Intersect, Join, Limit, Offset, Order, Quick, Returning, StraightJoin, Union, Using,

    // Words that name something of the session wherever they stand.
    Currval, Nextval, OptimizerTrace, Profiling,

    // Words after SHOW and START TRANSACTION.
    Databases, Fields, Full, Only, Schemas,

    // Schemas that a server keeps about itself: from the first to the last of them, with nothing between.
    InformationSchema, Mysql, PerformanceSchema, Sys,

    // Functions that tell of the server, or of its files, locks and logs: the same.
    BinlogGtidPos, IcuVersion, IsFreeLock, LoadFile, UuidShort, ValidatePasswordStrength, Version,

    // Variables.
    Autocommit, CharacterSetClient, CharacterSetConnection, CharacterSetResults, CollationConnection, DefaultMasterConnection,
    ErrorCount, GtidDomainId, GtidNext, GtidSeqNo, Identity, ImmediateServerVersion, InsertId, LastGtid, LastInsertId,
    OriginalCommitTimestamp, OriginalServerVersion, PseudoReplicaMode, PseudoSlaveMode, PseudoThreadId, RandSeed1,
    RandSeed2, ServerId, SkipReplication, SqlLogBin, SqlLogOff, SqlMode, Timestamp, TransactionIsolation,
    TransactionReadOnly, TxIsolation, TxReadOnly, WarningCount, WsrepOn,
}
