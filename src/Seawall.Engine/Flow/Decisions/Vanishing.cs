using Seawall.MySql.Commands;
using Seawall.MySql.Results;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow.Decisions;

/// <summary>
/// Whether a statement may be ended because its client has gone. A server itself would let it run to its end, so nothing is
/// ended that would have left something behind.
/// </summary>
internal static class Vanishing
{
    // What a statement may do and still only read. What routines do is not in the text. Named locks are let go of with their
    // client in any case; and who waits for one would keep a connection as long as it likes, which servers do not let it.
    private const StatementTraits Reads =
        StatementTraits.Harmless | StatementTraits.Locking | StatementTraits.UserVariableRead | StatementTraits.Waits
        | StatementTraits.ReadsConnectionId | StatementTraits.ReadsLastInsertId | StatementTraits.ReadsRowCount
        | StatementTraits.ReadsFoundRows | StatementTraits.CalculatesFoundRows | StatementTraits.ReadsDiagnostics
        | StatementTraits.TakesNamedLock | StatementTraits.ReleasesNamedLock | StatementTraits.ReleasesAllNamedLocks
        | StatementTraits.ReadsProfile | StatementTraits.ReadsLastGtid | StatementTraits.SessionStatus;

    // What is gone with its transaction, besides.
    private const StatementTraits RolledBack = Reads | StatementTraits.UserVariableWrite | StatementTraits.SetsLastInsertId;

    /// <summary>Decides by the command, its text, and the session's flags before it.</summary>
    internal static bool MayEnd(CommandKind command, StatementFacts facts, ServerStatus before)
    {
        if (command is not (CommandKind.Query or CommandKind.StatementExecute or CommandKind.StatementFetch))
            return false;
        if (command == CommandKind.StatementFetch)
            return true;
        if (facts.IsHarmless || (facts.Kind is StatementKind.Select or StatementKind.Do && (facts.Traits & ~Reads) == 0))
            return true;
        var isInTransaction = before.HasFlag(ServerStatus.InTransaction) || !before.HasFlag(ServerStatus.Autocommit);
        return isInTransaction && facts.Statements == 1 && (facts.Traits & ~RolledBack) == 0
            && facts.Kind is StatementKind.Select or StatementKind.With or StatementKind.Insert or StatementKind.Replace
                or StatementKind.Update or StatementKind.Delete;
    }
}
