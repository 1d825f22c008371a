using Seawall.Engine.Flow.Clients;
using Seawall.MySql.Commands;
using Seawall.MySql.Results;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>Keeps account of why a session must keep its connection: what a statement adds, and what it ends.</summary>
internal static class PinLedger
{
    /// <summary>The reasons whose things have names, which are read from the statement's text.</summary>
    internal const PinReasons Named =
        PinReasons.TemporaryTable | PinReasons.NamedLock | PinReasons.Handler | PinReasons.TextPrepared | PinReasons.GlobalLock
        | PinReasons.UnmovableVariable | PinReasons.Role;

    /// <summary>
    /// Whether its text must be at hand when the answer has come: for names, or for the digest of what pins. With autocommit off any
    /// statement may leave something open; and of whatever changes rows the server may report that a trigger changed more. A short
    /// text costs nothing to keep, beside such a statement.
    /// </summary>
    internal static bool NeedsText(Statement statement)
    {
        var decision = statement.Decision;
        return decision.AsksSettings || decision.ChangesGlobals || decision.MarksTransaction || (decision.Ends & Named) != 0
            || ((decision.Pins | decision.PinsEvenIfItFails) & ~PinReasons.Soft) != 0
            || !statement.Session.Status.HasFlag(ServerStatus.Autocommit)
            || (!statement.Facts.IsHarmless && statement.IsSmall);
    }

    /// <summary>Enters a statement that has been answered.</summary>
    internal static void Update(Statement statement, AnswerFacts facts)
    {
        var session = statement.Session;
        var decision = statement.Decision;
        session.Unpin(EndedBy(session, facts));
        var pins = !facts.IsError ? decision.Pins : IsNonsense(statement, facts) ? PinReasons.None : decision.PinsEvenIfItFails;
        if (pins != PinReasons.None)
            Add(statement, pins);
        if (statement.Kind != CommandKind.StatementPrepare && (statement.Facts.Traits & StatementTraits.RenamesTable) != 0
            && session.Pins is { } kept)
            PinNames.Rename(statement, kept);
        if (!facts.IsError && decision.Ends != PinReasons.None)
            End(statement, decision.Ends);
        TextsOfFiles.Note(statement, facts);
        NoteServerFacts(statement, facts);
        NoteAskingByNull(statement);
        NoteLooseChanges(statement, facts);
        // An error has no flags; those of results before it in the same answer are older. With autocommit off the statement may have begun a
        // transaction before it failed.
        if (facts.IsError && !session.Status.HasFlag(ServerStatus.Autocommit))
            session.Pin(PinReasons.UncertainTransaction, StatementText.DigestOf(statement));
        else if (facts.HasStatus)
            session.Unpin(PinReasons.UncertainTransaction);
        if (facts.IsError || facts.HadWarnings)
            session.Pin(PinReasons.Diagnostics);
    }

    // Most statements end what was held in case it is asked for; some leave it as it is.
    private static PinReasons EndedBy(Session session, AnswerFacts facts)
    {
        var ended = PinReasons.Soft;
        if (facts.Keeps.HasFlag(PreviousFacts.Diagnostics))
            ended &= ~PinReasons.Diagnostics;
        if (facts.Keeps.HasFlag(PreviousFacts.FoundRows))
            ended &= ~PinReasons.FoundRows;
        if (session.InsertIdDoubt is { IsOpen: true, IsLost: false })
            ended &= ~PinReasons.InsertId;
        return ended;
    }

    // A text that may do anything, because neither Seawall nor the server can read it, has done nothing: somebody mistyped.
    private static bool IsNonsense(Statement statement, AnswerFacts facts) =>
        statement.Facts is { Kind: StatementKind.Other } text && facts.ErrorCode == SqlError.Syntax.Code
        && (text.Traits & (StatementTraits.Compound | StatementTraits.ExecutesText)) == 0;

    private static void NoteServerFacts(Statement statement, AnswerFacts facts)
    {
        var session = statement.Session;
        if (facts.HasUnmovableChange && !PinNames.TellsVariable(statement))
            session.Pin(PinReasons.UnmovableVariable, StatementText.DigestOf(statement));
        // "Something changed" is explained by what the text says; by nothing else.
        if (facts.HasNamelessChange && !facts.HasVariableChange && !Explains(statement.Facts.Traits))
            session.Pin(PinReasons.UnknownState, StatementText.DigestOf(statement));
        if (statement.Decision.MarksTransaction)
            NoteMarkedTransaction(statement, facts);
        else if (session.PinReasons.HasFlag(PinReasons.NextTransaction) && !statement.Decision.Pins.HasFlag(PinReasons.NextTransaction)
            && EndsTransaction(statement, facts))
            session.Unpin(PinReasons.NextTransaction);
    }

    // An INSERT leaves on its connection, beside its number, that WHERE id IS NULL is to find that one; and who has found it takes that away. No
    // statement says either on another connection.
    private static void NoteAskingByNull(Statement statement)
    {
        var session = statement.Session;
        var keeps = session.Settings.AsksByNull ?? KeepsNumber(session);
        if (keeps == (session.Pins?.Holds(PinReasons.UnmovableVariable, SessionSettings.AutoIsNull) == true))
            return;
        if (keeps)
            session.Pin(PinReasons.UnmovableVariable, SessionSettings.AutoIsNull, StatementText.DigestOf(statement));
        else
            session.Pins?.Remove(PinReasons.UnmovableVariable, SessionSettings.AutoIsNull);
        session.Unpin(PinReasons.None);
    }

    /// <summary>
    /// Whether the session has a number that <c>WHERE id IS NULL</c> may find although it has not asked for that: with the variable on for everybody
    /// not everybody is to keep a connection.
    /// </summary>
    internal static bool KeepsNumber(Session session) =>
        session is { BeganAskingByNull: true, Settings.AsksByNull: null } && InsertIds.MayHaveMade(session);

    // When SET autocommit ends a transaction, servers (MariaDB 10.11, MySQL 9.7 and 5.6) keep its READ ONLY and its isolation
    // for what follows, until a statement on a table with transactions has succeeded.
    private static void NoteMarkedTransaction(Statement statement, AnswerFacts facts)
    {
        var session = statement.Session;
        var setsAutocommit = (statement.Facts.Traits & StatementTraits.SetsAutocommit) != 0;
        if (facts.IsError)
            return;
        if (!setsAutocommit)
            session.HasMarkedTransactions = true;
        else if (statement.WasInTransaction && !session.InTransaction && (session.HasMarkedTransactions || MarksAll(session.Settings)))
            session.Pin(PinReasons.NextTransaction, StatementText.DigestOf(statement));
    }

    // The transaction may be older than the setting.
    private static bool MarksAll(SessionSettings settings) =>
        (settings["transaction_read_only"] ?? settings["tx_read_only"]
            ?? settings["transaction_isolation"] ?? settings["tx_isolation"]) is not null;

    // The connection remembers them until a transaction ends, and its flags do not tell.
    private static void NoteLooseChanges(Statement statement, AnswerFacts facts)
    {
        var session = statement.Session;
        if (!facts.HasStatus || facts.IsError || statement.Kind == CommandKind.StatementPrepare)
            return;
        if (session.InTransaction || session.Status.HasFlag(ServerStatus.Autocommit) || EndsTransaction(statement, facts))
            session.Unpin(PinReasons.LooseChanges);
        else if (facts.RowCount > 0 || statement.Facts.Kind is StatementKind.Savepoint || MayHoldTables(statement.Facts))
            session.Pin(PinReasons.LooseChanges, StatementText.DigestOf(statement));
    }

    // Nobody else can alter a table without transactions that was used with autocommit off, until a transaction ends.
    private static bool MayHoldTables(StatementFacts text) => text.Kind switch
    {
        StatementKind.Select or StatementKind.With or StatementKind.Explain => text.Hints.HasFlag(StatementHints.HasFrom),
        StatementKind.Insert or StatementKind.Replace or StatementKind.Update or StatementKind.Delete or StatementKind.Table => true,
        _ => false,
    };

    // A statement alone is a transaction only if it touches a table of an engine that has them, and nobody says whether it did.
    // What is only prepared has ended nothing; nor need a statement have ended what an error before it may have ended.
    private static bool EndsTransaction(Statement statement, AnswerFacts facts) =>
        !facts.IsError && !statement.Session.InTransaction
        && (statement.WasSurelyInTransaction || (statement.Kind != CommandKind.StatementPrepare
            && ((statement.Facts.Traits & StatementTraits.EndsTransaction) != 0 || Commits(statement.Facts))));

    // Of what may commit, that which always does, on MariaDB 10.11, MySQL 9.7 and 5.6. UNLOCK TABLES does not where nothing is locked, nor do
    // CACHE INDEX, LOAD INDEX and START, STOP and CHANGE of replication on MariaDB, and RESET PERSIST on MySQL.
    private static bool Commits(StatementFacts text) => text.Statements == 1 && (text.Traits & StatementTraits.ImplicitCommit) != 0
        && text.Kind is StatementKind.Create or StatementKind.Alter or StatementKind.Drop or StatementKind.Truncate or StatementKind.Rename
            or StatementKind.Grant or StatementKind.Analyze or StatementKind.Flush or StatementKind.LockTables;

    private static bool Explains(StatementTraits traits) => (traits & (
        StatementTraits.UserVariableWrite | StatementTraits.CreatesTemporaryTable | StatementTraits.DropsTemporaryTable
        | StatementTraits.DropsTable | StatementTraits.RenamesTable | StatementTraits.PreparesText
        | StatementTraits.DeallocatesText | StatementTraits.SetsSystemVariable | StatementTraits.SetsNames
        | StatementTraits.SetsAutocommit | StatementTraits.SetsNextTransaction | StatementTraits.SetsRole
        | StatementTraits.SetsSessionTracking | StatementTraits.SetsOneShot | StatementTraits.SetsLastInsertId
        | StatementTraits.SetsPassword | StatementTraits.Use)) != 0;

    private static void Add(Statement statement, PinReasons pins)
    {
        var session = statement.Session;
        var digest = (pins & ~PinReasons.Soft) != 0 ? StatementText.DigestOf(statement) : null;
        var named = pins & Named;
        if (named != PinReasons.None)
            PinNames.Add(statement, named, digest);
        session.Pin(pins & ~named, digest);
        session.Unpin(PinReasons.None); // It may have ended what it is about.
    }

    private static void End(Statement statement, PinReasons ends)
    {
        if (statement.Session.Pins is not { } ledger || (ledger.Reasons & ends) == 0)
            return;
        var named = ends & Named & ledger.Reasons;
        if (named != PinReasons.None)
            PinNames.Remove(statement, ledger, named);
        ledger.Clear(ends & ~Named);
        statement.Session.Unpin(PinReasons.None);
    }
}
