using Seawall.Engine.Deferrals;
using Seawall.Engine.Telemetry.Views;

namespace Seawall.Control.Metrics;

/// <summary>What is deferred. Nothing is written where nothing is.</summary>
internal static class DeferralFigures
{
    internal static void Write(MetricsWriter writer, DeferralsView? view)
    {
        var rules = view?.Rules ?? [];
        writer.Family("seawall_deferral_journal_bytes", MetricType.Gauge, "what the journal of deferred statements has on disk").Sample(view?.Bytes ?? 0);
        writer.Family("seawall_deferral_journal_bytes_max", MetricType.Gauge, "what it may have (deferral.bytes_max); 0 without a journal")
            .Sample(view?.BytesMax ?? 0);
        writer.Family("seawall_deferral_journal_failed", MetricType.Gauge, "1 when it could not be written, and takes nothing until a restart")
            .Sample(view?.Problem is null ? 0 : 1);
        writer.Family("seawall_deferral_journal_flushes_total", MetricType.Counter, "writes to the disk that were waited for")
            .Sample(view?.Flushes ?? 0);
        Each("seawall_deferral_accepted_total", MetricType.Counter, "statements that were acknowledged before they ran", row => row.Tally.Accepted);
        Each("seawall_deferral_waiting", MetricType.Gauge, "of these, those that have not run", row => row.Waiting);
        Each("seawall_deferral_oldest_seconds", MetricType.Gauge, "how old the oldest of them is", row => row.OldestMs / 1e3);
        writer.Family("seawall_deferral_ended_total", MetricType.Counter, "statements that ended, by how: applied, failed, expired");
        foreach (var row in rules)
        {
            writer.Sample(row.Tally.Applied, ("rule", row.Rule), ("end", "applied"));
            writer.Sample(row.Tally.Failed, ("rule", row.Rule), ("end", "failed"));
            writer.Sample(row.Tally.Expired, ("rule", row.Rule), ("end", "expired"));
        }
        writer.Family("seawall_deferral_refused_total", MetricType.Counter, "statements that were refused: the journal was full, or failed");
        foreach (var row in rules)
        {
            writer.Sample(row.Tally.Full, ("rule", row.Rule), ("reason", "full"));
            writer.Sample(row.Tally.Refused, ("rule", row.Rule), ("reason", "failed"));
        }
        writer.Family("seawall_deferral_not_deferred_total", MetricType.Counter, "statements with a defer_key that ran at once, by reason");
        foreach (var row in rules)
        {
            foreach (var reason in Enum.GetValues<NotDeferred>().Where(reason => reason != NotDeferred.None))
                writer.Sample(row.Tally.NotDeferredFor(reason), ("rule", row.Rule), ("reason", SnakeCase.Of(reason)));
        }

        void Each(string name, MetricType type, string help, Func<DeferralView, double> value)
        {
            writer.Family(name, type, help);
            foreach (var row in rules)
                writer.Sample(value(row), ("rule", row.Rule));
        }
    }
}
