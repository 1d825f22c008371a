using System.Globalization;
using Seawall.Bench.Measure;

namespace Seawall.Bench.Overload;

/// <summary>The tables for people, and whether the promises were kept.</summary>
internal static class OverloadReport
{
    internal static void Print(string part, FigureTable table, OverloadPlan plan, TextWriter to)
    {
        to.WriteLine($"\n=== {part} ===");
        switch (part)
        {
            case "sweep":
                Sweep(table, plan, to);
                break;
            case "ramp":
                Ramp(table, plan, to);
                break;
            default:
                Spikes(table, plan, to);
                break;
        }
        if (table.Numbers("was_late").Any(late => late > 0))
            to.WriteLine("NOT VALID where was_late is 1: the load itself could not keep to its times");
        if (table.Has("speed") && table.Numbers("speed").Any(Steadiness.IsUnsteady))
            to.WriteLine($"NOT VALID where speed is not within {Steadiness.DriftMax:P0} of 1: the server's processor became another one meanwhile");
    }

    private static void Sweep(FigureTable table, OverloadPlan plan, TextWriter to)
    {
        Row(to, "load", plan.Loads.Select(load => $"{Text(load)}x"));
        foreach (var way in table.Values("way"))
        {
            Row(to, $"{way} goodput", plan.Loads.Select(load => At(table, "goodput", way, load, "all")));
            Row(to, $"{way} cri/nor/low in time", plan.Loads.Select(load => string.Join('/',
                table.Values("class").Skip(1).Select(one => At(table, "share_in_time", way, load, one)))));
            Row(to, $"{way} critical p99 ms", plan.Loads.Select(load => At(table, "p99_ms", way, load, "critical")));
        }
        if (!plan.Measures("seawall"))
            return;
        var goodputs = table.Numbers("goodput", ("way", "seawall"), ("class", "all"));
        // By when it was wanted, a little more than there is gets done now and then.
        var peak = Math.Min(1, goodputs.Max());
        Target(to, "goodput at 3x, of the peak", Goodput(3) / peak, 0.95);
        Target(to, "goodput at 10x, of the peak", Goodput(10) / peak, 0.85);
        // Its own demand is a fifth of the load: it fits as long as the load is at most four times what there is, on the mean. What came in this very run
        // is told beside it, and how much of that anything at all could have answered.
        foreach (var load in plan.Loads.Where(load => load <= 4))
        {
            var own = table.Has("fits") && Number("demand", load, "critical") is { } demand && Number("fits", load, "critical") is { } fits
                ? string.Create(CultureInfo.InvariantCulture, $"; it wanted {demand:0.###} of what the server could do, and alone could have had {fits:0.0000}")
                : "";
            Target(to, $"critical in time at {Text(load)}x", Number("share_in_time", load, "critical"), 0.995, own);
        }

        double? Goodput(double load) => Number("goodput", load, "all");
        double? Number(string column, double load, string ofClass) =>
            table.Number(column, ("way", "seawall"), ("load", Text(load)), ("class", ofClass));
    }

    private static void Ramp(FigureTable table, OverloadPlan plan, TextWriter to)
    {
        Row(to, "load", plan.Ramp.Concat(plan.Ramp.Reverse()).Select(load => $"{Text(load)}x"));
        foreach (var way in table.Values("way"))
            Row(to, $"{way} goodput", table.Numbers("goodput", ("way", way)).Select(Text));
        if (!plan.Measures("seawall"))
            return;
        var (up, down) = (table.Numbers("goodput", ("way", "seawall"), ("direction", "up")),
            table.Numbers("goodput", ("way", "seawall"), ("direction", "down")).Reverse().ToArray());
        // Not the lowest loads: what is done there is what is asked, which differs by chance.
        var above = plan.Ramp.Select((load, i) => (load, i)).Where(pair => pair.load >= 1).Select(pair => pair.i).ToArray();
        Target(to, "goodput on the way down, of that on the way up", above.Average(i => down[i]) / above.Average(i => up[i]), 0.97);
    }

    private static void Spikes(FigureTable table, OverloadPlan plan, TextWriter to)
    {
        foreach (var clients in table.Values("clients"))
        {
            foreach (var way in table.Values("way"))
            {
                var (requests, work) = (new List<(double Was, double During, double Back)>(), new List<(double Was, double During, double Back)>());
                foreach (var seed in table.Seeds(("way", way), ("clients", clients)))
                {
                    if (Around(table.NumbersOf(seed, "share_in_time", ("way", way), ("clients", clients)), plan) is { } ofRequests)
                        requests.Add(ofRequests);
                    if (Around(table.NumbersOf(seed, "goodput", ("way", way), ("clients", clients)), plan) is { } ofWork)
                        work.Add(ofWork);
                }
                if (work.Count == 0)
                    continue;
                var back = work.Select(one => one.Back).ToArray();
                var runs = back.Length == 1 ? "" : $", median of {back.Length} runs from {Text(back.Min())} to {Text(back.Max())}";
                var name = $"{way}, {clients}: goodput {Text(work.Average(one => one.Was))} before, {Text(work.Average(one => one.During))} during; "
                    + $"requests in time {Text(requests.Average(one => one.Was))} and {Text(requests.Average(one => one.During))}, "
                    + $"after, of before {Text(Median(requests.Select(one => one.Back)))}; goodput after, of before{runs}";
                if (way == "seawall")
                    Target(to, name, Median(back), 0.98);
                else
                    to.WriteLine($"       {name}: {Text(Median(back))}");
            }
        }
    }

    // The mean before the spike and during it, and what there is afterwards as a share of before; null for what was not measured.
    private static (double Was, double During, double Back)? Around(double[] bySecond, OverloadPlan plan)
    {
        var (before, spike, _) = plan.SpikeSeconds;
        var from = (int)(before + spike + plan.SpikeRest);
        if (bySecond.Length < from + plan.SpikeCounted)
            return null;
        var was = bySecond[(int)OverloadPlan.SettleSeconds..(int)before].Average();
        return (was, bySecond[(int)before..(int)(before + spike)].Average(), bySecond[from..(from + (int)plan.SpikeCounted)].Average() / was);
    }

    private static double Median(IEnumerable<double> of)
    {
        var sorted = of.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static string At(FigureTable table, string column, string way, double load, string ofClass) =>
        table.Number(column, ("way", way), ("load", Text(load)), ("class", ofClass)) is { } value ? Text(Math.Round(value, value > 10 ? 0 : 3)) : "-";

    private static void Target(TextWriter to, string what, double? value, double atLeast, string own = "")
    {
        if (value is { } measured)
        {
            to.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{(measured >= atLeast ? "met   " : "MISSED")} {what}: {measured:0.000} (at least {atLeast:0.###}{own})"));
        }
    }

    private static void Row(TextWriter to, string name, IEnumerable<string> cells) =>
        to.WriteLine(name.PadRight(28) + string.Concat(cells.Select(cell => cell.PadLeft(18))));

    private static string Text(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);
}
