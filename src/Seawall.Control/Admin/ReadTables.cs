using Seawall.Engine;
using Seawall.Engine.Facts.Freshness;
using Seawall.Engine.Telemetry.Views;
using Seawall.MySql.Results;
using static Seawall.Control.Admin.AdminTable;

namespace Seawall.Control.Admin;

/// <summary>What is read from where, and how fresh it is. Column names are documented in docs/admin.md; a test compares.</summary>
internal static class ReadTables
{
    /// <summary>What may follow EXPLAIN ROUTE.</summary>
    internal const string Tail = "FOR 'statement' [SCHEMA 'schema']";

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
        string? schema = null;
        if (rest is not [var @for, { Kind: AdminTokenKind.Quoted } text, ..] || !@for.Is("FOR"))
            return new AdminRefusal(SqlError.Syntax, $"EXPLAIN ROUTE {Tail}");
        if (rest is [_, _, var word, { Kind: AdminTokenKind.Quoted } named] && word.Is("SCHEMA"))
            schema = named.Text;
        else if (rest.Length > 2)
            return new AdminRefusal(SqlError.Syntax, $"EXPLAIN ROUTE {Tail}");
        return engine.ExplainRoute(text.Text, schema) is { } steps
            ? new AdminTable([Text("step"), Text("result"), Text("why")],
                steps.Select(step => (AdminCell[])[step.Step, step.Result, step.Why]))
            : new AdminRefusal(SqlError.ServerNotAvailable, "no server has been reached yet: nobody knows how the statement would be read");
    }
}
