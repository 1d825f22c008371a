using Seawall.Engine.Facts.Topology;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow.Decisions;

/// <summary>
/// From what a statement is to what is to be done with it. A pure function: no clock, no state, no waiting. When in doubt
/// it pins.
/// </summary>
internal static class Decider
{
    private const StatementTraits Routines =
        StatementTraits.CallsProcedure | StatementTraits.CallsUnknownFunction | StatementTraits.Compound
        | StatementTraits.ExecutesText | StatementTraits.Anything;

    private const StatementTraits Settings =
        StatementTraits.SetsSystemVariable | StatementTraits.SetsNames | StatementTraits.SetsAutocommit;

    // Each trait that makes state which cannot be moved, and its name for people.
    private static readonly (StatementTraits Trait, PinReasons Reason)[] s_pins =
    [
        (StatementTraits.CreatesTemporaryTable, PinReasons.TemporaryTable),
        (StatementTraits.UserVariableWrite, PinReasons.UserVariable),
        (StatementTraits.TakesNamedLock, PinReasons.NamedLock),
        (StatementTraits.LocksTables, PinReasons.TableLock),
        (StatementTraits.FlushesWithReadLock | StatementTraits.LocksInstance | StatementTraits.LocksBackup,
            PinReasons.GlobalLock),
        (StatementTraits.OpensHandler, PinReasons.Handler),
        (StatementTraits.Xa, PinReasons.Xa),
        (StatementTraits.PreparesText, PinReasons.TextPrepared),
        (StatementTraits.SetsNextTransaction, PinReasons.NextTransaction),
        (StatementTraits.SetsRole | StatementTraits.SetsResourceGroup, PinReasons.Role),
        (StatementTraits.SetsOneShot, PinReasons.UnmovableVariable),
        (Routines, PinReasons.Routine),
    ];

    private static readonly (StatementTraits Trait, PinReasons Reason)[] s_ends =
    [
        (StatementTraits.DropsTemporaryTable | StatementTraits.DropsTable, PinReasons.TemporaryTable),
        (StatementTraits.ReleasesNamedLock | StatementTraits.ReleasesAllNamedLocks, PinReasons.NamedLock),
        // BEGIN unlocks tables as well, but not the global read lock.
        (StatementTraits.UnlocksTables | StatementTraits.BeginsTransaction, PinReasons.TableLock),
        (StatementTraits.UnlocksTables | StatementTraits.UnlocksInstance | StatementTraits.UnlocksBackup,
            PinReasons.GlobalLock),
        (StatementTraits.ClosesHandler, PinReasons.Handler),
        (StatementTraits.EndsTransaction, PinReasons.Xa),
        (StatementTraits.DeallocatesText, PinReasons.TextPrepared),
    ];

    // Whether any trait of the tables above is there: most statements have none, and are done with one comparison.
    private const StatementTraits Remarkable = ~(StatementTraits.Harmless | StatementTraits.Locking
        | StatementTraits.UserVariableRead | StatementTraits.EndsTransaction | StatementTraits.ImplicitCommit
        | StatementTraits.ReadsConnectionId | StatementTraits.Waits);

    /// <summary>Decides about a statement that goes to a server of this version.</summary>
    internal static Decision Decide(StatementFacts facts, ServerVersion version)
    {
        var traits = facts.Traits;
        if ((traits & (Remarkable | StatementTraits.EndsTransaction)) == 0)
            return new Decision { MayShareTrip = facts.IsHarmless };
        var pins = Collect(s_pins, traits);
        if ((traits & StatementTraits.CalculatesFoundRows) != 0)
            pins |= PinReasons.FoundRows;
        // A transaction that is open keeps the connection by itself.
        var beginsMarked = facts is { Statements: 1, Kind: StatementKind.Begin } && pins.HasFlag(PinReasons.NextTransaction);
        if (beginsMarked)
            pins &= ~PinReasons.NextTransaction;
        // LAST_INSERT_ID(expr) is told in the answer to a change of rows, and in no other: the server is asked afterwards.
        if (AsksForId(facts))
            pins |= PinReasons.InsertId;
        // What a failed statement of several, or of a routine, had done before it failed stays done.
        var partly = facts.Statements > 1 || (traits & Routines) != 0 || (traits & StatementTraits.UserVariableWrite) != 0;
        return new Decision(
            facts.IsHarmless, NeedsOf(facts), pins, partly ? pins : PinReasons.None,
            facts.MayEndPins ? Collect(s_ends, traits) : PinReasons.None,
            AsksSettings: !IsSetStatement(facts, version) && AsksSettings(traits, version),
            ForgetsSettings: IsSetStatement(facts, version),
            PutsBackSettings: (facts.Hints & StatementHints.PutsBack) != 0,
            EndsConnection: (traits & StatementTraits.ReleasesConnection) != 0,
            ChangesGlobals: (traits & StatementTraits.SetsGlobal) != 0,
            MarksTransaction: beginsMarked || (traits & StatementTraits.SetsAutocommit) != 0);
    }

    /// <summary>
    /// Decides about the preparation of a statement: nothing of it runs yet. It leaves the warnings of the statement before
    /// alone if it is a question for them. A user variable that it would set is there from now on, without a value.
    /// </summary>
    internal static Decision DecidePreparation(StatementFacts facts)
    {
        var pins = (facts.Traits & StatementTraits.UserVariableWrite) != 0 ? PinReasons.UserVariable : PinReasons.None;
        return new() { Needs = NeedsOf(facts) & PreviousFacts.Diagnostics, Pins = pins, PinsEvenIfItFails = pins };
    }

    private static PreviousFacts NeedsOf(StatementFacts facts)
    {
        var traits = facts.Traits;
        var needs = PreviousFacts.None;
        if ((traits & StatementTraits.ReadsLastInsertId) != 0)
            needs |= PreviousFacts.LastInsertId;
        // When the number is what others left there, nobody could tell later that the session chose it. Behind a variable that has the server
        // collect traces and profiles it is too late: to set the number would be among them, or the last.
        if ((traits & (Routines | StatementTraits.SetsOneShot)) != 0 || AsksForId(facts))
            needs |= PreviousFacts.HiddenInsertId;
        if ((traits & StatementTraits.ReadsLastGtid) != 0)
            needs |= PreviousFacts.LastGtid;
        if ((traits & StatementTraits.ReadsLastSequenceValue) != 0)
            needs |= PreviousFacts.SequenceValue;
        if ((traits & StatementTraits.ReadsProfile) != 0)
            needs |= PreviousFacts.Profile;
        // In a text of several statements the later ones ask about the earlier.
        if (facts.Statements > 1 && (facts.Hints & StatementHints.FirstAsks) == 0)
            return AsksThroughChanges(facts) ? needs | PreviousFacts.FoundRows : needs;
        if ((traits & StatementTraits.ReadsDiagnostics) != 0)
            needs |= PreviousFacts.Diagnostics;
        if ((traits & StatementTraits.ReadsRowCount) != 0)
            needs |= PreviousFacts.RowCount;
        if ((traits & StatementTraits.ReadsFoundRows) != 0)
            needs |= PreviousFacts.FoundRows;
        return needs;
    }

    // An INSERT leaves FOUND_ROWS() as it is: what asks after it asks for what was before the text.
    private static bool AsksThroughChanges(StatementFacts facts) => (facts.Traits & StatementTraits.ReadsFoundRows) != 0
        && (facts.Hints & StatementHints.HasFrom) == 0 && facts.Kind is not (StatementKind.Select or StatementKind.Call);

    private static bool AsksForId(StatementFacts facts) => (facts.Traits & StatementTraits.SetsLastInsertId) != 0
        && facts is not { Statements: 1, Kind: StatementKind.Insert or StatementKind.Replace or StatementKind.Update };

    private static bool AsksSettings(StatementTraits traits, ServerVersion version)
    {
        if ((traits & StatementTraits.SetsNames) != 0)
            return true; // Its collation is reported by no server.
        if ((traits & StatementTraits.SetsSessionTracking) != 0)
            return true; // What is set beside it may be reported no more, and that it was set need not be either.
        return ((traits & Settings) != 0 && !version.TracksEveryVariable)
            || ((traits & StatementTraits.Use) != 0 && !version.CanTrackSession);
    }

    // The kind is that of the statement inside; a variable is set, and yet the verb is not SET.
    private static bool IsSetStatement(StatementFacts facts, ServerVersion version) =>
        version.IsMariaDb && facts is { Statements: 1, Kind: not StatementKind.Set }
        && (facts.Traits & Settings) != 0;

    private static PinReasons Collect((StatementTraits Trait, PinReasons Reason)[] table, StatementTraits traits)
    {
        var reasons = PinReasons.None;
        foreach (var (trait, reason) in table)
        {
            if ((traits & trait) != 0)
                reasons |= reason;
        }
        return reasons;
    }
}
