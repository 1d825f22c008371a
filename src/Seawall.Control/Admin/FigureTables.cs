using Seawall.Control.Metrics;
using Seawall.Engine.Flow;
using Seawall.Engine.Telemetry;
using Seawall.Engine.Telemetry.Views;
using Seawall.MySql.Results;
using Seawall.MySql.Statements;
using static Seawall.Control.Admin.AdminTable;

namespace Seawall.Control.Admin;

/// <summary>Counters, durations and what the process uses, as tables.</summary>
internal static class FigureTables
{
    // The quantiles that people ask for.
    private static readonly (string Suffix, double Share)[] s_quantiles = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999)];

    internal static AdminTable Stats(EngineViews views, string? like)
    {
        var meters = views.Meters;
        ResultColumn[] columns = [Text("name"), Number("total"), .. meters.Select((_, i) => Number($"loop_{i}")), Text("meaning")];
        var rows = Counts(meters).Concat(Durations(meters)).Where(row => Fits(row[0].Text!, like)).ToArray();
        return new(columns, rows);
    }

    internal static AdminTable Settings(IReadOnlyList<SettingRow> settings, string? like) => new(
        [Text("key"), Text("value"), Text("default"), Text("source"), Text("reload"), Text("meaning")],
        settings.Where(row => Fits(row.Key, like)).Select(row => (AdminCell[])
            [row.Key, row.Value, row.Default, row.Source, row.ReloadsLive, row.Meaning]));

    internal static AdminTable Changes(ReloadReport report) => new(
        [Text("key"), Text("old"), Text("new"), Text("needs_restart")],
        report.Changes.Select(change => (AdminCell[])[change.Key, change.Old, change.New, change.NeedsRestart]));

    internal static AdminTable Memory(ProcessFigures figures) => new(
        [Text("name"), Real("value"), Text("unit"), Text("meaning")],
        [
            ["resident", figures.ResidentBytes, "bytes", "memory of the process that is really there"],
            ["heap", figures.HeapBytes, "bytes", "managed objects, those that were not collected yet included"],
            ["heap_committed", figures.CommittedBytes, "bytes", "what the collector has taken from the system"],
            ["allocated", figures.AllocatedBytes, "bytes", "everything that was ever allocated"],
            ["gc_pause", figures.PauseSeconds, "seconds", "how long the collector has stopped everything, in all"],
            .. figures.Collections.Select((count, generation) => (AdminCell[])
                [$"gc_{generation}", count, "collections", $"collections of generation {generation}"]),
            ["cpu", figures.CpuSeconds, "seconds", "user and system time of the process"],
        ]);

    internal static AdminTable Version(ProcessFigures figures, DateTimeOffset now) => new(
        [Text("version"), Text("runtime"), Text("system"), Time("started"), Number("uptime_s")],
        [[
            SeawallVersion.Text, System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription,
            System.Runtime.InteropServices.RuntimeInformation.OSDescription, figures.StartedAt,
            (long)(now - figures.StartedAt).TotalSeconds,
        ]]);

    private static IEnumerable<AdminCell[]> Counts(IReadOnlyList<LoopMeter> meters)
    {
        foreach (var counter in LoopCounters.All)
            yield return Row(counter.Name, meters, counter.Read, counter.Meaning);
        foreach (var entry in PinCatalog.All.Where(entry => (entry.Reason & PinReasons.Soft) == 0))
        {
            var bit = System.Numerics.BitOperations.Log2((uint)entry.Reason);
            yield return Row($"pins_{entry.Name}", meters, meter => meter.PinsByReason[bit],
                $"times that a session was pinned: {entry.Name}");
        }
        foreach (var kind in Enum.GetValues<StatementKind>())
        {
            var row = Row($"kind_{SnakeCase.Of(kind)}", meters, meter => meter.Kinds[(int)kind],
                $"statements by their verb: {SnakeCase.Of(kind)}");
            if (row[1].Text != "0")
                yield return row;
        }
    }

    private static IEnumerable<AdminCell[]> Durations(IReadOnlyList<LoopMeter> meters)
    {
        foreach (var latency in LoopCounters.Latencies)
        {
            var all = new HistogramView(meters.Select(latency.Of));
            var each = meters.Select(meter => new HistogramView([latency.Of(meter)])).ToArray();
            foreach (var (suffix, share) in s_quantiles)
            {
                yield return
                [
                    $"{latency.Name}_{suffix}_us", (long)all.QuantileUs(share),
                    .. each.Select(view => (AdminCell)(long)view.QuantileUs(share)), $"{latency.Meaning}, microseconds",
                ];
            }
        }
    }

    private static AdminCell[] Row(
        string name, IReadOnlyList<LoopMeter> meters, Func<LoopMeter, long> read, string meaning)
    {
        // Each is read once, so that the columns add up.
        var values = meters.Select(read).ToArray();
        return [name, values.Sum(), .. values.Select(value => (AdminCell)value), meaning];
    }

    private static bool Fits(string name, string? like) => like is null || LikePattern.Matches(name, like);
}
