namespace Seawall.MySql.Statements;

/// <summary>What the first word of a statement says.</summary>
/// <param name="Kind">The statement.</param>
/// <param name="Traits">What it does, whatever follows.</param>
/// <param name="Next">How to read what follows.</param>
/// <param name="Defines">Whether what follows defines something: names before parentheses are then no calls.</param>
internal readonly record struct Verb(StatementKind Kind, StatementTraits Traits, Phase Next, bool Defines = false)
{
    /// <summary>The verb that a word is. What is none may do anything.</summary>
    internal static Verb Of(Word word) => word switch
    {
        Word.Select => new(StatementKind.Select, StatementTraits.None, Phase.Body),
        Word.With => new(StatementKind.With, StatementTraits.None, Phase.Body),
        Word.Values => new(StatementKind.Values, StatementTraits.None, Phase.Body),
        Word.Table => new(StatementKind.Table, StatementTraits.None, Phase.Body),
        Word.Insert => new(StatementKind.Insert, StatementTraits.None, Phase.Body),
        Word.Replace => new(StatementKind.Replace, StatementTraits.None, Phase.Body),
        Word.Update => new(StatementKind.Update, StatementTraits.None, Phase.Body),
        Word.Delete => new(StatementKind.Delete, StatementTraits.None, Phase.Body),
        Word.Load => new(StatementKind.Load, StatementTraits.None, Phase.Load),
        Word.Set => new(StatementKind.Set, StatementTraits.None, Phase.Set),
        Word.Use => new(StatementKind.Use, StatementTraits.Use, Phase.Body),
        Word.Call => new(StatementKind.Call, StatementTraits.CallsProcedure, Phase.Body),
        Word.Do => new(StatementKind.Do, StatementTraits.None, Phase.Body),
        Word.Show => new(StatementKind.Show, StatementTraits.None, Phase.Show),
        Word.Describe or Word.Desc => new(StatementKind.Describe, StatementTraits.None, Phase.Body),
        Word.Explain => new(StatementKind.Explain, StatementTraits.None, Phase.Body),
        Word.Handler => new(StatementKind.Handler, StatementTraits.None, Phase.Handler),
        Word.Prepare => new(StatementKind.Prepare, StatementTraits.PreparesText, Phase.Body),
        Word.Execute => new(
            StatementKind.Execute, StatementTraits.ExecutesText | StatementTraits.Anything, Phase.Body),
        Word.Deallocate => new(StatementKind.Deallocate, StatementTraits.DeallocatesText, Phase.Body),
        Word.Kill => new(StatementKind.Kill, StatementTraits.Kills, Phase.Body),
        Word.Signal => new(StatementKind.Signal, StatementTraits.None, Phase.Body),
        // Its error comes on top of what is there.
        Word.Resignal => new(StatementKind.Signal, StatementTraits.ReadsDiagnostics, Phase.Body),
        Word.Get => new(StatementKind.GetDiagnostics, StatementTraits.ReadsDiagnostics, Phase.Body),
        Word.Help => new(StatementKind.Help, StatementTraits.None, Phase.Body),
        _ => OfTransaction(word),
    };

    private static Verb OfTransaction(Word word) => word switch
    {
        Word.Begin => new(
            StatementKind.Begin, StatementTraits.BeginsTransaction | StatementTraits.ImplicitCommit, Phase.Begin),
        Word.Start => new(StatementKind.Other, StatementTraits.Anything, Phase.Start),
        Word.Commit => new(StatementKind.Commit, StatementTraits.EndsTransaction, Phase.Commit),
        Word.Rollback => new(StatementKind.Rollback, StatementTraits.EndsTransaction, Phase.Commit),
        Word.Savepoint => new(StatementKind.Savepoint, StatementTraits.None, Phase.Body),
        Word.Release => new(StatementKind.Other, StatementTraits.Anything, Phase.Release),
        Word.Lock => new(StatementKind.Other, StatementTraits.Anything, Phase.Lock),
        Word.Unlock => new(StatementKind.Other, StatementTraits.Anything, Phase.Unlock),
        Word.Xa => new(StatementKind.Xa, StatementTraits.Xa, Phase.Xa),
        _ => OfDefinition(word),
    };

    private static Verb OfDefinition(Word word)
    {
        const StatementTraits commit = StatementTraits.ImplicitCommit;
        return word switch
        {
            Word.Create => new(StatementKind.Create, commit, Phase.Create, true),
            Word.Alter => new(StatementKind.Alter, commit, Phase.Alter, true),
            Word.Drop => new(StatementKind.Drop, commit, Phase.Drop, true),
            Word.Truncate => new(StatementKind.Truncate, commit, Phase.Body, true),
            Word.Rename => new(StatementKind.Rename, commit, Phase.Rename, true),
            Word.Grant or Word.Revoke => new(StatementKind.Grant, commit, Phase.Body, true),
            Word.Analyze => new(StatementKind.Analyze, StatementTraits.None, Phase.Analyze),
            Word.Check or Word.Checksum or Word.Optimize or Word.Repair or Word.Cache =>
                new(StatementKind.Maintain, commit, Phase.Body, true),
            Word.Flush => new(StatementKind.Flush, commit, Phase.Flush, true),
            Word.Reset => new(StatementKind.Reset, commit, Phase.Body, true),
            Word.Change or Word.Stop => new(StatementKind.Replication, commit, Phase.Body, true),
            Word.Purge => new(StatementKind.Replication, StatementTraits.None, Phase.Body),
            Word.Install or Word.Uninstall or Word.Shutdown or Word.Restart or Word.Clone or Word.Import =>
                new(StatementKind.Server, commit, Phase.Body, true),
            Word.Backup => new(StatementKind.Backup, StatementTraits.None, Phase.Backup),
            Word.If or Word.Case or Word.Loop or Word.While or Word.Repeat or Word.For or Word.Declare =>
                new(StatementKind.Other, StatementTraits.Compound | StatementTraits.Anything, Phase.Body),
            _ => new(StatementKind.Other, StatementTraits.Anything, Phase.Body),
        };
    }
}

/// <summary>How the next tokens of a statement are read.</summary>
internal enum Phase : byte
{
    /// <summary>The verb is next.</summary>
    Verb,

    /// <summary>Anything: expressions, names, clauses.</summary>
    Body,

    /// <summary>SET: <see cref="Assignments"/>.</summary>
    Set,

    /// <summary>A routine's definition: <see cref="RoutineBody"/>.</summary>
    Routine,

    // Words after a verb that say more of what it does.
    Alter,
    Analyze,
    Backup,
    Begin,
    Commit,
    Create,
    Drop,
    Flush,
    Handler,
    Load,
    Lock,
    Release,
    Rename,
    Show,
    Start,
    Unlock,
    Xa,
}
