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
