using ScottPlot;

namespace Seawall.Bench.Overload;

/// <summary>What all pictures of figures have in common (ScottPlot, docs/decisions/0088).</summary>
internal static class FigurePlot
{
    internal static Plot New(string title, string x, string y)
    {
        var plot = new Plot();
        plot.Title(title, size: 15);
        plot.XLabel(x);
        plot.YLabel(y);
        return plot;
    }

    internal static ScottPlot.Plottables.Scatter Line(Plot plot, string? name, double[] x, double[] y, Color color)
    {
        var line = plot.Add.Scatter(x, y, color);
        line.LineWidth = 2;
        line.MarkerSize = 5;
        if (name is not null)
            line.LegendText = name;
        return line;
    }

    /// <summary>Puts them into one picture, row by row, each with that width and height.</summary>
    internal static void Save(string file, int rows, Plot[] plots, int width, int height)
    {
        var columns = plots.Length / rows;
        var all = new Multiplot { Layout = new ScottPlot.MultiplotLayouts.Grid(rows, columns) };
        all.RemovePlot(all.GetPlot(0)); // It begins with an empty one.
        foreach (var plot in plots)
            all.AddPlot(plot);
        all.SavePng(file, width * columns, height * rows);
    }
}
