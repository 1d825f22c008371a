using Seawall.Engine.Flow.Clients;
namespace Seawall.Engine.Flow;
internal static class PinNames
{
    internal static void Add(Statement statement, SessionPins ledger, PinReasons named) => ledger.Add(named);
    internal static void Remove(Statement statement, SessionPins ledger, PinReasons named) { }
}
internal static class SimpleStatements { internal static bool IsShowWarnings(Statement s) => false; }
internal static class AssignedVariables { internal static bool TryRead(ReadOnlySpan<byte> text, Seawall.MySql.Statements.SqlDialect dialect, List<string> names) => false; }
