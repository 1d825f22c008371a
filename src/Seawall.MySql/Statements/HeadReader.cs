namespace Seawall.MySql.Statements;

/// <summary>
/// Reads the words after a verb that say what the statement is: LOCK TABLES or LOCK INSTANCE, DROP TABLE or DROP USER.
/// </summary>
internal struct HeadReader(Word verb)
{
    private readonly Word _verb = verb;
    private int _step;
    private bool _isTemporary;
    private bool _isEvent;

    /// <summary>Whether what follows defines something, where the verb alone did not say.</summary>
    internal bool? Defines { get; private set; }

    /// <summary>What the head says besides traits.</summary>
    internal StatementHints Hints { get; private set; }

    /// <summary>The next word.</summary>
    internal void Word(
        Word word, Word last, in SqlDialect dialect, ref Phase phase, ref StatementKind kind, ref StatementTraits traits)
    {
        switch (phase)
        {
            case Phase.Alter:
                Alter(word, ref phase, ref traits);
                break;
            case Phase.Analyze:
                phase = Phase.Body;
                Defines = word is Statements.Word.Table or Statements.Word.Tables or Statements.Word.Local
                    or Statements.Word.NoWriteToBinlog;
                if (Defines == true)
                    traits |= StatementTraits.ImplicitCommit;
                break;
            case Phase.Backup:
                Backup(word, ref phase, ref traits);
                break;
            case Phase.Begin when word == Statements.Word.Work && last == Statements.Word.Begin:
                break;
            case Phase.Begin:
                kind = StatementKind.Other;
                traits = StatementTraits.Compound | StatementTraits.Anything;
                phase = Phase.Body;
                break;
            case Phase.Commit:
                Commit(word, last, ref phase, ref traits);
                break;
            case Phase.Create:
                Create(word, ref phase, ref traits);
                break;
            case Phase.Drop:
                Drop(word, ref phase, ref kind, ref traits);
                break;
            case Phase.Flush:
                if (word == Statements.Word.Read || (word == Statements.Word.Export && last == Statements.Word.For))
                    traits |= StatementTraits.FlushesWithReadLock;
                else if (word == Statements.Word.Status)
                    traits |= StatementTraits.SessionStatus;
                break;
            case Phase.Handler:
                Handler(word, ref phase, ref traits);
                break;
            case Phase.Load:
                Load(word, ref phase, ref traits);
                break;
            case Phase.Start when kind == StatementKind.Begin:
                if (word == Statements.Word.Read)
                    traits |= StatementTraits.SetsNextTransaction;
                else if (word == Statements.Word.Only && last == Statements.Word.Read)
                    Hints |= StatementHints.BeginsReadOnly;
                break;
            case Phase.Lock or Phase.Unlock or Phase.Start or Phase.Release:
                Pair(word, dialect, ref phase, ref kind, ref traits);
                break;
            case Phase.Rename:
                if (word is Statements.Word.Table or Statements.Word.Tables)
                    traits |= StatementTraits.RenamesTable;
                phase = Phase.Body;
                break;
            case Phase.Show:
                Show(word, ref phase, ref traits);
                break;
            case Phase.Xa:
                Xa(word, ref traits);
                phase = Phase.Body;
                break;
            case Phase.Verb or Phase.Body or Phase.Set or Phase.Routine:
                break;
        }
    }

    /// <summary>A token that is no word and no dot.</summary>
    internal StatementTraits Other(ref Phase phase)
    {
        switch (phase)
        {
            case Phase.Begin:
                phase = Phase.Body;
                return StatementTraits.Compound | StatementTraits.Anything;
            case Phase.Handler:
                _step = 1; // A quoted name.
                break;
            case Phase.Alter when _step == RenameSeen:
                _step = 0;
                return StatementTraits.RenamesTable;
            case Phase.Analyze:
                phase = Phase.Body;
                break;
        }
        return StatementTraits.None;
    }

    /// <summary>A dot in a name.</summary>
    internal StatementTraits Dot()
    {
        if (_verb == Statements.Word.Handler)
            _step = 0;
        return StatementTraits.None;
    }

    private const int RenameSeen = 1;
    private const int HasOptions = 3;
    private const int CountSeen = 4;
    private const int OfSession = 5;
    private const int StageSeen = 6;
    private const int FullSeen = 7;

    private void Alter(Word word, ref Phase phase, ref StatementTraits traits)
    {
        if (_step == RenameSeen)
        {
            _step = 0;
            if (word is not (Statements.Word.Column or Statements.Word.Index or Statements.Word.Key))
                traits |= StatementTraits.RenamesTable;
        }
        switch (word)
        {
            case Statements.Word.Rename:
                _step = RenameSeen;
                break;
            case Statements.Word.Event:
                _isEvent = true;
                break;
            case Statements.Word.Do when _isEvent:
                traits |= StatementTraits.DefinesRoutine;
                phase = Phase.Routine;
                break;
            case Statements.Word.Select:
                phase = Phase.Body; // ALTER VIEW.
                break;
        }
    }

    private void Backup(Word word, ref Phase phase, ref StatementTraits traits)
    {
        if (word == Statements.Word.Stage && _step == 0)
        {
            _step = StageSeen;
            return;
        }
        traits |= word is Statements.Word.End or Statements.Word.Unlock
            ? StatementTraits.UnlocksBackup
            : StatementTraits.LocksBackup;
        phase = Phase.Body;
    }

    private static void Commit(Word word, Word last, ref Phase phase, ref StatementTraits traits)
    {
        switch (word)
        {
            case Statements.Word.Chain when last != Statements.Word.No:
                traits |= StatementTraits.ChainsTransaction;
                break;
            case Statements.Word.Release when last != Statements.Word.No:
                traits |= StatementTraits.ReleasesConnection;
                break;
            case Statements.Word.To:
                traits &= ~StatementTraits.EndsTransaction;
                phase = Phase.Body;
                break;
        }
    }

    private void Create(Word word, ref Phase phase, ref StatementTraits traits)
    {
        switch (word)
        {
            case Statements.Word.Temporary:
                _isTemporary = true;
                break;
            case Statements.Word.Table or Statements.Word.Sequence:
                if (_isTemporary)
                    traits = (traits & ~StatementTraits.ImplicitCommit) | StatementTraits.CreatesTemporaryTable;
                phase = Phase.Body;
                break;
            case Statements.Word.Procedure or Statements.Word.Function or Statements.Word.Trigger or Statements.Word.Event
                or Statements.Word.Package:
                traits |= StatementTraits.DefinesRoutine;
                phase = Phase.Routine;
                break;
            case Statements.Word.Definer or Statements.Word.Algorithm or Statements.Word.Sql:
                _step = HasOptions; // Names and values follow, and then what is created.
                break;
            case Statements.Word.Or or Statements.Word.Replace or Statements.Word.Aggregate or Statements.Word.Online
                or Statements.Word.Offline or Statements.Word.Unique or Statements.Word.Fulltext or Statements.Word.Spatial:
                break;
            case Statements.Word.View or Statements.Word.Index or Statements.Word.Database or Statements.Word.Schema
                or Statements.Word.Role or Statements.Word.Resource:
                phase = Phase.Body;
                break;
            default:
                if (_step != HasOptions)
                    phase = Phase.Body;
                break;
        }
    }

    private void Drop(Word word, ref Phase phase, ref StatementKind kind, ref StatementTraits traits)
    {
        phase = Phase.Body;
        switch (word)
        {
            case Statements.Word.Temporary:
                _isTemporary = true;
                phase = Phase.Drop;
                break;
            case Statements.Word.Table or Statements.Word.Tables or Statements.Word.Sequence:
                if (_isTemporary)
                    traits = (traits & ~StatementTraits.ImplicitCommit) | StatementTraits.DropsTemporaryTable;
                else
                    traits |= StatementTraits.DropsTable;
                break;
            case Statements.Word.Prepare:
                kind = StatementKind.Deallocate;
                traits = (traits & ~StatementTraits.ImplicitCommit) | StatementTraits.DeallocatesText;
                break;
        }
    }

    private void Handler(Word word, ref Phase phase, ref StatementTraits traits)
    {
        if (_step++ == 0)
            return; // The name.
        if (word == Statements.Word.Open)
            traits |= StatementTraits.OpensHandler;
        else if (word == Statements.Word.Close)
            traits |= StatementTraits.ClosesHandler;
        phase = Phase.Body;
    }

    private static void Load(Word word, ref Phase phase, ref StatementTraits traits)
    {
        if (word == Statements.Word.Index)
            traits |= StatementTraits.ImplicitCommit;
        else if (word == Statements.Word.Local)
            traits |= StatementTraits.LoadsLocalFile;
        else if (word is not Statements.Word.Infile)
            return;
        if (word != Statements.Word.Local)
            phase = Phase.Body;
    }

    private readonly void Pair(
        Word word, in SqlDialect dialect, ref Phase phase, ref StatementKind kind, ref StatementTraits traits)
    {
        (kind, traits) = (_verb, word) switch
        {
            (Statements.Word.Lock, Statements.Word.Table or Statements.Word.Tables) =>
                (StatementKind.LockTables, StatementTraits.LocksTables | StatementTraits.ImplicitCommit),
            (Statements.Word.Lock, Statements.Word.Instance) => (StatementKind.LockInstance, StatementTraits.LocksInstance),
            (Statements.Word.Unlock, Statements.Word.Table or Statements.Word.Tables) =>
                (StatementKind.UnlockTables, StatementTraits.UnlocksTables | StatementTraits.ImplicitCommit),
            (Statements.Word.Unlock, Statements.Word.Instance) =>
                (StatementKind.UnlockInstance, StatementTraits.UnlocksInstance),
            (Statements.Word.Start, Statements.Word.Transaction) =>
                (StatementKind.Begin, StatementTraits.BeginsTransaction | StatementTraits.ImplicitCommit),
            (Statements.Word.Start, _) => (StatementKind.Replication, StatementTraits.ImplicitCommit),
            (Statements.Word.Release, Statements.Word.Savepoint) => (StatementKind.ReleaseSavepoint, StatementTraits.None),
            _ => (StatementKind.Other, StatementTraits.Anything),
        };
        phase = kind == StatementKind.Begin ? Phase.Start : Phase.Body;
    }

    private void Show(Word word, ref Phase phase, ref StatementTraits traits)
    {
        switch (word)
        {
            case Statements.Word.Warnings or Statements.Word.Errors when _step != OfSession:
                traits |= StatementTraits.ReadsDiagnostics;
                break;
            case Statements.Word.Count when _step == 0:
                _step = CountSeen;
                return;
            case Statements.Word.Session or Statements.Word.Local when _step == 0:
                _step = OfSession;
                return;
            case Statements.Word.Full when _step == 0:
                _step = FullSeen;
                return;
            case Statements.Word.Tables or Statements.Word.Columns or Statements.Word.Fields or Statements.Word.Databases
                or Statements.Word.Schemas when _step is 0 or FullSeen:
                Hints |= StatementHints.ShowsSchema;
                break;
            case Statements.Word.Create when _step == 0:
                Hints |= StatementHints.Opens;
                break;
            case Statements.Word.Status when _step != CountSeen:
                traits |= StatementTraits.SessionStatus;
                break;
            case Statements.Word.Profile or Statements.Word.Profiles when _step == 0:
                traits |= StatementTraits.ReadsProfile;
                break;
            case Statements.Word.Explain or Statements.Word.Analyze when _step == 0:
                traits |= StatementTraits.NamesConnection;
                break;
        }
        phase = Phase.Body;
    }

    private static void Xa(Word word, ref StatementTraits traits)
    {
        switch (word)
        {
            case Statements.Word.Recover:
                traits &= ~StatementTraits.Xa;
                break;
            case Statements.Word.Start or Statements.Word.Begin:
                traits |= StatementTraits.BeginsTransaction;
                break;
            case Statements.Word.Commit or Statements.Word.Rollback:
                traits |= StatementTraits.EndsTransaction;
                break;
        }
    }
}
