namespace Seawall.MySql.Statements;

/// <summary>Understands the tokens of a text as far as it must to say what its statements may do to their session.</summary>
internal struct StatementReader(SqlDialect dialect) : ITokenReader
{
    private readonly SqlDialect _dialect = dialect;
    private StatementTraits _all;
    private StatementTraits _own;
    private StatementKind _first;
    private StatementKind _kind;
    private int _statements;
    private bool _isOpen;
    private bool _allHarmless = true;
    private bool _isImpure;
    private bool _runsExplained;
    private bool _into;
    private bool _afterTargets;
    private DialectDoubt _doubt;
    private Phase _phase;
    private Pending _pending;
    private Word _last;
    private byte _lastSymbol;
    private HeadReader _head;
    private CallTracker _calls;
    private Assignments _set;
    private RoutineBody _routine;

    /// <inheritdoc/>
    public DialectDoubt Doubt { get; private set; }

    /// <summary>What the text may do. Ends it.</summary>
    internal StatementFacts Finish()
    {
        EndStatement();
        var traits = _all;
        if (_statements > 1)
            traits |= StatementTraits.MultipleStatements;
        if (_statements > 0 && _allHarmless && (traits & StatementTraits.Anything) == 0)
            traits |= StatementTraits.Harmless;
        return new StatementFacts(_first, traits, _statements);
    }

    /// <inheritdoc/>
    public void GiveUp() => _all |= StatementTraits.Anything;

    /// <inheritdoc/>
    public void Word(ReadOnlySpan<byte> word, in WordEntry entry)
    {
        if (_pending != Pending.None && Settle(entry.Word))
            return;
        switch (_phase)
        {
            case Phase.Body:
                if (entry.Word != Statements.Word.None)
                    BodyWord(entry.Word);
                break;
            case Phase.Verb:
                BeginWith(entry.Word);
                break;
            case Phase.Routine:
                _routine.Take(entry.Word);
                return;
            case Phase.Set:
                if (SetWord(word, entry.Word))
                    return;
                break;
            default:
                HeadWord(entry.Word);
                break;
        }
        _last = _calls.IsAfterDot ? Statements.Word.None : entry.Word;
        _lastSymbol = 0;
        _calls.Word(entry);
    }

    /// <inheritdoc/>
    public void Name(ReadOnlySpan<byte> name)
    {
        if (_pending != Pending.None && Settle(WordTable.Find(name).Word))
            return;
        if (_phase == Phase.Set && _set.IsTarget)
        {
            _own |= _set.Name(name);
            _doubt |= _set.Doubt;
            return;
        }
        if (Other())
            return;
        ref readonly var entry = ref WordTable.Find(name);
        _calls.Name(entry);
        if (entry.Word is Statements.Word.Profiling or Statements.Word.OptimizerTrace)
            _own |= StatementTraits.ReadsProfile;
    }

    /// <inheritdoc/>
    public void Text(ReadOnlySpan<byte> content) => Literal();

    /// <inheritdoc/>
    public void Number() => Literal();

    /// <inheritdoc/>
    public void Symbol(byte symbol)
    {
        if (symbol == (byte)';')
        {
            Semicolon();
            return;
        }
        if (_pending != Pending.None)
            SettleSymbol(symbol);
        if (_phase == Phase.Routine)
        {
            _routine.Take(symbol);
            return;
        }
        if (_phase == Phase.Verb && symbol == (byte)'(')
        {
            Open();
            _calls.Open(_dialect, out _);
            return;
        }
        if (_phase == Phase.Set && _set.IsTarget)
        {
            _own |= _set.Symbol(symbol);
            return;
        }
        BodySymbol(symbol);
    }

    /// <inheritdoc/>
    public void Assign()
    {
        if (_pending == Pending.UserVariable)
        {
            _own |= StatementTraits.UserVariableWrite;
            _pending = Pending.None;
        }
        if (_phase == Phase.Set && _set.IsTarget)
            _own |= _set.Symbol((byte)'=');
        else
            BodySymbol((byte)':');
    }

    /// <inheritdoc/>
    public void UserVariable()
    {
        if (_pending != Pending.None)
            SettleSymbol((byte)'@');
        if (_phase == Phase.Set && _set.IsTarget)
        {
            _own |= _set.UserVariable();
            return;
        }
        var isInto = _into;
        if (Other())
            return;
        _calls.Other();
        _into = isInto;
        if (isInto || (_kind == StatementKind.Load && !_afterTargets))
            _own |= StatementTraits.UserVariableWrite;
        else if (_kind == StatementKind.Call)
            _own |= StatementTraits.UserVariableWrite | StatementTraits.UserVariableRead;
        else
            _pending = Pending.UserVariable;
    }

    /// <inheritdoc/>
    public void SystemVariable()
    {
        if (_pending != Pending.None)
            SettleSymbol((byte)'@');
        if (_phase == Phase.Set && _set.IsTarget)
        {
            _own |= _set.SystemVariable();
            return;
        }
        if (Other())
            return;
        _calls.Other();
        _pending = Pending.SystemVariable;
    }

    private void Literal()
    {
        if (_pending != Pending.None)
            SettleSymbol((byte)'\'');
        if (_phase == Phase.Set && _set.IsTarget)
            _own |= _set.Symbol((byte)'\'');
        else if (!Other())
            _calls.Other();
    }

    // A token that is no word: most heads end with it. True when there is nothing more to do with it.
    private bool Other()
    {
        _into = false;
        _last = Statements.Word.None;
        switch (_phase)
        {
            case Phase.Body or Phase.Set:
                return false;
            case Phase.Verb:
                Open();
                _kind = StatementKind.Other;
                _own |= StatementTraits.Anything;
                _phase = Phase.Body;
                return false;
            case Phase.Routine:
                _routine.Take((byte)'\'');
                return true;
            default:
                _own |= _head.Other(ref _phase);
                return false;
        }
    }

    private void Open()
    {
        if (_isOpen)
            return;
        _isOpen = true;
        _statements++;
    }

    private void BeginWith(Word word)
    {
        Open();
        var verb = Verb.Of(word);
        _kind = verb.Kind;
        _own |= verb.Traits;
        _phase = verb.Next;
        _calls.Begin(verb.Defines);
        _head = new HeadReader(word);
        if (verb.Next == Phase.Set)
            _set = default;
    }

    private void HeadWord(Word word)
    {
        var traits = _own;
        var kind = _kind;
        var phase = _phase;
        _head.Word(word, _last, _dialect, ref phase, ref kind, ref traits);
        _own = traits;
        _kind = kind;
        _phase = phase;
        switch (phase)
        {
            case Phase.Routine:
                _routine = RoutineBody.Begin(word);
                break;
            case Phase.Body:
                _calls.Defines = _head.Defines ?? _calls.Defines;
                BodyWord(word);
                break;
        }
    }

    // True when the word belongs to a target and is done with.
    private bool SetWord(ReadOnlySpan<byte> word, Word meaning)
    {
        if (_set.IsTarget)
        {
            _own |= _set.Word(word, meaning, _dialect);
            _doubt |= _set.Doubt;
            _last = meaning;
            return true;
        }
        if (meaning == Statements.Word.For && _set.IsStatement && _calls.Depth == 0)
        {
            _phase = Phase.Verb;
            _last = Statements.Word.None;
            return true;
        }
        if (meaning != Statements.Word.None)
            BodyWord(meaning);
        return false;
    }

    private void BodyWord(Word word)
    {
        if (_calls.IsAfterDot)
        {
            AfterDot(word);
            return;
        }
        if (_runsExplained && _last is Statements.Word.Insert or Statements.Word.Replace)
            _isImpure = true;
        var wasInto = _last == Statements.Word.Into;
        _into = false;
        switch (word)
        {
            case Statements.Word.Into:
                _into = true;
                _isImpure = true;
                break;
            case Statements.Word.Outfile or Statements.Word.Dumpfile when wasInto:
                _own |= StatementTraits.IntoOutfile;
                break;
            case Statements.Word.Update or Statements.Word.Share when _last == Statements.Word.For:
            case Statements.Word.In when _last == Statements.Word.Lock:
                _own |= StatementTraits.Locking;
                break;
            case Statements.Word.Update or Statements.Word.Delete:
                _isImpure |= _kind == StatementKind.With || _runsExplained;
                break;
            case Statements.Word.Analyze when _last is Statements.Word.Explain or Statements.Word.Describe or Statements.Word.Desc:
                _runsExplained = true;
                break;
            case Statements.Word.Connection when _last == Statements.Word.For:
                _own |= StatementTraits.NamesConnection;
                break;
            case Statements.Word.SqlCalcFoundRows:
                _own |= StatementTraits.CalculatesFoundRows;
                break;
            case Statements.Word.Value when _dialect.MariaDb && _last == Statements.Word.Next:
                _own |= StatementTraits.UsesSequence;
                break;
            case Statements.Word.Value when _dialect.MariaDb && _last == Statements.Word.Previous:
                _own |= StatementTraits.ReadsLastSequenceValue;
                break;
            case Statements.Word.Rowcount when _dialect.MariaDb && _lastSymbol == (byte)'%':
                _own |= StatementTraits.ReadsRowCount;
                break;
            case Statements.Word.Profiling or Statements.Word.OptimizerTrace:
                _own |= StatementTraits.ReadsProfile;
                break;
            case Statements.Word.Set when _kind == StatementKind.Load:
                _afterTargets = true;
                break;
            case Statements.Word.Select:
            case Statements.Word.Row when _last == Statements.Word.Values:
                _calls.Defines = false;
                break;
        }
    }

    // In MariaDB's Oracle mode a sequence is used with a dot.
    private void AfterDot(Word word)
    {
        if (word is Statements.Word.Profiling or Statements.Word.OptimizerTrace)
            _own |= StatementTraits.ReadsProfile;
        else if (word == Statements.Word.Nextval && _dialect.MariaDb)
            _own |= StatementTraits.UsesSequence;
        else if (word == Statements.Word.Currval && _dialect.MariaDb)
            _own |= StatementTraits.ReadsLastSequenceValue;
    }

    private void BodySymbol(byte symbol)
    {
        var last = _last;
        var isInto = _into && symbol == (byte)',';
        if ((symbol != (byte)'.' || _phase == Phase.Verb) && Other())
            return;
        _into = isInto;
        _lastSymbol = symbol;
        switch (symbol)
        {
            case (byte)'(':
                if (last == Statements.Word.Values)
                    _calls.Defines = false;
                _own |= _calls.Open(_dialect, out var isLastInsertId);
                if (isLastInsertId)
                    _pending = Pending.LastInsertId;
                break;
            case (byte)')':
                _calls.Close();
                break;
            case (byte)',':
                _calls.Comma();
                if (_phase == Phase.Set && _calls.Depth == 0)
                    _set.Comma();
                break;
            case (byte)'.':
                _calls.Dot();
                if (_phase != Phase.Body && _phase != Phase.Set)
                    _own |= _head.Dot();
                break;
            default:
                _calls.Other();
                break;
        }
    }

    // What the token before left open is decided by this word. True when the word was part of it.
    private bool Settle(Word word)
    {
        var pending = _pending;
        _pending = Pending.None;
        switch (pending)
        {
            case Pending.SystemVariable when word is Statements.Word.Global or Statements.Word.Session or Statements.Word.Local
                or Statements.Word.Persist or Statements.Word.PersistOnly:
                _pending = Pending.SystemScope;
                return true;
            case Pending.SystemVariable or Pending.SystemName:
                _own |= ReadSystem(word);
                _calls.Other();
                return true;
            case Pending.UserVariable:
                _own |= StatementTraits.UserVariableRead;
                return false;
            case Pending.LastInsertId:
                _own |= StatementTraits.SetsLastInsertId;
                return false;
            default:
                return false;
        }
    }

    private void SettleSymbol(byte symbol)
    {
        var pending = _pending;
        _pending = Pending.None;
        switch (pending)
        {
            case Pending.SystemScope when symbol == (byte)'.':
                _pending = Pending.SystemName;
                break;
            case Pending.UserVariable when symbol == (byte)'=' && _kind == StatementKind.GetDiagnostics:
                _own |= StatementTraits.UserVariableWrite;
                break;
            case Pending.UserVariable:
                _own |= StatementTraits.UserVariableRead;
                break;
            case Pending.LastInsertId:
                _own |= symbol == (byte)')' ? StatementTraits.ReadsLastInsertId : StatementTraits.SetsLastInsertId;
                break;
        }
    }

    private static StatementTraits ReadSystem(Word word) => word switch
    {
        Statements.Word.LastInsertId or Statements.Word.Identity or Statements.Word.InsertId => StatementTraits.ReadsLastInsertId,
        Statements.Word.WarningCount or Statements.Word.ErrorCount => StatementTraits.ReadsDiagnostics,
        Statements.Word.LastGtid => StatementTraits.ReadsLastGtid,
        Statements.Word.PseudoThreadId => StatementTraits.ReadsConnectionId,
        _ => StatementTraits.None,
    };

    private void Semicolon()
    {
        if (_phase == Phase.Routine && _routine.IsOpen)
            _routine.Take((byte)';');
        else
            EndStatement();
    }

    private void EndStatement()
    {
        if (_pending != Pending.None)
            SettleSymbol((byte)';');
        if (_isOpen)
        {
            if (_phase == Phase.Verb || (_phase == Phase.Routine && _routine.IsOpen))
                _own |= StatementTraits.Anything; // Only an open parenthesis; a routine without an end.
            if (_statements == 1)
                _first = _phase == Phase.Verb ? StatementKind.Other : _kind;
            _allHarmless &= IsHarmless;
            _all |= _own;
        }
        _isOpen = _isImpure = _runsExplained = _into = _afterTargets = false;
        Doubt = _doubt;
        _own = StatementTraits.None;
        _phase = Phase.Verb;
        _last = Statements.Word.None;
        _calls = default;
    }

    private readonly bool IsHarmless =>
        _kind is StatementKind.Select or StatementKind.With or StatementKind.Values or StatementKind.Table
            or StatementKind.Show or StatementKind.Explain or StatementKind.Describe
        && !_isImpure && (_own & ~StatementTraits.CalculatesFoundRows) == 0;

    private enum Pending : byte
    {
        None,
        UserVariable,
        LastInsertId,
        SystemVariable,
        SystemScope,
        SystemName,
    }
}
