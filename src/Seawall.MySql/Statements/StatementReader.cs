namespace Seawall.MySql.Statements;

/// <summary>
/// Understands the tokens of a text as far as it must to say what its statements may do to their session.
/// </summary>
internal struct StatementReader(SqlDialect dialect) : ITokenReader
{
    private readonly SqlDialect _dialect = dialect;
    private StatementTraits _all;
    private StatementTraits _own;
    private StatementHints _hints;
    private StatementKind _first;
    private StatementKind _kind;
    private int _statements;
    private bool _isOpen;
    private bool _allHarmless = true;
    private DialectDoubt _doubt;
    private Phase _phase;
    private OpenEnd _end;
    private BodyReader _body;
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
        return new StatementFacts(_first, traits, _statements, _hints);
    }

    /// <inheritdoc/>
    public void GiveUp() => _all |= StatementTraits.Anything;

    /// <inheritdoc/>
    public void Hints() => _hints |= StatementHints.HasHints;

    /// <inheritdoc/>
    public void Word(ReadOnlySpan<byte> word, in WordEntry entry)
    {
        if (_end.Exists && SettleWord(entry.Word))
            return;
        if (IsServersSchema(entry.Word))
            _hints |= StatementHints.OfServer;
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
        _body.Last = _calls.IsAfterDot ? Statements.Word.None : entry.Word;
        _body.LastSymbol = 0;
        _calls.Word(entry);
    }

    /// <inheritdoc/>
    public void Name(ReadOnlySpan<byte> name)
    {
        if (_end.Exists && SettleWord(WordTable.Find(name).Word))
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
        if (IsServersSchema(entry.Word))
            _hints |= StatementHints.OfServer;
    }

    /// <inheritdoc/>
    public void Text(ReadOnlySpan<byte> content) => Literal();

    /// <inheritdoc/>
    public void Number(ReadOnlySpan<byte> digits) => Literal();

    /// <inheritdoc/>
    public void Symbol(byte symbol, TokenGap gap)
    {
        if (symbol == (byte)';')
        {
            Semicolon();
            return;
        }
        if (_end.Exists)
            _end.Settle(symbol, _kind, ref _own);
        if (_phase == Phase.Routine)
        {
            _routine.Take(symbol);
            return;
        }
        if (_phase == Phase.Verb && symbol == (byte)'(')
        {
            Open();
            _calls.Open(_dialect, gap, out _);
            return;
        }
        if (_phase == Phase.Set && _set.IsTarget)
        {
            _own |= _set.Symbol(symbol);
            return;
        }
        // The text may have taken IGNORE_SPACE away.
        BodySymbol(symbol, gap == TokenGap.Space && (_doubt & DialectDoubt.Quotes) != 0 ? TokenGap.Comment : gap);
    }

    /// <inheritdoc/>
    public void Assign()
    {
        _end.SettleAssign(ref _own);
        if (_phase == Phase.Set && _set.IsTarget)
            _own |= _set.Symbol((byte)'=');
        else
            BodySymbol((byte)':', TokenGap.None);
    }

    /// <inheritdoc/>
    public void UserVariable()
    {
        if (_end.Exists)
            _end.Settle((byte)'@', _kind, ref _own);
        if (_phase == Phase.Set && _set.IsTarget)
        {
            _own |= _set.UserVariable();
            return;
        }
        var isInto = _body.IsInto;
        if (Other())
            return;
        _calls.Other();
        _body.IsInto = isInto;
        if (_body.WritesUserVariable(_kind))
            _own |= StatementTraits.UserVariableWrite;
        else if (_kind == StatementKind.Call)
            _own |= StatementTraits.UserVariableWrite | StatementTraits.UserVariableRead;
        else
            _end.UserVariable();
    }

    /// <inheritdoc/>
    public void SystemVariable()
    {
        if (_end.Exists)
            _end.Settle((byte)'@', _kind, ref _own);
        if (_phase == Phase.Set && _set.IsTarget)
        {
            _own |= _set.SystemVariable();
            return;
        }
        _hints |= StatementHints.OfServer;
        if (Other())
            return;
        _calls.Other();
        _end.SystemVariable();
    }

    private void Literal()
    {
        if (_end.Exists)
            _end.Settle((byte)'\'', _kind, ref _own);
        if (_phase == Phase.Set && _set.IsTarget)
            _own |= _set.Symbol((byte)'\'');
        else if (!Other())
            _calls.Literal();
    }

    // A token that is no word: most heads end with it. True when there is nothing more to do with it.
    private bool Other()
    {
        _body.Other();
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
        _head.Word(word, _body.Last, _dialect, ref phase, ref kind, ref traits);
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
            _body.Last = meaning;
            return true;
        }
        if (meaning == Statements.Word.For && _set.IsStatement && _calls.Depth == 0)
        {
            _phase = Phase.Verb;
            _hints |= StatementHints.PutsBack;
            _body.Other();
            return true;
        }
        if (meaning != Statements.Word.None)
            BodyWord(meaning);
        return false;
    }

    private void BodyWord(Word word)
    {
        if (_calls.IsAfterDot)
            _own |= BodyReader.AfterDot(word, _dialect);
        else if (_body.Word(word, _kind, _dialect, ref _own))
            _calls.Defines = false;
    }

    private void BodySymbol(byte symbol, TokenGap gap)
    {
        var last = _body.Last;
        var isInto = _body.IsInto && symbol == (byte)',';
        if ((symbol != (byte)'.' || _phase == Phase.Verb) && Other())
            return;
        _body.IsInto = isInto;
        _body.LastSymbol = symbol;
        _body.Symbol(symbol, symbol == (byte)'(' && _calls.IsCall);
        switch (symbol)
        {
            case (byte)'(':
                if (last == Statements.Word.Values)
                    _calls.Defines = false;
                if (last is >= Statements.Word.BinlogGtidPos and <= Statements.Word.Version && _calls.IsCall)
                    _hints |= StatementHints.OfServer;
                _own |= _calls.Open(_dialect, gap, out var isLastInsertId);
                if (isLastInsertId)
                    _end.LastInsertId();
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

    // True when the word was the name of a variable, or its scope.
    private bool SettleWord(Word word)
    {
        if (!_end.Settle(word, ref _own))
            return false;
        _calls.Other();
        return true;
    }

    private void Semicolon()
    {
        if (_phase == Phase.Routine && _routine.IsOpen)
            _routine.Take((byte)';');
        else
            EndStatement();
    }

    private void EndStatement()
    {
        if (_end.Exists)
            _end.Settle((byte)';', _kind, ref _own);
        if (_isOpen)
        {
            if (_phase == Phase.Verb || (_phase == Phase.Routine && _routine.IsOpen))
                _own |= StatementTraits.Anything; // Only an open parenthesis; a routine without an end.
            if (_statements == 1)
                _first = _phase == Phase.Verb ? StatementKind.Other : _kind;
            if (_statements == 1 && (_own & StatementFacts.PreviousStatement) != 0)
                _hints |= StatementHints.FirstAsks;
            _allHarmless &= IsHarmless;
            _all |= _own;
            _hints |= _body.Hints | _head.Hints;
            if (!IsWithoutTables)
                _hints |= StatementHints.UsesTables;
        }
        _isOpen = false;
        _body = default;
        Doubt = _doubt;
        _own = StatementTraits.None;
        _phase = Phase.Verb;
        _calls = default;
    }

    private static bool IsServersSchema(Word word) => word is >= Statements.Word.InformationSchema and <= Statements.Word.Sys;

    private readonly bool IsWithoutTables =>
        _kind is StatementKind.Select or StatementKind.Set or StatementKind.Do or StatementKind.Begin or StatementKind.Commit
            or StatementKind.Rollback or StatementKind.Savepoint or StatementKind.Use or StatementKind.UnlockTables
            or StatementKind.Deallocate or StatementKind.Xa
        || (_kind is StatementKind.Explain or StatementKind.Describe && _body.ExplainsQuery);

    private readonly bool IsHarmless =>
        _kind is StatementKind.Select or StatementKind.With or StatementKind.Values or StatementKind.Table
            or StatementKind.Show or StatementKind.Explain or StatementKind.Describe
        && !_body.IsImpure && (_own & ~StatementTraits.CalculatesFoundRows) == 0;
}
