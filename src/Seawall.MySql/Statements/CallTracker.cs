namespace Seawall.MySql.Statements;

/// <summary>
/// Knows which names before a parenthesis are calls of functions, and which are names of tables, aliases, types or
/// indexes with a list after them.
/// </summary>
internal struct CallTracker
{
    private WordCall _call;
    private byte _age;
    private AttachedOn _attached;
    private StatementTraits _traits;
    private Before _before;
    private bool _nameNext;
    private bool _inName;
    private bool _withNext;
    private ulong _withLists;
    private ulong _queries;
    private ulong _sources;
    private bool _sourceNext;
    private bool _mayBeStored;

    /// <summary>
    /// Whether the statement defines something: then names before parentheses are columns, indexes and types.
    /// </summary>
    internal bool Defines { get; set; }

    /// <summary>How many parentheses are open.</summary>
    internal int Depth { get; private set; }

    /// <summary>Whether the token before was a dot.</summary>
    internal readonly bool IsAfterDot => _before == Before.Dot;

    /// <summary>Whether a parenthesis now would be that of a function.</summary>
    internal readonly bool IsCall => !Defines && _call != WordCall.None;

    /// <summary>A statement begins.</summary>
    internal void Begin(bool defines)
    {
        _call = WordCall.None;
        _before = Before.Other;
        Defines = defines;
        _nameNext = _inName = _withNext = _sourceNext = false;
        if (Depth == 0)
            _withLists = _queries = _sources = 0;
    }

    /// <summary>A word.</summary>
    internal void Word(in WordEntry entry)
    {
        var before = _before;
        var isSource = before == Before.Comma || (before == Before.Word && _sourceNext);
        _before = Before.Word;
        _sourceNext = _mayBeStored = false;
        if (before == Before.Dot)
        {
            _call = _inName ? WordCall.None : WordCall.Unknown;
            return;
        }
        if (_withNext)
            BeginWith(entry.Word);
        if (entry.Word != Statements.Word.None)
            NoteSources(entry.Word, isSource);
        if (entry.Call == WordCall.Unknown && entry.Word == Statements.Word.None)
            Name(before);
        else
            Keyword(entry, before);
    }

    /// <summary>A name in quotes.</summary>
    internal void Name(in WordEntry entry)
    {
        var before = _before;
        _before = Before.Word;
        _sourceNext = _mayBeStored = false;
        if (_withNext)
            BeginWith(Statements.Word.None);
        if (before == Before.Dot)
        {
            _call = _inName ? WordCall.None : WordCall.Unknown;
            return;
        }
        Name(before);
        // Servers find most of their own functions under quoted names as well, but not all.
        if (_call == WordCall.None || entry.Call is not (WordCall.BuiltIn or WordCall.LastInsertId))
            return;
        _call = entry.Call;
        _age = entry.Age;
        _attached = AttachedOn.None;
        _traits = entry.Traits | StatementTraits.CallsUnknownFunction;
    }

    /// <summary>An opening parenthesis; returns what the call does, if it is one.</summary>
    internal StatementTraits Open(in SqlDialect dialect, TokenGap gap, out bool isLastInsertId)
    {
        var call = Defines ? WordCall.None : _call;
        isLastInsertId = call == WordCall.LastInsertId;
        if (call == WordCall.BuiltIn && (!BuiltInFunctions.Has(_age, dialect) || (_mayBeStored && dialect.MariaDb) || IsApart(gap, dialect)))
            call = WordCall.Unknown;
        Other(Before.Other);
        Depth++;
        if (Depth < 64)
        {
            var others = ~(1UL << Depth);
            _withLists &= others;
            _queries &= others;
            _sources &= others;
        }
        return call switch
        {
            WordCall.Unknown => StatementTraits.CallsUnknownFunction,
            WordCall.BuiltIn or WordCall.LastInsertId => dialect.MariaDb ? _traits : _traits & ~StatementTraits.UsesSequence,
            WordCall.None => StatementTraits.None,
        };
    }

    /// <summary>A closing parenthesis.</summary>
    internal void Close()
    {
        Other(Before.Close);
        if (Depth > 0)
            Depth--;
    }

    /// <summary>A dot.</summary>
    internal void Dot()
    {
        _call = WordCall.None;
        _nameNext = false; // The word before was no keyword then, but the first part of a name.
        _before = Before.Dot;
    }

    /// <summary>A comma.</summary>
    internal void Comma() => Other(Before.Comma);

    /// <summary>A text or a number: no call can follow it.</summary>
    internal void Literal() => Other(Before.Literal);

    /// <summary>Any other token.</summary>
    internal void Other() => Other(Before.Other);

    private void Other(Before before)
    {
        _before = before;
        _call = WordCall.None;
        _nameNext = _inName = _withNext = false;
    }

    private void Name(Before before)
    {
        // An expression cannot begin right after a parenthesis or a literal, but an alias with a list of columns can, and a clause.
        _inName = _nameNext || before is Before.Close or Before.Literal || (before == Before.Comma && IsInWithList);
        _nameNext = false;
        _call = _inName ? WordCall.None : WordCall.Unknown;
    }

    private void Keyword(in WordEntry entry, Before before)
    {
        _call = _nameNext || before is Before.Close or Before.Literal ? WordCall.None : entry.Call;
        _age = entry.Age;
        _attached = entry.Attached;
        _traits = entry.Traits;
        _inName = _nameNext;
        switch (entry.Word)
        {
            case Statements.Word.Into or Statements.Word.Tables or Statements.Word.References
                or Statements.Word.Procedure or Statements.Word.Function or Statements.Word.Call
                or Statements.Word.As or Statements.Word.Window or Statements.Word.View:
                _nameNext = true;
                break;
            case Statements.Word.Insert or Statements.Word.Replace or Statements.Word.Table:
                _nameNext = true;
                EndWith();
                break;
            case Statements.Word.Select or Statements.Word.Update or Statements.Word.Delete or Statements.Word.Values:
                _nameNext = false;
                EndWith();
                break;
            case Statements.Word.With:
                _nameNext = false;
                _withNext = true;
                break;
            case Statements.Word.LowPriority or Statements.Word.Delayed or Statements.Word.HighPriority
                or Statements.Word.Ignore or Statements.Word.If or Statements.Word.Not or Statements.Word.Exists
                or Statements.Word.Recursive:
                break; // A name that is next is still next.
            default:
                _nameNext = false;
                break;
        }
    }

    // Some functions are their server's only where the parenthesis is right behind the name: else it is that of a stored one.
    private readonly bool IsApart(TokenGap gap, in SqlDialect dialect) =>
        gap != TokenGap.None && (_attached & (dialect.MariaDb ? AttachedOn.MariaDb : AttachedOn.MySql)) != 0
        && (gap == TokenGap.Comment || !dialect.IgnoreSpace);

    // JSON_TABLE is a keyword to MariaDB where a table can be: behind FROM, JOIN or a comma of the list. Elsewhere it is a name, also of a
    // function. Of the other uses of FROM, that in TRIM('a' FROM b) is in a parenthesis without a query, and that of periods is a second one.
    private void NoteSources(Word word, bool isSource)
    {
        var here = Depth < 64 ? 1UL << Depth : 0;
        switch (word)
        {
            case Statements.Word.Select or Statements.Word.Delete:
                _queries |= here;
                _sources &= ~here;
                break;
            case Statements.Word.From:
                _sourceNext = (_queries & ~_sources & here) != 0;
                _sources |= _queries & here;
                break;
            case Statements.Word.Update:
                _sources |= here;
                break;
            case Statements.Word.Join or Statements.Word.StraightJoin:
                _sourceNext = true;
                break;
            case Statements.Word.Set or Statements.Word.Group or Statements.Word.Order or Statements.Word.Limit or Statements.Word.Procedure
                or Statements.Word.Union or Statements.Word.Except or Statements.Word.Intersect or Statements.Word.Returning:
                _sources &= ~here;
                break;
        }
        _mayBeStored = word == Statements.Word.JsonTable && !(isSource && (_sources & here) != 0);
    }

    // After WITH: a list of named queries, whose names may have lists of columns, or one of the other uses of the word.
    private void BeginWith(Word word)
    {
        _withNext = false;
        if (word is Statements.Word.Rollup or Statements.Word.Query or Statements.Word.Ties or Statements.Word.Cube
            or Statements.Word.Read or Statements.Word.Consistent)
        {
            return;
        }
        _nameNext = true;
        if (Depth < 64)
            _withLists |= 1UL << Depth;
    }

    private readonly bool IsInWithList => Depth < 64 && (_withLists & (1UL << Depth)) != 0;

    private void EndWith()
    {
        if (Depth < 64)
            _withLists &= ~(1UL << Depth);
    }

    private enum Before : byte
    {
        Other,
        Word,
        Close,
        Literal,
        Comma,
        Dot,
    }
}
