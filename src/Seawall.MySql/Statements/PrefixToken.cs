namespace Seawall.MySql.Statements;

/// <summary>
/// What begins with a byte that says too little: a dash, a slash, a star, an at sign, a colon, a dot.
/// </summary>
/// <param name="Kind">What it is.</param>
/// <param name="Length">How many bytes of it are done with.</param>
/// <param name="IsDoubtful">Whether servers of this kind and version may see something else.</param>
internal readonly record struct PrefixToken(PrefixKind Kind, int Length, bool IsDoubtful = false)
{
    /// <summary>The most bytes that must be seen.</summary>
    internal const int LengthMax = ExecutableComment.LengthMax;

    private static PrefixToken Short => new(PrefixKind.Short, 0);

    /// <summary>Reads one.</summary>
    /// <param name="rest">The text from there on.</param>
    /// <param name="isLast">Whether it ends there.</param>
    /// <param name="where">What came before.</param>
    /// <param name="dialect">Who reads it.</param>
    internal static PrefixToken Read(ReadOnlySpan<byte> rest, bool isLast, PrefixPlace where, in SqlDialect dialect)
    {
        var next = rest.Length > 1 ? rest[1] : (byte)0;
        var knowsNext = rest.Length > 1 || isLast;
        switch (rest[0])
        {
            case (byte)'.' when (where & PrefixPlace.AfterName) != 0:
                return new(PrefixKind.Symbol, 1);
            case (byte)'*' when (where & PrefixPlace.InExecutable) == 0:
                return new(PrefixKind.Symbol, 1);
            case var _ when !knowsNext:
                return Short;
            case (byte)'*':
                return next == (byte)'/' ? new(PrefixKind.EndExecutable, 2) : new(PrefixKind.Symbol, 1);
            case (byte)'.':
                return new(Bytes.IsDigit(next) ? PrefixKind.Fraction : PrefixKind.Symbol, 1);
            case (byte)':':
                return next == (byte)'=' ? new(PrefixKind.Assign, 2) : new(PrefixKind.Symbol, 1);
            case (byte)'@':
                return next switch
                {
                    (byte)'@' => new(PrefixKind.SystemVariable, 2),
                    (byte)'\'' or (byte)'"' or (byte)'`' => new(PrefixKind.QuotedUserVariable, 2),
                    _ => new(PrefixKind.UserVariable, 1),
                };
            case (byte)'-':
                return ReadDash(rest, isLast, dialect);
            default:
                return ReadSlash(rest, isLast, where, dialect);
        }
    }

    private static PrefixToken ReadDash(ReadOnlySpan<byte> rest, bool isLast, in SqlDialect dialect)
    {
        if (rest.Length == 1 || rest[1] != (byte)'-')
            return new(PrefixKind.Symbol, 1);
        if (rest.Length == 2 && !isLast)
            return Short;
        // The end of the text is a control character to a server.
        var following = rest.Length == 2 ? (byte)0 : rest[2];
        if (Bytes.IsSpaceOrControl(following))
            return new(PrefixKind.LineComment, 2);
        // Where it is not ASCII it may be white space or a control character there.
        return new(PrefixKind.Symbol, 1, following >= 0x80 && dialect.Charset != ClientCharset.Transparent);
    }

    private static PrefixToken ReadSlash(
        ReadOnlySpan<byte> rest, bool isLast, PrefixPlace where, in SqlDialect dialect)
    {
        if (rest.Length == 1 || rest[1] != (byte)'*')
            return new(PrefixKind.Symbol, 1);
        var inside = rest[2..];
        if (!isLast && (inside.IsEmpty || (dialect.MariaDb && inside.SequenceEqual("M"u8))))
            return Short;
        var marker = inside.StartsWith("!"u8) ? 3 : dialect.MariaDb && inside.StartsWith("M!"u8) ? 4 : 0;
        if (marker == 0)
        {
            var mayHint = (where & PrefixPlace.AfterVerb) != 0 && inside.StartsWith("+"u8);
            return new(mayHint ? PrefixKind.Hints : PrefixKind.PlainComment, 2);
        }
        var comment = ExecutableComment.Read(rest, marker, isLast, dialect);
        if (comment.Length == 0)
            return Short;
        return new(
            comment.IsExecuted ? PrefixKind.BeginExecutable : PrefixKind.SkippedComment, comment.Length,
            comment.IsDoubtful);
    }
}

/// <summary>Where a token stands.</summary>
[Flags]
internal enum PrefixPlace : byte
{
    /// <summary>Nowhere in particular.</summary>
    None = 0,

    /// <summary>Right after a name, where a dot does not begin a number.</summary>
    AfterName = 1,

    /// <summary>After a verb that hints for the optimizer may follow.</summary>
    AfterVerb = 2,

    /// <summary>In an executable comment, which a star may end.</summary>
    InExecutable = 4,

    /// <summary>After a dot, where a digit begins a name.</summary>
    AfterDot = 8,

    /// <summary>After <c>@@</c>, where servers see single bytes and no characters.</summary>
    AfterSystem = 16,

    /// <summary>After a comment that came after the last token.</summary>
    AfterComment = 32,
}

/// <summary>What a <see cref="PrefixToken"/> is.</summary>
internal enum PrefixKind : byte
{
    /// <summary>More bytes must be seen.</summary>
    Short,

    /// <summary>Its first byte, by itself.</summary>
    Symbol,

    /// <summary><c>:=</c>.</summary>
    Assign,

    /// <summary>A comment to the end of the line.</summary>
    LineComment,

    /// <summary>A comment.</summary>
    PlainComment,

    /// <summary>A comment with hints for the optimizer.</summary>
    Hints,

    /// <summary>An executable comment that this server does not execute.</summary>
    SkippedComment,

    /// <summary>An executable comment that this server executes.</summary>
    BeginExecutable,

    /// <summary>Its end.</summary>
    EndExecutable,

    /// <summary><c>@@</c>.</summary>
    SystemVariable,

    /// <summary><c>@</c>.</summary>
    UserVariable,

    /// <summary><c>@</c> and a quote.</summary>
    QuotedUserVariable,

    /// <summary>A number that begins with a dot.</summary>
    Fraction,
}
