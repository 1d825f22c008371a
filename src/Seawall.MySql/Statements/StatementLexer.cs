namespace Seawall.MySql.Statements;

/// <summary>
/// Reads a text once, as it comes, and says what its statements may do to their session. It takes any bytes and
/// allocates nothing; where it does not understand, it says that the text may do anything.
/// </summary>
/// <remarks>
/// The bytes go through <see cref="TokenScanner{TReader}"/>, which cuts them into tokens as the servers do, to
/// <see cref="StatementReader"/>, which knows verbs: <see cref="Verb"/> and <see cref="HeadReader"/> for what a statement is,
/// <see cref="Assignments"/> for SET, <see cref="CallTracker"/> for functions, <see cref="RoutineBody"/> for definitions. What
/// words mean is in <see cref="WordTable"/>.
/// </remarks>
public struct StatementLexer(SqlDialect dialect)
{
    private TokenScanner<StatementReader> _scanner = new(dialect, new StatementReader(dialect));

    /// <summary>The next piece of the text, cut anywhere.</summary>
    public void Feed(ReadOnlySpan<byte> chunk) => _scanner.Feed(chunk);

    /// <summary>There are no more pieces: what the text may do.</summary>
    public StatementFacts Finish()
    {
        _scanner.Finish();
        return _scanner.Reader.Finish();
    }

    /// <summary>What a text may do that is here as a whole.</summary>
    public static StatementFacts Read(ReadOnlySpan<byte> text, SqlDialect dialect)
    {
        var scanner = new TokenScanner<StatementReader>(dialect, new StatementReader(dialect));
        scanner.Read(text);
        return scanner.Reader.Finish();
    }
}
