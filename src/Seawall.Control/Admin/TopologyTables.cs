using System.Globalization;
using Seawall.Engine;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Telemetry.Views;
using static Seawall.Control.Admin.AdminTable;

namespace Seawall.Control.Admin;

/// <summary>The servers as a set.</summary>
internal static class TopologyTables
{
    internal static AdminTable Topology(SeawallEngine engine)
    {
        var facts = engine.Facts;
        var topology = facts.Topology;
        return new AdminTable(
            [
                Text("name"), Text("role"), Text("state"), Text("writable"), Text("follows"), Text("replication"), Number("lag_s"),
                Number("seen_ms"), Number("server_id"), Text("server_uuid"), Text("position"), Text("cause"), Text("problem"),
            ],
            facts.Servers.Select(server => (AdminCell[])
            [
                server.Id.Name, RoleOf(server, topology), WordOf(topology.Of(server.Id)?.State ?? MemberState.Unknown),
                server.IsReadOnly is { } isReadOnly ? isReadOnly ? "no" : "yes" : AdminCell.Null,
                FollowsOf(server, topology), SnakeCase.Of(server.Replication.State), server.Replication.LagSeconds,
                engine.AgeMs(server.SeenAtMs), server.ServerNumber, server.Uuid, server.Position,
                server.Id == topology.Primary ? CauseOf(topology, engine) : "", ProblemOf(server),
            ]))
        {
            Warnings = topology.TakesWrites ? [] : [string.Create(CultureInfo.InvariantCulture,
                $"there is no server for writes ({WordOf(topology.State)}): {topology.Cause}; {engine.PrimaryLine.Held} statements are held")],
        };
    }

    /// <summary>Servers that were taken out, and who still has a connection there.</summary>
    internal static async Task<AdminTable> Drains(SeawallEngine engine, int max, DateTimeOffset now, CancellationToken cancel)
    {
        var rows = new List<AdminCell[]>();
        var warnings = new List<string>();
        foreach (var server in engine.Views.Servers().Where(server => server.Facts.Duty is not null))
        {
            var duty = server.Facts.Duty!;
            var clients = await engine.Views.At(server.Facts.Id.Name, max, cancel);
            warnings.AddRange(EngineTables.Missing(clients, "DRAINS"));
            AdminCell[] head =
            [
                server.Facts.Id.Name,
                duty.Duty == ServerDuty.Draining && server.Connections == 0 ? "drained" : duty.Word, duty.By,
                now - TimeSpan.FromMilliseconds(engine.AgeMs(duty.SinceMs) ?? 0),
                duty.UntilMs is null ? AdminCell.Null : now - TimeSpan.FromMilliseconds(engine.AgeMs(duty.UntilMs) ?? 0),
                server.Connections, clients.Total,
            ];
            if (clients.Rows.Count == 0)
                rows.Add([.. head, AdminCell.Null, AdminCell.Null, AdminCell.Null, AdminCell.Null, AdminCell.Null, AdminCell.Null]);
            foreach (var client in clients.Rows)
            {
                rows.Add(
                [
                    .. head, client.Id, client.User, client.Peer.ToString(), SnakeCase.Of(client.State), client.StateMs,
                    client.PinnedBy.FirstOrDefault(by => by is not null)?.Text ?? client.LastStatement,
                ]);
            }
        }
        return new AdminTable(
            [
                Text("server"), Text("is"), Text("by"), Time("since"), Time("until"), Number("connections"), Number("clients"),
                Number("client"), Text("user"), Text("peer"), Text("state"), Number("state_ms"), Text("statement"),
            ],
            rows)
        { Warnings = warnings };
    }

    /// <summary>How servers differ from the settings, each in words.</summary>
    internal static string? DifferenceOf(ServerFacts server, IReadOnlyList<(string Server, string Difference)> differences)
    {
        var words = differences.Where(row => row.Server == server.Id.Name).Select(row => row.Difference)
            .Concat(server.Duty is { IsOfSettings: false } duty ? [$"{duty.Word} by {duty.By}"] : []).ToArray();
        return words.Length == 0 ? null : string.Join("; ", words);
    }

    /// <summary>A server's role: what the settings say, or what was found.</summary>
    internal static string RoleOf(ServerFacts server, TopologyFacts topology) => server.IsRoleFixed
        ? SnakeCase.Of(server.Role)
        : server.Id != topology.Primary ? "replica (found)" : topology.TakesWrites ? "primary (found)" : $"was primary ({WordOf(topology.State)})";

    private static string CauseOf(TopologyFacts topology, SeawallEngine engine) =>
        topology.TakesWrites ? topology.Cause : $"{topology.Cause}; {engine.PrimaryLine.Held} statements are held";

    private static string WordOf<T>(T word)
        where T : struct, Enum => SnakeCase.Of(word);

    private static string FollowsOf(ServerFacts server, TopologyFacts topology) => topology.Of(server.Id) switch
    {
        { Follows: { } id } => id.Name,
        { Source.Length: > 0 } member => member.Source,
        _ => "",
    };

    private static string ProblemOf(ServerFacts server) => string.Join("; ", ((string[])
        [server.Problem ?? "", server.Replication.Problem, .. server.Replication.Sources.Select(source => source.Problem)])
        .Where(problem => problem.Length > 0));
}
