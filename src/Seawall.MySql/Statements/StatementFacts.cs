namespace Seawall.MySql.Statements;

/// <summary>What a text may do to its session, or needs from it.</summary>
/// <param name="Kind">The verb of the first statement.</param>
/// <param name="Traits">The union over all statements, but <see cref="StatementTraits.Harmless"/>: the intersection.</param>
/// <param name="Statements">How many statements there are. Empty ones do not count.</param>
/// <param name="Hints">How to read its answer; the union over all statements.</param>
public readonly record struct StatementFacts(
    StatementKind Kind, StatementTraits Traits, int Statements, StatementHints Hints = StatementHints.None)
{
    /// <summary>
    /// Every statement only reads, and reads nothing that belongs to the session or its last statement.
    /// </summary>
    public bool IsHarmless => (Traits & StatementTraits.Harmless) != 0;

    /// <summary>The text could not be understood, or does what cannot be foreseen: it may do everything.</summary>
    public bool MayDoAnything => (Traits & StatementTraits.Anything) != 0;

    /// <summary>
    /// The traits that end something (UNLOCK TABLES, DROP TEMPORARY TABLE, ...) describe what the statement asks. Only
    /// where this is true, and the server answered OK, may they end a pin: in a text of several statements the order is
    /// lost, and a failed statement cuts the rest off.
    /// </summary>
    public bool MayEndPins => Statements == 1 && !MayDoAnything;

    /// <summary>Needs an answer that only the connection of the previous statement has.</summary>
    public bool ReadsPreviousStatement => (Traits & PreviousStatement) != 0;

    /// <summary>The traits that ask for something of the statement before.</summary>
    public const StatementTraits PreviousStatement =
        StatementTraits.ReadsLastInsertId | StatementTraits.ReadsRowCount | StatementTraits.ReadsFoundRows |
        StatementTraits.ReadsDiagnostics | StatementTraits.ReadsLastGtid | StatementTraits.ReadsProfile |
        StatementTraits.ReadsLastSequenceValue;
}

/// <summary>What a text says of the facts that its answer leaves behind: for those who keep account of them.</summary>
[Flags]
public enum StatementHints : ushort
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>
    /// FOUND_ROWS() may be another number afterwards than that of the rows: of a part of the rows (LIMIT with an offset,
    /// SQL_CALC_FOUND_ROWS), of several queries (UNION), or of rows that go elsewhere (INTO).
    /// </summary>
    HidesFoundRows = 1,

    /// <summary>A function is called: one may make a row of none.</summary>
    HasCall = 2,

    /// <summary>There is a FROM: a SELECT, SET or DO without one uses no table.</summary>
    HasFrom = 4,

    /// <summary>There is a SELECT inside a statement of another kind.</summary>
    HasInnerSelect = 8,

    /// <summary>RETURNING or ON DUPLICATE KEY: the answer to a change tells less than others do.</summary>
    Returns = 16,

    /// <summary>The first statement asks for something of the statement before; later ones ask about this text.</summary>
    FirstAsks = 32,

    /// <summary>
    /// There is a statement that uses tables, or may: all but those that do without unless they have a FROM.
    /// </summary>
    UsesTables = 64,

    /// <summary>
    /// Names what each server has for itself: a system variable, one of the schemas that a server keeps about itself, a function
    /// that tells of the server or reads its files.
    /// </summary>
    OfServer = 128,

    /// <summary>START TRANSACTION READ ONLY.</summary>
    BeginsReadOnly = 256,

    /// <summary>SHOW of databases, tables or columns: the same on all servers that hold the same data.</summary>
    ShowsSchema = 512,

    /// <summary>MariaDB's SET STATEMENT: some of what is set is put back when the statement has ended.</summary>
    PutsBack = 1024,

    /// <summary>SHOW CREATE, EXPLAIN of a change: a server opens what it names, where other SHOW, and EXPLAIN of a table, read about it.</summary>
    Opens = 2048,

    /// <summary>Has hints for the optimizer: one of them sets a variable for the statement.</summary>
    HasHints = 4096,
}
