using Seawall.Engine;
using Seawall.Engine.Facts.Freshness;
using Seawall.Engine.Telemetry.Views;

namespace Seawall.Control.Metrics;

/// <summary>How reads are spread over the replicas, for the page of metrics. Nothing while none is read from.</summary>
internal static class ReplicaFigures
{
    internal static void Write(MetricsWriter writer, SeawallEngine engine)
    {
        var (headroom, replicas) = (engine.Headroom, engine.Replicas);
        Sample(writer.Family("seawall_reads_headroom", MetricType.Gauge,
            "statements that could run on replicas beyond a busy moment of the last half minute, if the biggest fell; below 0 some would not be answered"),
            headroom?.Headroom);
        Sample(writer.Family("seawall_reads_capacity", MetricType.Gauge, "statements that may run on the replicas that are read from"), headroom?.Capacity);
        Sample(writer.Family("seawall_reads_busy", MetricType.Gauge, "statements that run on replicas at a busy moment of the last half minute"),
            headroom?.Busy);
        Sample(writer.Family("seawall_reads_short", MetricType.Gauge, "1 while replicas that are well can do less than half of what all could"),
            headroom is null ? null : headroom.IsShort ? 1 : 0);
        writer.Family("seawall_replica_part", MetricType.Gauge, "1 for how much of the reads the replica gets");
        foreach (var replica in replicas)
        {
            foreach (var part in Enum.GetValues<ReadPart>())
                writer.Sample(replica.Part == part ? 1 : 0, ("server", replica.Server), ("part", SnakeCase.Of(part)));
        }
        writer.Family("seawall_replica_well", MetricType.Gauge, "1 while the replica is read from");
        foreach (var replica in replicas)
            writer.Sample(replica.IsWell ? 1 : 0, ("server", replica.Server));
        writer.Family("seawall_server_reads_total", MetricType.Counter, "reads that have ended on the replica");
        foreach (var replica in replicas)
            writer.Sample(replica.Reads, ("server", replica.Server));
        writer.Family("seawall_server_reads_failed_total", MetricType.Counter, "those of them that failed");
        foreach (var replica in replicas)
            writer.Sample(replica.Failed, ("server", replica.Server));
        var spill = engine.Spill;
        writer.Family("seawall_spill_budget", MetricType.Gauge, "0 while nothing bounds what the primary takes over (reads.spill_budget = \"none\")")
            .Sample(spill.HasBudget ? 1 : 0);
        Sample(writer.Family("seawall_spill_places", MetricType.Gauge, "reads of replicas that may run on the primary at one time"),
            spill.HasBudget ? spill.Places : null);
        writer.Family("seawall_spill_used", MetricType.Gauge, "reads of replicas that run on the primary").Sample(spill.Used);
    }

    private static void Sample(MetricsWriter writer, double? value)
    {
        if (value is { } number)
            writer.Sample(number);
    }
}
