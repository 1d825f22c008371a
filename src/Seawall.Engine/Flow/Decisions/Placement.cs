using Seawall.MySql.Commands;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow.Decisions;

/// <summary>What a session has that binds its statements to a server.</summary>
/// <param name="InTransaction">Whether a transaction is open.</param>
/// <param name="Autocommit">Whether each statement is committed by itself, for certain.</param>
/// <param name="Pins">Why it keeps its connection.</param>
/// <param name="KeepsFacts">Whether it keeps its connection for questions about the statement before.</param>
/// <param name="Schema">The schema that names without one are looked up in.</param>
internal readonly record struct BindingState(
    bool InTransaction, bool Autocommit, PinReasons Pins, bool KeepsFacts, string? Schema);

/// <summary>
/// Whether a replica may answer a statement. Pure, from what the lexer has found and what the session has: when in doubt, the
/// primary. What a view or a trigger calls is in no text (<c>docs/reads.md</c> says what follows from that).
/// </summary>
internal static class Placement
{
    // In this order: the first that fits is what people are told.
    private static readonly (StatementTraits Traits, PlaceReason Reason)[] s_reasons =
    [
        (StatementTraits.Anything | StatementTraits.Compound | StatementTraits.CallsProcedure | StatementTraits.ExecutesText
            | StatementTraits.DefinesRoutine | StatementTraits.CreatesTemporaryTable | StatementTraits.DropsTemporaryTable
            | StatementTraits.DropsTable | StatementTraits.RenamesTable | StatementTraits.LoadsLocalFile, PlaceReason.Writes),
        (StatementTraits.MultipleStatements, PlaceReason.Several),
        (StatementTraits.IntoOutfile, PlaceReason.Into),
        (StatementTraits.Locking, PlaceReason.Locks),
        (StatementTraits.CallsUnknownFunction, PlaceReason.Function),
        (StatementTraits.UsesSequence | StatementTraits.ReadsLastSequenceValue, PlaceReason.Sequence),
        (StatementTraits.UserVariableRead | StatementTraits.UserVariableWrite, PlaceReason.UserVariable),
        (StatementTraits.TakesNamedLock | StatementTraits.ReleasesNamedLock | StatementTraits.ReleasesAllNamedLocks
            | StatementTraits.Waits, PlaceReason.NamedLock),
        (StatementFacts.PreviousStatement & ~StatementTraits.ReadsProfile | StatementTraits.SetsLastInsertId,
            PlaceReason.PreviousStatement),
        (StatementTraits.ReadsConnectionId | StatementTraits.NamesConnection | StatementTraits.SessionStatus
            | StatementTraits.ReadsProfile, PlaceReason.Connection),
        (StatementTraits.CalculatesFoundRows, PlaceReason.CountsRows),
    ];

    /// <summary>Why the command must go to the primary, by its text alone.</summary>
    internal static PlaceReason OfText(CommandKind command, StatementFacts facts)
    {
        if (command is not (CommandKind.Query or CommandKind.StatementExecute))
            return PlaceReason.Command;
        // The common case of both sides first: one comparison each.
        if (!facts.IsHarmless || facts.Statements != 1 || (facts.Traits & ~StatementTraits.Harmless) != 0)
            return WhyNot(facts);
        if ((facts.Hints & StatementHints.OfServer) != 0)
            return PlaceReason.Server;
        if (ExplainsChange(facts))
            return PlaceReason.Writes; // It changes nothing, and a server that is read-only refuses it all the same.
        return facts.Kind != StatementKind.Show || (facts.Hints & StatementHints.ShowsSchema) != 0 ? PlaceReason.None : PlaceReason.Server;
    }

    /// <summary>Why a statement of the session must go to the primary, whatever its text is.</summary>
    internal static PlaceReason OfSession(in BindingState state)
    {
        if (state.InTransaction || !state.Autocommit)
            return PlaceReason.Transaction;
        if ((state.Pins & ~PinReasons.Soft) != PinReasons.None)
            return PlaceReason.Pinned;
        if (state.KeepsFacts)
            return PlaceReason.KeepsFacts;
        return state.Schema is { } schema && IsOfServer(schema) ? PlaceReason.Server : PlaceReason.None;
    }

    /// <summary>Whether a statement does nothing but ask about the statement before: it goes where that one ran.</summary>
    internal static bool OnlyAsksBack(StatementFacts facts) => facts is { Statements: 1, Kind: StatementKind.Select or StatementKind.Show }
        && facts.ReadsPreviousStatement && (facts.Traits & ~StatementFacts.PreviousStatement) == 0
        && (facts.Hints & StatementHints.HasFrom) == 0;

    /// <summary>Whether a schema is one that each server keeps about itself.</summary>
    internal static bool IsOfServer(string schema) =>
        schema.Equals("information_schema", StringComparison.OrdinalIgnoreCase)
        || schema.Equals("performance_schema", StringComparison.OrdinalIgnoreCase)
        || schema.Equals("mysql", StringComparison.OrdinalIgnoreCase)
        || schema.Equals("sys", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether it explains a change of rows.</summary>
    internal static bool ExplainsChange(in StatementFacts facts) =>
        facts.Kind is StatementKind.Explain or StatementKind.Describe && (facts.Hints & StatementHints.Opens) != 0;

    private static PlaceReason WhyNot(StatementFacts facts)
    {
        foreach (var (traits, reason) in s_reasons)
        {
            if ((facts.Traits & traits) != 0)
                return reason;
        }
        if (facts.Statements > 1)
            return PlaceReason.Several;
        return facts.Kind switch
        {
            StatementKind.Select => PlaceReason.Into, // INTO is all that makes one write that has no trait.
            StatementKind.Set or StatementKind.Use or StatementKind.Begin or StatementKind.Commit or StatementKind.Rollback
                or StatementKind.Savepoint or StatementKind.ReleaseSavepoint or StatementKind.Empty => PlaceReason.Session,
            _ => PlaceReason.Writes,
        };
    }
}
