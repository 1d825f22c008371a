namespace Seawall.MySql.Statements;

/// <summary>Reads what SET sets, one token at a time. The values are left to others.</summary>
internal struct Assignments
{
    private State _state;
    private Scope _scope;
    private bool _isAt;
    private bool _afterGlobal;

    /// <summary>
    /// Whether MariaDB's SET STATEMENT has begun: the settings end with FOR, and a statement follows.
    /// </summary>
    internal bool IsStatement { get; private set; }

    /// <summary>How the assignments change the way in which the rest of the text is read.</summary>
    internal DialectDoubt Doubt { get; private set; }

    /// <summary>Whether a target is being read, so that words are names of variables.</summary>
    internal readonly bool IsTarget => _state is not (State.Value or State.Rest);

    /// <summary>A word of a target.</summary>
    internal StatementTraits Word(ReadOnlySpan<byte> word, Word meaning, in SqlDialect dialect)
    {
        switch (_state)
        {
            case State.Item when dialect.MariaDb && meaning == Statements.Word.Statement && !IsStatement:
                IsStatement = true;
                return StatementTraits.None;
            case State.Item or State.Scoped when TryTakeForm(meaning, out var traits):
                return traits;
            case State.Item when TryTakeScope(meaning):
                _state = State.Scoped;
                return StatementTraits.None;
            case State.SystemName when TryTakeScope(meaning):
                _state = State.SystemDot;
                return StatementTraits.None;
            case State.Item or State.Scoped or State.SystemName:
                return Assign(word, meaning);
            case State.Part:
                _state = State.Assigned;
                return StatementTraits.None;
            default:
                return GiveUp();
        }
    }

    /// <summary>A quoted name in a target.</summary>
    internal StatementTraits Name(ReadOnlySpan<byte> name)
    {
        switch (_state)
        {
            case State.Item or State.Scoped or State.SystemName:
                return Assign(name, WordTable.Find(name).Word);
            case State.Part:
                _state = State.Assigned;
                return StatementTraits.None;
            default:
                return GiveUp();
        }
    }

    /// <summary><c>@a</c> as a target.</summary>
    internal StatementTraits UserVariable()
    {
        if (_state != State.Item)
            return GiveUp();
        _state = State.Assigned;
        return StatementTraits.UserVariableWrite;
    }

    /// <summary><c>@@</c> of a target.</summary>
    internal StatementTraits SystemVariable()
    {
        if (_state != State.Item)
            return GiveUp();
        _state = State.SystemName;
        _isAt = true;
        return StatementTraits.None;
    }

    /// <summary>Any other token of a target.</summary>
    internal StatementTraits Symbol(byte symbol)
    {
        switch (_state)
        {
            case State.Assigned when symbol == (byte)'=':
                _state = State.Value;
                return StatementTraits.None;
            case State.SystemDot when symbol == (byte)'.':
                _state = State.SystemName;
                return StatementTraits.None;
            case State.Assigned when symbol == (byte)'.':
                _state = State.Part; // A variable of a component or of a key cache.
                return StatementTraits.None;
            default:
                return GiveUp();
        }
    }

    /// <summary>A comma that is in no parentheses, after a value.</summary>
    internal void Comma()
    {
        if (_state != State.Value)
            return;
        _state = State.Item;
        _scope = Scope.None;
        _isAt = false;
    }

    /// <summary>The variables that stand for the character sets of the session.</summary>
    internal static bool IsCharset(Word word) => word is Statements.Word.CharacterSetClient
        or Statements.Word.CharacterSetConnection or Statements.Word.CharacterSetResults
        or Statements.Word.CollationConnection;

    // SET NAMES and the others that do not name a variable.
    private bool TryTakeForm(Word word, out StatementTraits traits)
    {
        traits = StatementTraits.None;
        if (word == Statements.Word.Transaction)
        {
            _state = State.Rest;
            traits = _scope switch
            {
                Scope.None => StatementTraits.SetsNextTransaction,
                Scope.Session => StatementTraits.SetsSystemVariable,
                Scope.Global => StatementTraits.SetsGlobal,
            };
            return true;
        }
        if (_state != State.Item)
            return false;
        switch (word)
        {
            case Statements.Word.Names or Statements.Word.Character or Statements.Word.Char or Statements.Word.Charset:
                _state = State.Value;
                Doubt |= DialectDoubt.Charset;
                traits = StatementTraits.SetsNames;
                return true;
            case Statements.Word.Password:
                _state = State.Rest;
                traits = StatementTraits.SetsPassword | StatementTraits.ImplicitCommit;
                return true;
            case Statements.Word.Role:
                _state = State.Rest;
                traits = StatementTraits.SetsRole;
                return true;
            case Statements.Word.Default:
                _state = State.Rest;
                traits = StatementTraits.ImplicitCommit;
                return true;
            case Statements.Word.Resource:
                _state = State.Rest;
                traits = StatementTraits.SetsResourceGroup;
                return true;
            default:
                return false;
        }
    }

    private bool TryTakeScope(Word word)
    {
        switch (word)
        {
            case Statements.Word.Session or Statements.Word.Local:
                _scope = Scope.Session;
                break;
            case Statements.Word.Global or Statements.Word.Persist or Statements.Word.PersistOnly:
                _scope = Scope.Global;
                break;
            default:
                return false;
        }
        // The word holds for the assignments after it as well, until the next such word; with @@ it does not.
        if (!_isAt)
            _afterGlobal = _scope == Scope.Global;
        return true;
    }

    private StatementTraits Assign(ReadOnlySpan<byte> name, Word word)
    {
        _state = State.Assigned;
        if (_scope == Scope.Global || (_scope == Scope.None && _afterGlobal && !_isAt))
            return StatementTraits.SetsGlobal;
        switch (word)
        {
            case Statements.Word.Autocommit:
                return StatementTraits.SetsAutocommit;
            case var _ when IsCharset(word):
                Doubt |= DialectDoubt.Charset;
                return StatementTraits.SetsNames;
            case Statements.Word.SqlMode:
                Doubt |= DialectDoubt.Quotes;
                return StatementTraits.SetsSystemVariable;
            case Statements.Word.LastInsertId or Statements.Word.Identity:
                return StatementTraits.SetsLastInsertId;
            case Statements.Word.TransactionIsolation or Statements.Word.TransactionReadOnly
                or Statements.Word.TxIsolation or Statements.Word.TxReadOnly when _isAt && _scope == Scope.None:
                return StatementTraits.SetsNextTransaction;
            case var _ when IsOneShot(word):
                return StatementTraits.SetsOneShot;
            default:
                return IsTracking(name) ? StatementTraits.SetsSessionTracking : StatementTraits.SetsSystemVariable;
        }
    }

    // They speak of one moment, one statement or one connection; what PROFILING and OPTIMIZER_TRACE collect stays
    // there.
    private static bool IsOneShot(Word word) => word is Statements.Word.Timestamp or Statements.Word.InsertId
        or Statements.Word.RandSeed1 or Statements.Word.RandSeed2 or Statements.Word.PseudoThreadId
        or Statements.Word.PseudoSlaveMode or Statements.Word.PseudoReplicaMode or Statements.Word.GtidNext
        or Statements.Word.GtidSeqNo or Statements.Word.GtidDomainId or Statements.Word.ServerId
        or Statements.Word.SqlLogBin or Statements.Word.SqlLogOff or Statements.Word.SkipReplication
        or Statements.Word.DefaultMasterConnection or Statements.Word.OriginalCommitTimestamp
        or Statements.Word.ImmediateServerVersion or Statements.Word.OriginalServerVersion or Statements.Word.WsrepOn
        or Statements.Word.Profiling or Statements.Word.OptimizerTrace;

    private static bool IsTracking(ReadOnlySpan<byte> name)
    {
        var prefix = "session_track_"u8;
        return name.Length > prefix.Length && System.Text.Ascii.EqualsIgnoreCase(name[..prefix.Length], prefix);
    }

    private StatementTraits GiveUp()
    {
        _state = State.Rest;
        return StatementTraits.Anything;
    }

    private enum Scope : byte
    {
        None,
        Session,
        Global,
    }

    private enum State : byte
    {
        Item,
        Scoped,
        SystemName,
        SystemDot,
        Assigned,
        Part,
        Value,
        Rest,
    }
}
