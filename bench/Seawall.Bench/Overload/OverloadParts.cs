using System.Globalization;
using Seawall.Rehearsal.Floods;

namespace Seawall.Bench.Overload;

/// <summary>The parts, each a table of rows that go into a file of comma-separated values, and into a plot.</summary>
internal sealed class OverloadParts(OverloadPlan plan, FloodRuns runs)
{
    /// <summary>Steady loads, each way; and what was not answered in time in them.</summary>
    internal async Task<FigureTable> Sweep(FloodMisses misses)
    {
        var table = new FigureTable("way", "load", "class", "offered_per_s", "in_time_per_s", "late_per_s", "share_in_time", "goodput",
            "p50_ms", "p99_ms", "tries_per_request", "start_lag_p99_ms", "load_cpu", "proxy_cpu", "server_cpu", "speed", "was_late", "demand", "fits", "pace");
        foreach (var way in runs.Ways)
        {
            foreach (var load in plan.Loads)
            {
                var run = await runs.Run(way, FloodClients.BackOff, (OverloadPlan.SettleSeconds, load), (plan.SweepSeconds, load));
                var (from, to) = (OverloadPlan.SettleSeconds, run.Plan.Seconds);
                for (var which = -1; which < run.Plan.Classes.Count; which++)
                {
                    int? ofClass = which < 0 ? null : which;
                    var count = run.Ledger.Count(from, to, ofClass);
                    table.Add(way.Name, load, which < 0 ? "all" : run.Plan.Classes[which].Name, count.Offered / (to - from),
                        count.Good / (to - from), count.Late / (to - from), count.Success,
                        run.Goodput(from, to, ofClass),
                        run.Ledger.LatencyMs(1, 0.5, ofClass), run.Ledger.LatencyMs(1, 0.99, ofClass),
                        (double)run.Ledger.Tries / run.Ledger.Count(0, to).Offered, run.Ledger.LagMs(1, 0.99),
                        run.LoadCpu, run.ProxyCpu, run.ServerCpu, run.Speed, run.IsLate ? 1 : 0,
                        count.OfferedMs / run.Plan.WorkMsMean / (to - from) / run.Capacity, which < 0 ? "" : run.Fits(from, to, which), run.Pace);
                }
                misses.Note(run, load, from, to);
                Tell($"{way.Name} {load}x: goodput {run.Goodput(from, to):F3}");
            }
        }
        return table;
    }

    /// <summary>Up in steps and down again, without a pause.</summary>
    internal async Task<FigureTable> Ramp()
    {
        var table = new FigureTable("way", "step", "direction", "load", "goodput", "share_in_time", "p99_ms", "start_lag_p99_ms", "speed", "was_late");
        var loads = plan.Ramp.Concat(plan.Ramp.Reverse()).ToArray();
        foreach (var way in runs.Ways)
        {
            var run = await runs.Run(way, FloodClients.BackOff, loads.Select(load => (plan.RampSeconds, load)));
            for (var step = 0; step < loads.Length; step++)
            {
                var (from, to) = ((step * plan.RampSeconds) + 1, (step + 1) * plan.RampSeconds); // A second to settle.
                table.Add(way.Name, step, step < plan.Ramp.Length ? "up" : "down", loads[step], run.Goodput(from, to),
                    run.Ledger.Count(from, to).Success, run.Ledger.LatencyMs(step, 0.99), run.Ledger.LagMs(step, 0.99), run.Speed,
                    run.IsLate ? 1 : 0);
            }
            Tell($"{way.Name}: at the end {run.Ledger.Count(run.Plan.Seconds - plan.RampSeconds + 1, run.Plan.Seconds).Success:P1} in time");
        }
        return table;
    }

    /// <summary>A spike of five seconds, each way, with one kind of clients.</summary>
    internal async Task Spike(FigureTable table, FloodClients clients, IEnumerable<string> ways, int seed = 1)
    {
        var (before, spike, after) = plan.SpikeSeconds;
        var (load, top) = clients == FloodClients.Endless
            ? (OverloadPlan.EndlessBase, OverloadPlan.EndlessTop) : (OverloadPlan.SpikeBase, OverloadPlan.SpikeTop);
        foreach (var way in runs.Ways.Where(way => ways.Contains(way.Name)))
        {
            var run = await runs.Run(way, clients, seed,
            [
                (OverloadPlan.SettleSeconds, load, null), (plan.SpikeCounted, load, seed), (spike, top, null),
                (plan.SpikeRest, load, null), (plan.SpikeCounted, load, seed), (OverloadPlan.SettleSeconds, load, null),
            ]);
            for (var second = 0; second < run.Plan.Seconds; second++)
            {
                table.Add(way.Name, clients.ToString(), seed, second, second < before || second >= before + spike ? load : top,
                    run.Goodput(second, second + 1), run.Ledger.Count(second, second + 1).Success, run.Speed, run.IsLate ? 1 : 0);
            }
            Tell($"{way.Name} {clients}, seed {seed}: {Index(run):F3} of before");
        }
    }

    internal static FigureTable SpikeTable() => new("way", "clients", "seed", "second", "load", "goodput", "share_in_time", "speed", "was_late");

    // The work that was done in time, 20 to 30 seconds after the spike, to what was done of the same requests before it.
    private double Index(FloodRun run)
    {
        var (before, spike, _) = plan.SpikeSeconds;
        var from = before + spike + plan.SpikeRest;
        return run.Ledger.Count(from, from + plan.SpikeCounted).GoodMs / run.Ledger.Count(OverloadPlan.SettleSeconds, before).GoodMs;
    }

    private static void Tell(FormattableString text) => Console.Error.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
