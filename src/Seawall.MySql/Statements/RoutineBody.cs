namespace Seawall.MySql.Statements;

/// <summary>
/// Finds the end of a routine's definition: the semicolon that is in no block. Nothing of it is run, so nothing else
/// counts.
/// </summary>
/// <remarks>
/// Blocks are counted, not parsed. A block that is not seen to begin ends the definition too early, which adds traits;
/// one that is not seen to end would hide statements, so a definition that ends inside a block may do anything.
/// </remarks>
internal struct RoutineBody
{
    private int _depth;
    private Word _last;
    private Word _condition;
    private bool _isFirst;
    private bool _isName;
    private bool _declaresHandler;

    /// <summary>Whether a block is open.</summary>
    internal readonly bool IsOpen => _depth > 0;

    /// <summary>A definition begins.</summary>
    internal static RoutineBody Begin(Word kind) => new() { _isFirst = true, _depth = kind == Word.Package ? 1 : 0 };

    /// <summary>A word.</summary>
    internal void Take(Word word)
    {
        var last = _last;
        var isStart = _isFirst || IsStart(last);
        var isName = _isName;
        _last = word;
        _isName = false;
        if (isName)
            return; // After a dot.
        switch (word)
        {
            case Word.Handler:
                _declaresHandler = true; // What it is for comes next, and then its block.
                break;
            case Word.Begin when isStart || _declaresHandler:
                _isFirst = _declaresHandler = false;
                _depth++;
                break;
            case Word.Case or Word.Loop or Word.While when last != Word.End:
                _depth++;
                break;
            case Word.Repeat when last != Word.End && IsStart(last):
                _depth++;
                break;
            case Word.If or Word.When or Word.Elseif when last != Word.End:
                _condition = word == Word.If && !IsStart(last) ? Word.None : word;
                break;
            case Word.Then:
                if (_condition == Word.If)
                    _depth++;
                _condition = Word.None;
                break;
            case Word.End when _depth > 0:
                _depth--;
                break;
            case Word.For when last == Word.End:
                _depth++; // The loop was not counted when it began.
                break;
        }
    }

    /// <summary>Any other token; a semicolon or a colon begins a statement.</summary>
    internal void Take(byte symbol)
    {
        _last = symbol is (byte)';' or (byte)':' ? Word.Do : Word.None;
        _isName = symbol == (byte)'.';
        _declaresHandler &= symbol != (byte)';';
    }

    private static bool IsStart(Word last) =>
        last is Word.Do or Word.Begin or Word.Then or Word.Else or Word.Loop or Word.Repeat or Word.Row;
}
