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
        [
            Text("server"), Text("budget"), Number("places"), Number("used"), Real("own_high"), Real("own_stretch"), Text("cooling"), Number("spilled"),
            Number("denied"),
        ],
        spill.Server is not { } server ? [] : [(AdminCell[])
        [
            server, spill.HasBudget ? "measured" : "none", spill.HasBudget ? spill.Places : AdminCell.Null, spill.Used, spill.OwnHigh,
            spill.OwnStretch is { } stretch ? stretch : AdminCell.Null,
            spill.IsCooling ? "yes" : "no", spill.Spilled, spill.Denied,
        ]]);

    internal static AdminTable Replicas(IReadOnlyList<ReplicaView> replicas) => new(
        [
            Text("server"), Text("well"), Text("part"), Number("weight"), Number("room"), Number("running"), Number("reads"), Number("failed"),
            Real("typical_ms"), Real("failed_share"), Text("cause"),
        ],
        replicas.Select(replica => (AdminCell[])
        [
            replica.Server, replica.IsWell ? "yes" : "no", SnakeCase.Of(replica.Part), replica.Weight,
            replica.Room is { } room ? room : AdminCell.Null, replica.Running, replica.Reads, replica.Failed,
            replica.TypicalMs is { } ms ? ms : AdminCell.Null, replica.FailedShare, replica.Cause,
        ]));

    internal static AdminTable Headroom(HeadroomView? headroom) => new(
        [
            Number("replicas"), Number("well"), Number("capacity"), Text("biggest"), Number("without_biggest"), Real("busy"), Real("headroom"),
            Text("level"), Text("short"),
        ],
        headroom is not { } now ? [] : [(AdminCell[])
        [
            now.Replicas, now.Well, now.Capacity, now.Biggest ?? AdminCell.Null, now.WithoutBiggest, now.Busy, now.Headroom,
            SnakeCase.Of(now.Level), now.IsShort ? "yes" : "no",
        ]]);

    internal static AdminTable LastRoute(LastRouteView last) => new(
        [
            Text("server"), Text("way"), Text("reason"), Text("freshness"), Number("bounded_ms"), Number("stale_ok_ms"), Text("rule"),
            Text("state"), Number("age_ms"), Number("waited_ms"), Number("tries"),
        ],
        [(AdminCell[])
        [
            last.Server ?? AdminCell.Null, SnakeCase.Of(last.Way), last.Reason is { } reason ? SnakeCase.Of(reason) : AdminCell.Null,
            last.Freshness is { } level ? SnakeCase.Of(level) : AdminCell.Null, Cell(last.BoundedMs), Cell(last.StaleOkMs),
            last.Rule ?? AdminCell.Null, last.State is { } state ? SnakeCase.Of(state) : AdminCell.Null, Cell(last.AgeMs),
            Cell(last.WaitedMs), Cell(last.Tries),
        ]]);

    /// <summary>Answers EXPLAIN ROUTE.</summary>
    internal static AdminReply Explain(SeawallEngine engine, ReadOnlySpan<AdminToken> rest)
    {
        return ExplainCommand.Read(rest, out var problem, "EXPLAIN ROUTE") is { } question
            ? ExplainCommand.Run(engine, question, engine.ExplainRoute) : new AdminRefusal(SqlError.Syntax, problem);
    }

    private static AdminCell Cell(int? number) => number is { } there ? there : AdminCell.Null;
}
