namespace Seawall.MySql.Statements;

/// <summary>
/// Takes the tokens of a text, one by one. Spans are good for the call only. Comments, white space, and the boundaries
/// of executable comments are not tokens.
/// </summary>
internal interface ITokenReader
{
    /// <summary>Whether the text so far changes how the rest of it is read.</summary>
    DialectDoubt Doubt { get; }

    /// <summary>A keyword, a name without quotes, or a number that is part of a name (<c>1a</c>).</summary>
    /// <param name="word">It; of one that was cut between two pieces of the text, the first 64 bytes.</param>
    /// <param name="entry">What is known of it.</param>
    void Word(ReadOnlySpan<byte> word, in WordEntry entry);

    /// <summary>A name in quotes; a quote inside is still doubled.</summary>
    void Name(ReadOnlySpan<byte> name);

    /// <summary>A string; what is inside is still escaped, and empty when the text came in pieces.</summary>
    void Text(ReadOnlySpan<byte> content);

    /// <summary>A number.</summary>
    /// <param name="digits">Its digits, when it has nothing else and came in one piece; otherwise nothing.</param>
    void Number(ReadOnlySpan<byte> digits);

    /// <summary>Any other single byte: an operator, a parenthesis, a dot.</summary>
    /// <param name="symbol">It.</param>
    /// <param name="gap">What is between it and the token before.</param>
    void Symbol(byte symbol, TokenGap gap);

    /// <summary><c>:=</c>.</summary>
    void Assign();

    /// <summary><c>@</c> and the name after it, which is not told apart.</summary>
    void UserVariable();

    /// <summary><c>@@</c>; what follows is a name with or without a scope.</summary>
    void SystemVariable();

    /// <summary>A comment with hints for the optimizer begins.</summary>
    void Hints();

    /// <summary>What this is depends on things that are not known here: the text may do anything.</summary>
    void GiveUp();
}

/// <summary>What is between two tokens.</summary>
internal enum TokenGap : byte
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>White space.</summary>
    Space,

    /// <summary>A comment, or one end of one that is executed.</summary>
    Comment,
}

/// <summary>How a text may change the way in which the rest of it is read.</summary>
[Flags]
internal enum DialectDoubt : byte
{
    /// <summary>It does not.</summary>
    None = 0,

    /// <summary>It sets the character set.</summary>
    Charset = 1,

    /// <summary>It sets <c>sql_mode</c>, and with it what quotes and backslashes mean.</summary>
    Quotes = 2,
}
