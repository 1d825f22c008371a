namespace Seawall.Engine.Flow.Decisions;

/// <summary>
/// Why a statement goes to the primary and nowhere else; the same words as in <c>EXPLAIN ROUTE</c>, in the metric and in the docs.
/// </summary>
public enum PlaceReason : byte
{
    /// <summary>No reason: a replica may answer it.</summary>
    None,

    /// <summary>The settings have all statements go to the primary.</summary>
    Off,

    /// <summary>It is a command that is no read, such as one that prepares a statement.</summary>
    Command,

    /// <summary>It may write, or is not understood.</summary>
    Writes,

    /// <summary>It begins or ends a transaction, or sets something.</summary>
    Session,

    /// <summary>Several statements in one text.</summary>
    Several,

    /// <summary>It locks what it reads.</summary>
    Locks,

    /// <summary>It calls a function that is not built in, which may do anything inside.</summary>
    Function,

    /// <summary>It takes the next value of a sequence, or asks for the last.</summary>
    Sequence,

    /// <summary>It names a user variable.</summary>
    UserVariable,

    /// <summary>It takes, releases or looks at locks by name, or waits for something.</summary>
    NamedLock,

    /// <summary>It asks about the statement before.</summary>
    PreviousStatement,

    /// <summary>It asks about its connection: its number, its counters, its profile.</summary>
    Connection,

    /// <summary>It asks about the server: system variables, schemas that a server keeps about itself, its files and logs.</summary>
    Server,

    /// <summary>It counts the rows that it does not give, for a question to come.</summary>
    CountsRows,

    /// <summary>It puts its rows somewhere.</summary>
    Into,

    /// <summary>It opens a cursor, or has parameters in pieces.</summary>
    Cursor,

    /// <summary>A transaction is open, or every statement begins one.</summary>
    Transaction,

    /// <summary>The session keeps its connection, for what it has there.</summary>
    Pinned,

    /// <summary>The client was refused a question about the statement before, and keeps its connection since.</summary>
    KeepsFacts,

    /// <summary>The client wants its reads to be answered by the primary, or a rule says so.</summary>
    Asked,
}
