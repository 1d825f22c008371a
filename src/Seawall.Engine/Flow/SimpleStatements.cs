using Seawall.MySql.Commands;
using Seawall.MySql.Statements;

namespace Seawall.Engine.Flow;

/// <summary>Statements that Seawall may answer itself.</summary>
internal static class SimpleStatements
{
    /// <summary>Whether a statement is SHOW WARNINGS and nothing else, as text: its answer in that form is what is kept.</summary>
    internal static bool IsShowWarnings(Statement statement)
    {
        if (statement.Kind != CommandKind.Query || statement.Facts is not { Kind: StatementKind.Show, Statements: 1 })
            return false;
        var text = StatementText.Of(statement);
        return !text.IsMissing && StatementNames.IsShowWarnings(text.Bytes, text.Dialect);
    }
}
