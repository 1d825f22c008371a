using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Floodgates.Holds;

namespace Seawall.Control.Metrics;

/// <summary>What is deferred, paced and cut down before statements wait for their turn.</summary>
internal static class HoldFigures
{
    internal static void Write(
        MetricsWriter writer, IReadOnlyList<SluiceView> sluices, IReadOnlyList<PaceView> paces, IReadOnlyList<BrownoutView> groups,
        LagView lag)
    {
        One("seawall_lag_slows", MetricType.Gauge, "1 while writes of low classes are slowed because replicas lag", lag.PerSecond is null ? 0 : 1);
        One("seawall_lag_waited_total", MetricType.Counter, "writes of low classes that had to wait because of it, or would have had", lag.Waited);
        One("seawall_lag_refused_total", MetricType.Counter, "writes of low classes that would have had to wait too long", lag.Refused);
        writer.Family("seawall_lag_seconds", MetricType.Gauge, "how far the replica is behind that is furthest");
        if (lag.Lag.Ms is { } behind)
            writer.Sample(behind / 1e3);
        At("seawall_deferral_held", MetricType.Gauge, "statements that are deferred now", view => view.Held);
        At("seawall_deferral_held_bytes", MetricType.Gauge, "what these hold in memory", view => view.HeldBytes);
        At("seawall_deferral_maxwait_seconds", MetricType.Gauge, "how long the oldest of them has been held", view => view.OldestMs / 1e3);
        At("seawall_deferral_rate", MetricType.Gauge, "how many may be let go in a second, if there is room", view => view.PerSecond);
        At("seawall_deferral_deferred_total", MetricType.Counter, "statements that were deferred, or would have been", view => view.Deferred);
        At("seawall_deferral_released_total", MetricType.Counter, "deferred statements that were let go", view => view.Released);
        Of("seawall_pace_waiting", MetricType.Gauge, "statements that wait for the time that the pace of their rule has for them", pace => pace.Waiting);
        Of("seawall_pace_waited_total", MetricType.Counter, "statements that had to wait for it, or would have had", pace => pace.Waited);
        Of("seawall_pace_refused_total", MetricType.Counter, "statements whose time would have come too late", pace => pace.Refused);
        In("seawall_brownout_active", MetricType.Gauge, "1 while the group is cut down", view => view.Order is null ? 0 : 1);
        In("seawall_brownout_left_seconds", MetricType.Gauge, "how long that goes on", view => view.LeftMs / 1e3);
        In("seawall_brownout_refused_total", MetricType.Counter, "its statements that were refused because of it, or would have been", view => view.Refused);
        In("seawall_brownout_slowed_total", MetricType.Counter, "its statements that had to wait because of it, or would have had", view => view.Slowed);

        In("seawall_brownout_answered_total", MetricType.Counter, "its statements that were answered with what was kept", view => view.Answered);

        void One(string name, MetricType type, string help, double value)
        {
            writer.Family(name, type, help);
            writer.Sample(value);
        }

        void At(string name, MetricType type, string help, Func<DeferralView, double> value)
        {
            writer.Family(name, type, help);
            foreach (var sluice in sluices)
                writer.Sample(value(sluice.Deferral), ("server", sluice.Server));
        }

        void Of(string name, MetricType type, string help, Func<PaceView, double> value)
        {
            writer.Family(name, type, help);
            foreach (var pace in paces)
                writer.Sample(value(pace), ("rule", pace.Rule));
        }

        void In(string name, MetricType type, string help, Func<BrownoutView, double> value)
        {
            writer.Family(name, type, help);
            foreach (var view in groups)
                writer.Sample(value(view), ("group", view.Group.Name));
        }
    }
}
