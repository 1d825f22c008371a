using Seawall.Engine;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Telemetry.Views;

namespace Seawall.Control.Metrics;

/// <summary>The servers as a set, for the page of metrics.</summary>
internal static class TopologyFigures
{
    internal static void Write(MetricsWriter writer, SeawallEngine engine)
    {
        var (topology, line) = (engine.Facts.Topology, engine.PrimaryLine);
        writer.Family("seawall_topology_state", MetricType.Gauge, "1 for what is the case: whether there is a server for writes");
        foreach (var state in Enum.GetValues<PrimaryState>())
            writer.Sample(topology.State == state ? 1 : 0, ("state", SnakeCase.Of(state)));
        writer.Family("seawall_server_primary", MetricType.Gauge, "1 when the server is the primary, and takes writes");
        foreach (var server in engine.Facts.Servers)
            writer.Sample(server.Id == topology.Primary && topology.TakesWrites ? 1 : 0, ("server", server.Id.Name));
        writer.Family("seawall_topology_changes_total", MetricType.Counter, "times that the primary changed, went, or came back")
            .Sample(topology.Epoch);
        writer.Family("seawall_server_replication_running", MetricType.Gauge, "1 when the server follows another and receives and applies; "
            + "of servers that follow nobody, or do not say, there is none");
        foreach (var server in engine.Facts.Servers)
        {
            if (server.Replication.State is ReplicationState.Running or ReplicationState.Broken)
                writer.Sample(server.Replication.State == ReplicationState.Running ? 1 : 0, ("server", server.Id.Name));
        }
        writer.Family("seawall_server_replication_lag_seconds", MetricType.Gauge, "how far the server says that it is behind; none when it says no number");
        foreach (var server in engine.Facts.Servers)
        {
            if (server.Replication.LagSeconds is { } lag)
                writer.Sample(lag, ("server", server.Id.Name));
        }
        writer.Family("seawall_primary_held", MetricType.Gauge, "statements that are held because no server takes writes").Sample(line.Held);
        writer.Family("seawall_primary_held_bytes", MetricType.Gauge, "bytes of those statements").Sample(line.HeldBytes);
        writer.Family("seawall_primary_held_refused_total", MetricType.Counter, "statements that were held, or were to be, and were refused")
            .Sample(line.Refused);
    }
}
