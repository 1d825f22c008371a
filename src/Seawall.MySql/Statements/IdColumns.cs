namespace Seawall.MySql.Statements;

/// <summary>
/// Finds the columns of a SELECT that are the number of the connection and nothing else: <c>CONNECTION_ID()</c> or
/// <c>@@pseudo_thread_id</c>, in any spelling and with any alias. Only where no table is read, so that each item of the list is
/// one column; as a part of an expression the number is the server's own.
/// </summary>
public static class IdColumns
{
    /// <summary>Columns beyond this are not looked at.</summary>
    public const int CountMax = 64;

    /// <summary>The columns, a bit for each; none when the text is anything else, or cannot be read for certain.</summary>
    public static ulong Find(ReadOnlySpan<byte> text, in SqlDialect dialect)
    {
        if (!SqlTokens.TryRead(text, dialect, out var tokens) || !tokens.Take(Word.Select))
            return 0;
        while (tokens.Take("all") || tokens.Take("distinct") || tokens.Take("sql_no_cache") || tokens.Take("sql_cache")
            || tokens.Take("high_priority"))
        {
        }
        var columns = 0UL;
        for (var column = 0; ; column++)
        {
            var isId = TryTakeId(tokens) && SkipAlias(tokens);
            if (isId && column < CountMax)
                columns |= 1UL << column;
            if (!isId && !SkipItem(tokens))
                return 0;
            if (tokens.Take(','))
                continue;
            return tokens.IsAtEnd || IsFromDual(tokens) ? columns : 0;
        }
    }

    private static bool TryTakeId(SqlTokens tokens)
    {
        if (tokens.Take("connection_id"))
            return tokens.Take('(') && tokens.Take(')');
        if (tokens.Next.Kind != SqlTokenKind.SystemVariable)
            return false;
        tokens.Take();
        if (tokens.Take("session") || tokens.Take("local"))
        {
            if (!tokens.Take('.'))
                return false;
        }
        return tokens.Next.Value is { } name && name.Equals("pseudo_thread_id", StringComparison.OrdinalIgnoreCase)
            && tokens.TryTakeName(out _);
    }

    // Whether only a name for the column follows, and then the end of the item.
    private static bool SkipAlias(SqlTokens tokens)
    {
        if (EndsItem(tokens))
            return true;
        tokens.Take(Word.As);
        if (tokens.Next.Kind is not (SqlTokenKind.Word or SqlTokenKind.Name or SqlTokenKind.Text))
            return false;
        tokens.Take();
        return EndsItem(tokens);
    }

    private static bool EndsItem(SqlTokens tokens) =>
        tokens.IsAtEnd || tokens.Next is { Kind: SqlTokenKind.Symbol, Value: "," } || IsWord(tokens.Next, "from");

    // To the next comma or the end, over what is in parentheses. False where more than one row or table may follow.
    private static bool SkipItem(SqlTokens tokens)
    {
        for (var depth = 0; !tokens.IsAtEnd && (depth > 0 || !EndsItem(tokens)); tokens.Take())
        {
            var next = tokens.Next;
            if (next is { Kind: SqlTokenKind.Symbol, Value: "(" })
                depth++;
            else if (next is { Kind: SqlTokenKind.Symbol, Value: ")" } && --depth < 0)
                return false;
            else if (depth == 0 && (next is { Kind: SqlTokenKind.Symbol, Value: "*" } || EndsList(next)))
                return false;
        }
        return true;
    }

    private static bool IsFromDual(SqlTokens tokens) => tokens.Take(Word.From) && tokens.Take("dual") && tokens.IsAtEnd;

    // A multiplication is a star too; nobody misses the client's number beside one.
    private static bool EndsList(in SqlToken token) => token.Kind == SqlTokenKind.Word
        && (IsWord(token, "into") || IsWord(token, "union") || IsWord(token, "except") || IsWord(token, "intersect")
            || IsWord(token, "procedure") || IsWord(token, "where") || IsWord(token, "having") || IsWord(token, "limit")
            || IsWord(token, "order") || IsWord(token, "group") || IsWord(token, "for"));

    private static bool IsWord(in SqlToken token, string word) =>
        token.Kind == SqlTokenKind.Word && string.Equals(token.Value, word, StringComparison.OrdinalIgnoreCase);
}
