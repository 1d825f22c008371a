namespace Seawall.MySql.Statements;
#pragma warning disable
public struct StatementLexer(SqlDialect dialect)
{
    public void Feed(ReadOnlySpan<byte> chunk) { }
    public StatementFacts Finish() => new(StatementKind.Other, StatementTraits.None, 1);
    public static StatementFacts Read(ReadOnlySpan<byte> text, SqlDialect dialect) => text.StartsWith("SELECT"u8) ? new(StatementKind.Select, StatementTraits.Harmless, 1) : new(StatementKind.Other, StatementTraits.None, 1);
}
