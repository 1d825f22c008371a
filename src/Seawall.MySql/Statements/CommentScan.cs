namespace Seawall.MySql.Statements;

/// <summary>Finds the end of a comment that is not executed, whose bytes may come in pieces.</summary>
internal struct CommentScan
{
    private Kind _kind;
    private byte _last;
    private byte _quote;
    private bool _isNested;

    /// <summary>Whether the comment ended where two readings of it differ.</summary>
    internal bool IsDoubtful { get; private set; }

    /// <summary>
    /// The comment that begins so. One with hints for the optimizer has strings in it for servers that know hints, and
    /// they may hide what looks like its end; an executable comment that is not executed may have plain comments
    /// inside.
    /// </summary>
    internal static CommentScan Of(PrefixKind kind) => new()
    {
        _kind = kind switch
        {
            PrefixKind.LineComment => Kind.Line,
            PrefixKind.Hints => Kind.Hints,
            PrefixKind.SkippedComment => Kind.Skipped,
            _ => Kind.Plain,
        },
    };

    /// <summary>Whether the end of the text is an end of this comment as well.</summary>
    internal readonly bool EndsWithText => _kind == Kind.Line;

    /// <summary>Goes on at a place in a piece of text and returns the place after the comment, or -1.</summary>
    internal int Skip(ReadOnlySpan<byte> chunk, int at)
    {
        switch (_kind)
        {
            case Kind.Line:
                var length = chunk[at..].IndexOfAny((byte)'\n', (byte)0);
                if (length < 0)
                    return -1;
                IsDoubtful = chunk[at + length] == 0;
                return at + length + 1;
            case Kind.Plain:
                return SkipPlain(chunk, at);
            case Kind.Skipped:
            case Kind.Hints:
                for (; at < chunk.Length; at++)
                {
                    if (IsOver(chunk[at]))
                        return at + 1;
                }
                return -1;
        }
        return -1;
    }

    private int SkipPlain(ReadOnlySpan<byte> chunk, int at)
    {
        if (_last == (byte)'*' && chunk[at] == (byte)'/')
            return at + 1;
        var length = chunk[at..].IndexOf("*/"u8);
        if (length >= 0)
            return at + length + 2;
        _last = chunk[^1];
        return -1;
    }

    private bool IsOver(byte value)
    {
        var last = _last;
        _last = value;
        if (last == (byte)'*' && value == (byte)'/')
        {
            _last = 0;
            IsDoubtful |= _quote != 0;
            var wasNested = _isNested;
            _isNested = false;
            return !wasNested;
        }
        IsDoubtful |= _quote != 0 && value == (byte)'\\';
        if (_kind == Kind.Hints && value is (byte)'\'' or (byte)'"' or (byte)'`')
            _quote = _quote == 0 ? value : _quote == value ? (byte)0 : _quote;
        if (_kind == Kind.Skipped && last == (byte)'/' && value == (byte)'*' && !_isNested)
        {
            _isNested = true;
            _last = 0;
        }
        return false;
    }

    private enum Kind : byte
    {
        Line,
        Plain,
        Skipped,
        Hints,
    }
}
