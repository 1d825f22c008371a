using Seawall.MySql.Commands;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow.Decisions;

/// <summary>What becomes of a statement of a session whose read-only transaction is open on a replica.</summary>
internal enum ReplicaTransactionStep : byte
{
    /// <summary>It runs there.</summary>
    Stays,

    /// <summary>It writes, and hears what a primary says to that in such a transaction; a replica would say that it is one.</summary>
    Writes,

    /// <summary>It ends the transaction without a word, as servers do: that is let go, and the statement placed as any other.</summary>
    Leaves,

    /// <summary>It would leave something there that the session needs afterwards, or do there what must be done on the primary.</summary>
    Refused,
}

/// <summary>
/// A transaction that begins with <c>START TRANSACTION READ ONLY</c> may be a replica's, whole. Which those are, and what may be said in
/// them. Pure. What is not known to be right there is refused, with the transaction left open.
/// </summary>
internal static class ReplicaTransaction
{
    private const StatementTraits Leaving = StatementTraits.ImplicitCommit | StatementTraits.BeginsTransaction | StatementTraits.LocksTables;

    // On the primary they hold against others, or for the session beyond the transaction; a copy of that is of no use.
    private const StatementTraits Refused = StatementTraits.Anything | StatementTraits.Compound | StatementTraits.CallsProcedure
        | StatementTraits.ExecutesText | StatementTraits.PreparesText | StatementTraits.MultipleStatements | StatementTraits.IntoOutfile
        | StatementTraits.Locking | StatementTraits.UsesSequence | StatementTraits.ReadsLastSequenceValue | StatementTraits.UserVariableRead
        | StatementTraits.UserVariableWrite | StatementTraits.TakesNamedLock | StatementTraits.ReleasesNamedLock
        | StatementTraits.ReleasesAllNamedLocks | StatementTraits.SetsGlobal | StatementTraits.SetsAutocommit | StatementTraits.SetsOneShot
        | StatementTraits.SetsNextTransaction | StatementTraits.SetsRole | StatementTraits.SetsResourceGroup | StatementTraits.Xa
        | StatementTraits.OpensHandler | StatementTraits.LoadsLocalFile | StatementTraits.CreatesTemporaryTable
        | StatementTraits.DropsTemporaryTable | StatementTraits.FlushesWithReadLock | StatementTraits.LocksInstance
        | StatementTraits.LocksBackup | StatementTraits.DefinesRoutine;

    /// <summary>Whether a statement begins one.</summary>
    internal static bool IsBegunBy(CommandKind command, in StatementFacts facts) => command == CommandKind.Query
        && facts is { Kind: StatementKind.Begin, Statements: 1 } && (facts.Hints & StatementHints.BeginsReadOnly) != 0;

    /// <summary>What becomes of a statement inside.</summary>
    internal static ReplicaTransactionStep Judge(CommandKind command, in StatementFacts facts, PinReasons pins, bool opensCursor)
    {
        switch (command)
        {
            case CommandKind.Refresh:
                return ReplicaTransactionStep.Leaves;
            case CommandKind.StatementBulkExecute or CommandKind.StatementSendLongData or CommandKind.ProcessKill:
                return ReplicaTransactionStep.Refused;
            case not (CommandKind.Query or CommandKind.StatementExecute or CommandKind.StatementPrepare):
                return ReplicaTransactionStep.Stays;
        }
        if ((pins & ~PinReasons.Soft) != 0 || opensCursor)
            return facts.Statements == 1 && (facts.Traits & Leaving) != 0 && command != CommandKind.StatementPrepare
                ? ReplicaTransactionStep.Leaves : ReplicaTransactionStep.Refused;
        if (command == CommandKind.StatementPrepare)
            return ReplicaTransactionStep.Stays; // Nothing of it runs.
        if (facts.Statements > 1)
            return ReplicaTransactionStep.Refused;
        if ((facts.Traits & Leaving) != 0)
            return ReplicaTransactionStep.Leaves;
        if ((facts.Traits & Refused) != 0 || Placement.ExplainsChange(facts))
            return ReplicaTransactionStep.Refused;
        return facts.Kind switch
        {
            StatementKind.Commit or StatementKind.Rollback or StatementKind.Savepoint or StatementKind.ReleaseSavepoint
                or StatementKind.Set or StatementKind.Use or StatementKind.Show or StatementKind.Empty or StatementKind.Explain
                or StatementKind.Describe or StatementKind.Do => ReplicaTransactionStep.Stays,
            // INTO a variable or a file has been told already; what is left of these is read.
            StatementKind.Select or StatementKind.With or StatementKind.Values or StatementKind.Table => ReplicaTransactionStep.Stays,
            StatementKind.Insert or StatementKind.Replace or StatementKind.Update or StatementKind.Delete => ReplicaTransactionStep.Writes,
            _ => ReplicaTransactionStep.Refused,
        };
    }
}
