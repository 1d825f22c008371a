using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>
/// Reads a statement that is longer than the loop's buffer while it goes by: what it may do is known once its last byte has
/// gone.
/// </summary>
internal sealed class LongStatement(SqlDialect dialect)
{
    private StatementLexer _lexer = new(dialect);

    /// <summary>The next piece of the text.</summary>
    internal void Feed(ReadOnlySpan<byte> text) => _lexer.Feed(text);

    /// <summary>What the statement may do.</summary>
    internal StatementFacts Finish() => _lexer.Finish();
}
