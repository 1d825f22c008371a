using System.Globalization;
using ScottPlot;
using Seawall.Bench.Overload;

namespace Seawall.Bench.Replicas;

/// <summary>The figures as pictures (ScottPlot, docs/decisions/0088).</summary>
internal static class ReplicasPlots
{
    private const int Width = 560, Height = 380;

    private static readonly Dictionary<string, Color> s_colors = new()
    {
        ["none"] = Colors.Gray,
        ["status"] = Colors.Crimson,
        ["wait"] = Colors.DarkOrange,
        ["seawall"] = Colors.SeaGreen,
        ["nospill"] = Colors.SteelBlue,
        ["unbudgeted"] = Colors.Crimson,
        ["unlimited"] = Colors.Purple,
        ["haproxy"] = Colors.DarkOrange,
    };

    internal static void Cost(FigureTable table, ReplicasPlan plan) => Save("cost", plan, table.Values("kind").Length,
        [.. table.Values("kind").SelectMany(kind => (Plot[])[CostOf(table, kind), LatencyOf(table, kind)])]);

    internal static void Cascade(FigureTable seconds, FigureTable sums, ReplicasPlan plan)
    {
        var kinds = sums.Values("kind");
        var falls = sums.Rows.Select(row => (Lost: row[2], Load: row[3])).Distinct().ToArray();
        Save("cascade", plan, 2 * kinds.Length, [.. kinds.SelectMany(kind => falls.Select(fall => FallOf(seconds, kind, fall.Lost, fall.Load))
            .Concat(falls.Select(fall => OwnOf(seconds, kind, fall.Lost, fall.Load))))]);
    }

    private static Plot CostOf(FigureTable table, string kind)
    {
        var plot = FigurePlot.New($"{kind}: the replica's processor", "reads a second", "hundredths of a processor");
        plot.ShowLegend(Alignment.UpperLeft);
        foreach (var check in table.Values("check"))
            Line(plot, ReplicasReport.Word(check), Of("done_per_s", check), [.. Of("replica_cpu", check).Select(cpu => 100 * cpu)], check);
        Line(plot, "Seawall's own questions", Of("done_per_s", "seawall"), [.. Of("own_cpu", "seawall").Select(cpu => 100 * cpu)], "seawall")
            .LinePattern = LinePattern.Dashed;
        plot.Axes.AutoScale();
        plot.Axes.SetLimitsY(0, Math.Max(10, plot.Axes.GetLimits().Top));
        return plot;

        double[] Of(string column, string check) => table.Numbers(column, ("kind", kind), ("check", check));
    }

    private static Plot LatencyOf(FigureTable table, string kind)
    {
        var plot = FigurePlot.New($"{kind}: a read, its check included", "reads a second", "ms; solid: p50, dashed: p99");
        foreach (var check in table.Values("check"))
        {
            Line(plot, null, Of("done_per_s", check), Of("p50_ms", check), check);
            Line(plot, null, Of("done_per_s", check), Of("p99_ms", check), check).LinePattern = LinePattern.Dashed;
        }
        plot.Axes.AutoScale();
        plot.Axes.SetLimitsY(0, plot.Axes.GetLimits().Top);
        return plot;

        double[] Of(string column, string check) => table.Numbers(column, ("kind", kind), ("check", check));
    }

    private static Plot FallOf(FigureTable seconds, string kind, string lost, string load)
    {
        var plot = FigurePlot.New($"{kind}: {lost} of 3 lost at {load}", "seconds", "answered in time; dashed: reads");
        plot.ShowLegend(Alignment.LowerRight);
        Shade(plot);
        foreach (var way in seconds.Values("way"))
        {
            foreach (var (run, (own, reads)) in Runs(lost, Of("own_in_time", way), Of("reads_in_time", way)).Index())
            {
                Line(plot, run == 0 ? $"{way}: the primary's own" : null, At(own), own, way);
                Line(plot, run == 0 ? $"{way}: reads" : null, At(reads), reads, way).LinePattern = LinePattern.Dashed;
            }
        }
        plot.Axes.AutoScale();
        plot.Axes.SetLimitsY(0, 1.05);
        return plot;

        double[] Of(string column, string way) => seconds.Numbers(column, ("kind", kind), ("way", way), ("lost", lost), ("load", load));
    }

    // Without the comparisons: what is ten times as long would hide what is 1.2 times as long.
    private static Plot OwnOf(FigureTable seconds, string kind, string lost, string load)
    {
        var plot = FigurePlot.New($"{kind}: {lost} of 3 lost at {load}, the primary's own", "seconds", "p95, ms; dashed: taken over in 1 s");
        plot.ShowLegend(Alignment.UpperRight);
        Shade(plot);
        foreach (var way in seconds.Values("way").Where(way => way is "seawall" or "nospill"))
        {
            foreach (var (run, (p95, spilled)) in Runs(lost, Of("own_p95_ms", way), Of("spilled", way)).Index())
            {
                Line(plot, run == 0 ? way : null, At(p95), p95, way);
                Line(plot, null, At(spilled), spilled, way).LinePattern = LinePattern.Dashed;
            }
        }
        plot.Axes.AutoScale();
        plot.Axes.SetLimitsY(0, Math.Max(10, plot.Axes.GetLimits().Top));
        return plot;

        double[] Of(string column, string way) => seconds.Numbers(column, ("kind", kind), ("way", way), ("lost", lost), ("load", load));
    }

    // What was run several times is several lines.
    private static IEnumerable<(double[] One, double[] Other)> Runs(string lost, double[] one, double[] other)
    {
        var (settle, before, gone, after) = ReplicasPlan.Seconds(int.Parse(lost, CultureInfo.InvariantCulture));
        var total = settle + before + gone + after;
        return one.Chunk(total).Zip(other.Chunk(total));
    }

    private static double[] At(double[] seconds) => [.. Enumerable.Range(0, seconds.Length).Select(second => second + 0.5)];

    private static void Shade(Plot plot)
    {
        var (settle, before, gone, _) = ReplicasPlan.Seconds(1);
        plot.Add.HorizontalSpan(settle + before, settle + before + gone, Colors.Crimson.WithAlpha(0.1));
    }

    private static ScottPlot.Plottables.Scatter Line(Plot plot, string? name, double[] x, double[] y, string color) =>
        FigurePlot.Line(plot, name, x, y, s_colors[color]);

    private static void Save(string part, ReplicasPlan plan, int rows, Plot[] plots) =>
        FigurePlot.Save(Path.Combine(plan.Plots, $"replicas-{part}.png"), rows, plots, Width, Height);
}
