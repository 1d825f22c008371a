namespace Seawall.MySql.Statements;

/// <summary>What a text may do to its session, or needs from it.</summary>
/// <param name="Kind">The verb of the first statement.</param>
/// <param name="Traits">The union over all statements, but <see cref="StatementTraits.Harmless"/>: the intersection.</param>
/// <param name="Statements">How many statements there are. Empty ones do not count.</param>
public readonly record struct StatementFacts(StatementKind Kind, StatementTraits Traits, int Statements)
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

    private const StatementTraits PreviousStatement =
        StatementTraits.ReadsLastInsertId | StatementTraits.ReadsRowCount | StatementTraits.ReadsFoundRows |
        StatementTraits.ReadsDiagnostics | StatementTraits.ReadsLastGtid | StatementTraits.ReadsProfile |
        StatementTraits.ReadsLastSequenceValue;
}
