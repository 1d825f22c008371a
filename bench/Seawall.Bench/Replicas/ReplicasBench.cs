using System.Globalization;
using Seawall.Bench.Run;

namespace Seawall.Bench.Replicas;

/// <summary>What it costs to know how fresh replicas are, and what becomes of the primary when they fall.</summary>
internal static class ReplicasBench
{
    internal static int Do(string[] options) => ReplicasPlan.Read(options) switch
    {
        null => 2,
        { IsDrawn: true } plan => Draw(plan),
        var plan => Measure(plan).GetAwaiter().GetResult(),
    };

    private static int Draw(ReplicasPlan plan)
    {
        foreach (var part in plan.Parts)
            ReplicasReport.Show(part, plan);
        return 0;
    }

    private static async Task<int> Measure(ReplicasPlan plan)
    {
        var (cost, seconds, sums) = (CostPart.Table(), CascadePart.Seconds(), CascadePart.Sums());
        var origin = Origin(plan);
        foreach (var kind in plan.Kinds)
        {
            using var ground = AtEnd.Folder("seawall-replicas-", out var folder);
            using var rig = await ReplicaRig.Start(kind, folder);
            if (plan.Parts.Contains("cascade"))
            {
                await rig.HaveCapacity(plan.Bottleneck, plan.HeldMs);
                origin.Add(string.Create(CultureInfo.InvariantCulture, $"{kind}: {rig.Describe()}; the primary's own work is {plan.OwnLoad} of that, "
                    + $"reads.spill_share is {plan.SpillShare}, and clients {(plan.SaysDeadlines ? "say" : "do not say")} how long they still wait"));
            }
            if (plan.Parts.Contains("cost"))
            {
                // With one replica alone, which is asked all the reads then, as in the other ways.
                using var one = SetWays.Seawall(rig, 1, folder).Process;
                await WarmUp(one.Port);
                await new CostPart(plan, rig, one).Measure(cost);
            }
            if (!plan.Parts.Contains("cascade"))
                continue;
            // Only those that are measured: each Seawall asks the servers for itself.
            var (ways, held) = (new List<SetWay>(), new List<Contestant>());
            try
            {
                foreach (var name in plan.Falls.Select(fall => fall.Way).Distinct())
                    ways.Add(await Begin(name, plan, rig, folder, held));
                rig.Limit();
                await new CascadePart(plan, rig, ways).Measure(seconds, sums);
            }
            finally
            {
                held.ForEach(process => process.Dispose());
            }
        }
        if (plan.Parts.Contains("cost"))
            cost.Write($"{plan.Results}-cost.csv", origin);
        if (plan.Parts.Contains("cascade"))
        {
            seconds.Write($"{plan.Results}-cascade-seconds.csv", origin);
            sums.Write($"{plan.Results}-cascade.csv", origin);
        }
        return Draw(plan);
    }

    private static async Task<SetWay> Begin(string name, ReplicasPlan plan, ReplicaRig rig, string folder, List<Contestant> held)
    {
        if (name == "haproxy")
        {
            var (haProxy, writePort) = SetWays.HaProxy(rig, folder);
            held.Add(haProxy);
            return new SetWay(name, haProxy.Port, writePort, null);
        }
        int? share = name switch
        {
            "seawall" => plan.SpillShare,
            "nospill" => 0,
            _ => null,
        };
        var (seawall, metrics) = SetWays.Seawall(rig, rig.Replicas.Count, folder, share, limits: name != "unlimited");
        held.Add(seawall);
        await WarmUp(seawall.Port);
        return new SetWay(name, seawall.Port, seawall.Port, metrics);
    }

    // Until it knows its servers and accounts, and reads come from replicas.
    private static async Task WarmUp(int port)
    {
        for (var left = 100; ; left--)
        {
            try
            {
                using var session = await ReplicaRig.Session(port);
                for (var i = 0; i < 50; i++)
                    await session.Query(ReplicaRig.Point(i));
                return;
            }
            catch (InvalidOperationException) when (left > 0)
            {
                await Task.Delay(100);
            }
        }
    }

    private static List<string> Origin(ReplicasPlan plan)
    {
        var machine = BenchRun.Describe();
        return
        [
            $"{DateTimeOffset.UtcNow.ToString("yyyy-MM-ddTHH:mmZ", CultureInfo.InvariantCulture)} bench/replicas{(plan.IsQuick ? " --quick" : "")} "
                + $"--only {string.Join(',', plan.Parts)} --kinds {string.Join(',', plan.Kinds)} at {plan.Commit}",
            $"{machine.Processor}, {machine.Processors} processors, Linux {machine.Kernel}, .NET {machine.DotNet}; {machine.HaProxy}",
        ];
    }
}
