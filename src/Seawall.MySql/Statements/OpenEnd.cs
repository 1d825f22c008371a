namespace Seawall.MySql.Statements;

/// <summary>
/// A token of which only the next one says what it means: <c>@a</c> is read unless <c>:=</c> follows,
/// <c>LAST_INSERT_ID(</c> sets unless a parenthesis follows, <c>@@</c> begins the name of a variable.
/// </summary>
internal struct OpenEnd
{
    private Kind _kind;

    /// <summary>Whether there is one.</summary>
    internal readonly bool Exists => _kind != Kind.None;

    /// <summary><c>@a</c>.</summary>
    internal void UserVariable() => _kind = Kind.UserVariable;

    /// <summary><c>LAST_INSERT_ID(</c>.</summary>
    internal void LastInsertId() => _kind = Kind.LastInsertId;

    /// <summary><c>@@</c>.</summary>
    internal void SystemVariable() => _kind = Kind.SystemVariable;

    /// <summary>A word or a name is next. True when it belongs to the open end and is done with.</summary>
    internal bool Settle(Word word, ref StatementTraits traits)
    {
        var kind = _kind;
        _kind = Kind.None;
        switch (kind)
        {
            case Kind.SystemVariable when word is Word.Global or Word.Session or Word.Local or Word.Persist or Word.PersistOnly:
                _kind = Kind.SystemScope;
                return true;
            case Kind.SystemVariable or Kind.SystemName:
                traits |= ReadSystem(word);
                return true;
            case Kind.UserVariable:
                traits |= StatementTraits.UserVariableRead;
                return false;
            case Kind.LastInsertId:
                traits |= StatementTraits.SetsLastInsertId;
                return false;
            default:
                return false;
        }
    }

    /// <summary>Any other token is next, or the end.</summary>
    internal void Settle(byte symbol, StatementKind statement, ref StatementTraits traits)
    {
        var kind = _kind;
        _kind = Kind.None;
        switch (kind)
        {
            case Kind.SystemScope when symbol == (byte)'.':
                _kind = Kind.SystemName;
                break;
            case Kind.UserVariable when symbol == (byte)'=' && statement == StatementKind.GetDiagnostics:
                traits |= StatementTraits.UserVariableWrite;
                break;
            case Kind.UserVariable:
                traits |= StatementTraits.UserVariableRead;
                break;
            case Kind.LastInsertId:
                traits |= symbol == (byte)')' ? StatementTraits.ReadsLastInsertId : StatementTraits.SetsLastInsertId;
                break;
        }
    }

    /// <summary><c>:=</c> is next.</summary>
    internal void SettleAssign(ref StatementTraits traits)
    {
        if (_kind == Kind.UserVariable)
            traits |= StatementTraits.UserVariableWrite;
        _kind = Kind.None;
    }

    private static StatementTraits ReadSystem(Word word) => word switch
    {
        Word.LastInsertId or Word.Identity or Word.InsertId => StatementTraits.ReadsLastInsertId,
        Word.WarningCount or Word.ErrorCount => StatementTraits.ReadsDiagnostics,
        Word.LastGtid => StatementTraits.ReadsLastGtid,
        Word.PseudoThreadId => StatementTraits.ReadsConnectionId,
        _ => StatementTraits.None,
    };

    private enum Kind : byte
    {
        None,
        UserVariable,
        LastInsertId,
        SystemVariable,
        SystemScope,
        SystemName,
    }
}
