using Seawall.Engine;
using Seawall.Engine.Facts.Freshness;
using Seawall.Engine.Telemetry.Views;
using Seawall.MySql.Results;
using static Seawall.Control.Admin.AdminTable;

namespace Seawall.Control.Admin;

/// <summary>What is read from where, and how fresh it is. Column names are documented in docs/admin.md; a test compares.</summary>
internal static class ReadTables
{
    internal static AdminTable Freshness(IReadOnlyList<FreshnessView> servers) => new(
        [
            Text("server"), Text("role"), Text("state"), Text("unfit"), Number("age_ms"), Text("position"), Number("asked_ms"),
            Number("questions"), Number("running"), Number("weight"),
        ],
        servers.Select(server => (AdminCell[])
        [
            server.Server, server.Role, server.Role == "primary" ? AdminCell.Null : SnakeCase.Of(server.State),
            server.Unfit == Unfitness.None ? AdminCell.Null : SnakeCase.Of(server.Unfit), server.AgeMs is { } age ? age : AdminCell.Null,
            server.Position, server.AskedMs is { } asked ? asked : AdminCell.Null, server.Questions, server.Running, server.Weight,
        ]));

    internal static AdminTable Spill(SpillView spill) => new(
        [Text("server"), Number("places"), Number("used"), Real("own_high"), Text("cooling"), Number("spilled"), Number("denied")],
        spill.Server is not { } server ? [] : [(AdminCell[])
        [server, spill.Places, spill.Used, spill.OwnHigh, spill.IsCooling ? "yes" : "no", spill.Spilled, spill.Denied]]);

    /// <summary>Answers EXPLAIN ROUTE.</summary>
    internal static AdminReply Explain(SeawallEngine engine, ReadOnlySpan<AdminToken> rest)
    {
        if (ExplainCommand.Read(rest, out _) is not { } question)
            return new AdminRefusal(SqlError.Syntax, $"EXPLAIN ROUTE {ExplainCommand.Tail}");
        return engine.ExplainRoute(question) is { } steps
            ? new AdminTable([Text("step"), Text("result"), Text("why")],
                steps.Select(step => (AdminCell[])[step.Step, step.Result, step.Why]))
            : new AdminRefusal(SqlError.ServerNotAvailable, "no server has been reached yet: nobody knows how the statement would be read");
    }
}
