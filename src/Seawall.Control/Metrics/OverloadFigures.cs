using Seawall.Engine.Flow;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Telemetry.Views;

namespace Seawall.Control.Metrics;

/// <summary>What is held back in front of servers, and what is refused.</summary>
internal static class OverloadFigures
{
    /// <summary>What Seawall itself runs short of.</summary>
    internal static void Write(MetricsWriter writer, IReadOnlyList<StrainReading> strain)
    {
        writer.Family("seawall_strain_level", MetricType.Gauge,
            "0: nothing, 1: idle clients go sooner, 2: low classes are refused, 3: newcomers are turned away");
        foreach (var reading in strain)
            writer.Sample((int)reading.Level, ("resource", SnakeCase.Of(reading.Resource)));
        writer.Family("seawall_strain_ratio", MetricType.Gauge, "how much of it is used");
        foreach (var reading in strain)
            writer.Sample((double)reading.Used / reading.Max, ("resource", SnakeCase.Of(reading.Resource)));
    }

    internal static void Write(MetricsWriter writer, IReadOnlyList<SluiceView> sluices)
    {
        writer.Family("seawall_overload_enforced", MetricType.Gauge, "1 when statements wait and are refused; 0 when that is only counted, or off");
        foreach (var sluice in sluices)
            writer.Sample(sluice.Mode == OverloadMode.Enforce ? 1 : 0, ("server", sluice.Server));
        writer.Family("seawall_overload_running_max", MetricType.Gauge,
            "statements that may run at one time: servers.running_max, or what was found; 0 when off");
        foreach (var sluice in sluices)
            writer.Sample(sluice.Mode == OverloadMode.Off ? 0 : sluice.Limit, ("server", sluice.Server));
        writer.Family("seawall_overload_adaptive", MetricType.Gauge, "1 when that finds itself (overload.limit)");
        foreach (var sluice in sluices)
            writer.Sample(sluice.Bounds.IsAdaptive ? 1 : 0, ("server", sluice.Server));
        writer.Family("seawall_overload_stretch_ratio", MetricType.Gauge,
            "how long statements take, to how long they take in an idle hour; 0 when nobody knows");
        foreach (var sluice in sluices)
            writer.Sample(sluice.Bounds.Stretch ?? 0, ("server", sluice.Server));
        writer.Family("seawall_overload_long_running", MetricType.Gauge, "long statements that run (overload.long_ms)");
        foreach (var sluice in sluices)
            writer.Sample(sluice.Bounds.LongRunning, ("server", sluice.Server));
        writer.Family("seawall_overload_broken_shapes", MetricType.Gauge,
            "shapes of statements that are held back because they take many times as long as they used to");
        foreach (var sluice in sluices)
            writer.Sample(sluice.Bounds.Broken, ("server", sluice.Server));
        Each("seawall_overload_running", MetricType.Gauge, "statements that run", view => view.Running);
        Each("seawall_overload_waiting", MetricType.Gauge, "statements that wait for their turn", view => view.Waiting);
        Each("seawall_overload_waiting_bytes", MetricType.Gauge, "what these hold in memory", view => view.WaitingBytes);
        Each("seawall_overload_maxwait_seconds", MetricType.Gauge, "how long the oldest of them has been waiting", view => view.OldestMs / 1e3);
        Each("seawall_overload_standing", MetricType.Gauge, "1 while the queue stands, and the newest goes first", view => view.Stands ? 1 : 0);
        Each("seawall_overload_offered_total", MetricType.Counter, "statements that came, without those of open transactions", view => view.Offered);
        Each("seawall_overload_passed_total", MetricType.Counter, "statements that did not have to wait", view => view.Passed);
        Each("seawall_overload_queued_total", MetricType.Counter, "statements that waited, and went", view => view.Admitted);
        Each("seawall_overload_withdrawn_total", MetricType.Counter, "statements whose client left while they waited", view => view.Withdrawn);
        Each("seawall_overload_continued_total", MetricType.Counter, "statements of open transactions, which never wait", view => view.Continued);
        writer.Family("seawall_overload_shed_total", MetricType.Counter, "statements that were refused, or would have been");
        foreach (var sluice in sluices)
        {
            foreach (var view in sluice.Classes)
            {
                foreach (var shed in view.Shed)
                {
                    writer.Sample(shed.Count, ("server", sluice.Server), ("class", StatementClasses.Word(view.Class)),
                        ("reason", SnakeCase.Of(shed.Reason)));
                }
            }
        }

        void Each(string name, MetricType type, string help, Func<ClassView, double> value)
        {
            writer.Family(name, type, help);
            foreach (var sluice in sluices)
            {
                foreach (var view in sluice.Classes)
                    writer.Sample(value(view), ("server", sluice.Server), ("class", StatementClasses.Word(view.Class)));
            }
        }
    }
}
