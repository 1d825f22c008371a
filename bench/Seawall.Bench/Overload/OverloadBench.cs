using System.Globalization;
using Seawall.Bench.Run;
using Seawall.Rehearsal.Floods;

namespace Seawall.Bench.Overload;

/// <summary>What a server gets done when it is asked for more than it can, directly, through HAProxy and through Seawall.</summary>
internal static class OverloadBench
{
    internal static int Do(string[] options) => OverloadPlan.Read(options) switch
    {
        null => 2,
        { IsDrawn: true } plan => Draw(plan),
        var plan => Measure(plan).GetAwaiter().GetResult(),
    };

    // The plots once more, of figures that were measured before.
    private static int Draw(OverloadPlan plan)
    {
        foreach (var part in plan.Parts.Where(part => File.Exists($"{plan.Results}-{part}.csv")))
        {
            var table = FigureTable.Read($"{plan.Results}-{part}.csv");
            OverloadPlots.Draw(part, table, plan);
            OverloadReport.Print(part, table, plan, Console.Out);
        }
        return 0;
    }

    private static async Task<int> Measure(OverloadPlan plan)
    {
        using var ground = AtEnd.Folder("seawall-overload-", out var folder);
        using var server = await FloodServer.Start(folder);
        var origin = Origin(plan, server);
        foreach (var line in origin)
            Console.WriteLine(line);
        using var haProxy = Contestant.HaProxy(1, server.Port, folder);
        using var seawall = Contestant.Seawall(
            1, server.Port, FloodServer.Admin, FloodServer.Admin, folder, SeawallSettings(plan)) with
        { Name = "seawall" };
        Contestant[] ways = [Contestant.Directly(server.Port), haProxy with { Name = "haproxy" }, seawall];
        var runs = new FloodRuns(server, [.. ways.Where(way => plan.Measures(way.Name))]);
        var parts = new OverloadParts(plan, runs);
        await WarmUp(runs);
        if (plan.Has("sweep"))
        {
            var misses = new FloodMisses();
            Keep("sweep", await parts.Sweep(misses));
            misses.Tries.Write($"{plan.Results}-sweep-tries.csv", origin);
            misses.Critical.Write($"{plan.Results}-sweep-missed.csv", origin);
        }
        if (plan.Has("ramp"))
            Keep("ramp", await parts.Ramp());
        if (plan.Has("spike"))
        {
            var spike = OverloadParts.SpikeTable();
            await parts.Spike(spike, FloodClients.BackOff, ["direct", "haproxy"]);
            for (var seed = 1; seed <= plan.SpikeSeeds; seed++)
                await parts.Spike(spike, FloodClients.BackOff, ["seawall"], seed);
            Keep("spike", spike);
        }
        if (plan.Has("clients"))
        {
            var spikes = OverloadParts.SpikeTable();
            foreach (var clients in Enum.GetValues<FloodClients>().Except([FloodClients.BackOff]))
            {
                await parts.Spike(spikes, clients, ["direct"]);
                for (var seed = 1; seed <= plan.SpikeSeeds; seed++)
                    await parts.Spike(spikes, clients, ["seawall"], seed);
            }
            Keep("clients", spikes);
        }
        return 0;

        void Keep(string part, FigureTable table)
        {
            table.Write($"{plan.Results}-{part}.csv", origin);
            OverloadPlots.Draw(part, table, plan);
            OverloadReport.Print(part, table, plan, Console.Out);
        }
    }

    // As docs/overload.md says how to set it; all else is as it comes.
    private static string SeawallSettings(OverloadPlan plan) => $"""
        running_max = {plan.Running}

        [overload]
        mode = "enforce"

        [[classes]]
        name = "critical"
        class = "critical"
        user = "critical"

        [[classes]]
        name = "low"
        class = "low"
        user = "low"

        """;

    // Everything has been used once, and Seawall has read the accounts, before anything is counted.
    private static async Task WarmUp(FloodRuns runs)
    {
        foreach (var way in runs.Ways)
        {
            for (var left = 30; ; left--)
            {
                var run = await runs.Run(way, FloodClients.GiveUp, (1, 0.3));
                if (run.Ledger.Count(0, 1).Success > 0.5 || left == 0)
                    break;
            }
        }
    }

    private static string[] Origin(OverloadPlan plan, FloodServer server)
    {
        var machine = BenchRun.Describe();
        return
        [
            $"{DateTimeOffset.UtcNow.ToString("yyyy-MM-ddTHH:mmZ", CultureInfo.InvariantCulture)} bench/overload{(plan.IsQuick ? " --quick" : "")} "
                + $"--only {string.Join(',', plan.Parts)} at {plan.Commit}",
            $"{machine.Processor}, {machine.Processors} processors, Linux {machine.Kernel}, .NET {machine.DotNet}; "
                + $"{machine.MariaDb}; {machine.HaProxy}",
            string.Create(CultureInfo.InvariantCulture, $"the server has one processor; 1x is {server.Capacity:F0} requests a second of "
                + $"{string.Join(", ", server.Statements.Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.Share:P0} {one.WorkMs:F1} ms")))}; "
                + $"running_max = {plan.Running}"),
        ];
    }
}
