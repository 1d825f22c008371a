using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow;
using Seawall.Engine.Telemetry.Views;
using static Seawall.Control.Admin.AdminTable;

namespace Seawall.Control.Admin;

/// <summary>What the engine looks like, as tables. Column names are documented in docs/admin.md; a test compares.</summary>
internal static class EngineTables
{
    internal static AdminTable Pools(IReadOnlyList<PoolView> pools) => new(
        [
            Text("server"), Text("user"), Text("form"), Number("size"), Number("total"), Number("in_use"), Number("idle"),
            Number("dialing"), Number("waiting"), Number("maxwait_ms"), Number("generation"), Text("last_failure"),
        ],
        pools.Select(pool => (AdminCell[])
        [
            pool.Server, pool.User, pool.Form, pool.SizeMax, pool.Total, pool.InUse, pool.Idle,
            pool.Dialing, pool.Waiting, pool.OldestWaitMs, pool.Generation, pool.LastFailure,
        ]));

    internal static AdminTable Clients(ClientsView clients, DateTimeOffset now) => new(
        [
            Number("id"), Text("user"), Text("peer"), Text("tls"), Text("state"), Number("busy_ms"), Number("idle_ms"), Time("since"),
            Text("schema"), Text("server"), Number("thread_id"), Text("statement"), Number("prepared"), Text("pins"), Number("loop"),
        ],
        clients.Rows.Select(client => (AdminCell[])
        [
            client.Id, client.User, client.Peer.ToString(), client.Tls ?? "no", SnakeCase.Of(client.State),
            IsBusy(client) ? client.StateMs : AdminCell.Null, IsBusy(client) ? AdminCell.Null : client.StateMs, Before(now, client.AgeMs),
            client.Schema, client.Server, client.ServerThread, client.LastStatement, client.Prepared,
            PinCatalog.Words(client.Pins), client.Loop,
        ]));

    internal static AdminTable Pins(ClientsView clients, DateTimeOffset now) => new(
        [
            Number("id"), Text("user"), Text("peer"), Text("reasons"), Text("digest"), Text("statement"), Time("since"),
            Number("pinned_ms"), Text("state"), Text("server"), Number("thread_id"), Text("advice"),
        ],
        clients.Rows.OrderByDescending(client => client.PinnedMs).Select(client => (AdminCell[])
        [
            client.Id, client.User, client.Peer.ToString(), PinCatalog.Words(client.Pins), Digests(client), Statements(client),
            Before(now, client.PinnedMs), client.PinnedMs, SnakeCase.Of(client.State), client.Server, client.ServerThread, PinCatalog.Advice(client.Pins),
        ]));

    internal static AdminTable Servers(
        IReadOnlyList<ServerView> servers, TopologyFacts topology, IReadOnlyList<(string Server, string Difference)> differences) => new(
        [
            Text("name"), Text("address"), Text("role"), Text("health"), Text("version"), Text("read_only"),
            Number("connections"), Number("connections_max"), Number("dials_in_progress"), Number("dials_in_progress_max"),
            Real("dials_per_second"), Text("backing_off"), Number("dials_queued"), Number("dials_ok"), Number("dials_failed"),
            Number("dial_p50_us"), Number("dial_p99_us"), Number("idle_lost"), Text("replication"), Number("lag_s"),
            Text("differs"), Text("problem"),
        ],
        servers.Select(server => Row(server, topology, differences)))
        {
            Warnings = [.. differences.Where(row => servers.All(server => server.Facts.Id.Name != row.Server))
            .Select(row => $"server '{row.Server}' is {row.Difference}")],
        };

    internal static AdminTable Loops(IReadOnlyList<LoopView> loops) => new(
        [
            Number("loop"), Text("role"), Text("answer"), Number("answered_us"), Number("clients"), Number("timers"),
            Number("delay_p50_us"), Number("delay_p99_us"), Number("unanswered_ms"),
        ],
        loops.Select(loop => (AdminCell[])
        [
            loop.Index, loop.IsControl ? "control" : "data",
            loop.AnsweredUs is null ? $"no answer in {EngineViews.AnswerMsMax} ms" : "yes",
            loop.AnsweredUs, loop.IsControl ? AdminCell.Null : loop.Clients, loop.Timers, (long)loop.TurnDelay.QuantileUs(0.5),
            (long)loop.TurnDelay.QuantileUs(0.99), loop.PulseWaitingUs / 1000,
        ]));

    /// <summary>What a list of clients leaves out, for <c>SHOW WARNINGS</c>.</summary>
    internal static IReadOnlyList<string> Missing(ClientsView clients, string command)
    {
        var warnings = new List<string>();
        if (clients.Rows.Count < clients.Total)
            warnings.Add($"{clients.Rows.Count} of {clients.Total} shown; SHOW {command} LIMIT n shows more");
        foreach (var loop in clients.SilentLoops)
            warnings.Add($"loop {loop}: no answer in {EngineViews.AnswerMsMax} ms; its clients are missing");
        return warnings;
    }

    private static AdminCell[] Row(
        ServerView server, TopologyFacts topology, IReadOnlyList<(string Server, string Difference)> differences)
    {
        var facts = server.Facts;
        return
        [
            facts.Id.Name, facts.Endpoint.Text, TopologyTables.RoleOf(facts, topology), SnakeCase.Of(facts.Health), facts.Version?.Display,
            facts.IsReadOnly is { } readOnly ? readOnly : AdminCell.Null,
            server.Connections, server.ConnectionsMax, server.Gate.InProgress, server.Gate.InProgressMax,
            server.Gate.PerSecond, server.Gate.IsBackingOff, server.Gate.Queued, server.DialsSucceeded,
            server.DialsFailed.Sum(failed => failed.Count), (long)server.Dial.QuantileUs(0.5), (long)server.Dial.QuantileUs(0.99),
            server.IdleLost, SnakeCase.Of(facts.Replication.State), facts.Replication.LagSeconds,
            TopologyTables.DifferenceOf(facts, differences), facts.Health == ServerHealth.Down ? facts.Problem : null,
        ];
    }

    private static string? Digests(ClientView client) => client.PinnedBy.Any(by => by is not null)
        ? string.Join(',', client.PinnedBy.Select(by => by?.Id ?? "-"))
        : null;

    private static string? Statements(ClientView client) => client.PinnedBy.Any(by => by is not null)
        ? string.Join("; ", client.PinnedBy.Where(by => by is not null).Select(by => by!.Text).Distinct())
        : null;

    private static bool IsBusy(ClientView client) => client.State is ClientState.Login or ClientState.Waiting or ClientState.Running;

    private static DateTimeOffset Before(DateTimeOffset now, long ms) => now - TimeSpan.FromMilliseconds(ms);
}
