using Seawall.Engine.Captures;

namespace Seawall.Control.Metrics;

/// <summary>What is captured.</summary>
internal static class CaptureFigures
{
    internal static void Write(MetricsWriter writer, CaptureTotals totals)
    {
        writer.Family("seawall_capture_running", MetricType.Gauge, "1 while what clients do is captured").Sample(totals.Running ? 1 : 0);
        writer.Family("seawall_capture_connections_total", MetricType.Counter, "connections in captures").Sample(totals.Connections);
        writer.Family("seawall_capture_commands_total", MetricType.Counter, "commands in captures").Sample(totals.Commands);
        writer.Family("seawall_capture_dropped_total", MetricType.Counter, "records that were lost because the disk was slower than the clients")
            .Sample(totals.Dropped);
        writer.Family("seawall_capture_bytes_total", MetricType.Counter, "bytes of captures on disk").Sample(totals.Bytes);
        writer.Family("seawall_capture_failed_total", MetricType.Counter, "captures that could not be written any further").Sample(totals.Failed);
    }
}
