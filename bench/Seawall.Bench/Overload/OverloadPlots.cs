using System.Globalization;
using ScottPlot;

namespace Seawall.Bench.Overload;

/// <summary>The figures as pictures (ScottPlot, docs/decisions/0088).</summary>
internal static class OverloadPlots
{
    private const int Width = 620, Height = 420;

    private static readonly Dictionary<string, Color> s_colors = new()
    {
        ["direct"] = Colors.Gray,
        ["haproxy"] = Colors.DarkOrange,
        ["seawall"] = Colors.SeaGreen,
        ["critical"] = Colors.Crimson,
        ["normal"] = Colors.RoyalBlue,
        ["low"] = Color.FromHex("#C8A000"),
    };

    internal static void Draw(string part, FigureTable table, OverloadPlan plan)
    {
        Plot[] plots = part switch
        {
            "sweep" => [Goodput(table), Shares(table), P99(table)],
            "ramp" => [.. table.Values("way").Select(way => Loop(table, way))],
            _ => [.. table.Values("clients").Select(clients => Spike(table, clients, plan))],
        };
        FigurePlot.Save(Path.Combine(plan.Plots, $"overload-{part}.png"), 1, plots, Width, Height);
    }

    private static Plot Goodput(FigureTable table)
    {
        var plot = FigurePlot.New("Work done in time", "offered load, times what the server can do", "times what the server can do");
        plot.ShowLegend(Alignment.LowerLeft);
        foreach (var way in table.Values("way"))
            Line(plot, way, Loads(table, way, "all"), table.Numbers("goodput", ("way", way), ("class", "all")), way);
        return WithLoads(plot, table);
    }

    private static Plot Shares(FigureTable table)
    {
        var plot = FigurePlot.New("Requests answered in time, by class", "offered load", "share; dashed: directly");
        plot.ShowLegend(Alignment.LowerLeft);
        foreach (var ofClass in table.Values("class").Skip(1))
        {
            Line(plot, ofClass, Loads(table, "seawall", ofClass), Of("seawall", ofClass), ofClass);
            Line(plot, null, Loads(table, "direct", ofClass), Of("direct", ofClass), ofClass).LinePattern = LinePattern.Dashed;
        }
        return WithLoads(plot, table);

        double[] Of(string way, string ofClass) => table.Numbers("share_in_time", ("way", way), ("class", ofClass));
    }

    private static Plot P99(FigureTable table)
    {
        var plot = FigurePlot.New("99th percentile of what is answered, by class", "offered load", "ms; dashed: directly");
        plot.ShowLegend(Alignment.UpperLeft);
        foreach (var ofClass in table.Values("class").Skip(1))
        {
            Line(plot, ofClass, Loads(table, "seawall", ofClass), Of("seawall", ofClass), ofClass);
            Line(plot, null, Loads(table, "direct", ofClass), Of("direct", ofClass), ofClass).LinePattern = LinePattern.Dashed;
        }
        return WithLoads(plot, table);

        double[] Of(string way, string ofClass) => table.Numbers("p99_ms", ("way", way), ("class", ofClass));
    }

    private static Plot Loop(FigureTable table, string way)
    {
        var plot = FigurePlot.New($"{way}: up and down again", "offered load", "work done in time");
        plot.ShowLegend(Alignment.UpperLeft);
        foreach (var direction in (string[])["up", "down"])
        {
            var line = Line(plot, direction, [.. Of("load", direction).Select(Math.Log2)], Of("goodput", direction), way);
            line.LinePattern = direction == "up" ? LinePattern.Solid : LinePattern.Dashed;
        }
        plot.Axes.SetLimitsY(0, 1.2);
        return WithTicks(plot, [.. Of("load", "up").Distinct()]);

        double[] Of(string column, string direction) => table.Numbers(column, ("way", way), ("direction", direction));
    }

    private static Plot Spike(FigureTable table, string clients, OverloadPlan plan)
    {
        var name = clients switch
        {
            "GiveUp" => "give up",
            "TryAtOnce" => "ask 3 times at once",
            "BackOff" => "back off, ask 3 times",
            _ => "come back for ever",
        };
        var top = clients == "Endless" ? OverloadPlan.EndlessTop : OverloadPlan.SpikeTop;
        var plot = FigurePlot.New($"5 s of {top}x; clients {name}", "seconds", "work done in time");
        plot.ShowLegend(Alignment.UpperRight);
        plot.Add.HorizontalSpan(plan.SpikeSeconds.Before, plan.SpikeSeconds.Before + plan.SpikeSeconds.Spike, Colors.Crimson.WithAlpha(0.1));
        foreach (var way in table.Values("way"))
        {
            var seeds = table.Seeds(("way", way), ("clients", clients));
            foreach (var seed in seeds)
            {
                var done = table.NumbersOf(seed, "goodput", ("way", way), ("clients", clients));
                if (done.Length > 0)
                    Line(plot, seed == seeds[0] ? way : null, [.. Enumerable.Range(0, done.Length).Select(second => second + 0.5)], done, way);
            }
        }
        plot.Axes.SetLimitsY(0, 1.4);
        return plot;
    }

    private static ScottPlot.Plottables.Scatter Line(Plot plot, string? name, double[] x, double[] y, string color) =>
        FigurePlot.Line(plot, name, x, y, s_colors[color]);

    // Loads from a half to ten: each doubling is as wide.
    private static double[] Loads(FigureTable table, string way, string ofClass) =>
        [.. table.Numbers("load", ("way", way), ("class", ofClass)).Select(Math.Log2)];

    private static Plot WithLoads(Plot plot, FigureTable table)
    {
        plot.Axes.AutoScale();
        plot.Axes.SetLimitsY(0, Math.Max(1.1, plot.Axes.GetLimits().Top));
        return WithTicks(plot, [.. table.Numbers("load", ("way", "seawall"), ("class", "all"))]);
    }

    private static Plot WithTicks(Plot plot, double[] loads)
    {
        plot.Axes.Bottom.SetTicks([.. loads.Select(Math.Log2)], [.. loads.Select(load => load.ToString("0.#", CultureInfo.InvariantCulture))]);
        return plot;
    }
}
