using System.Diagnostics;
using System.Globalization;
using System.Net;
using Seawall.Bench.Overload;
using Seawall.Engine.Loops;
using Seawall.Rehearsal.Floods;

namespace Seawall.Bench.Replicas;

/// <summary>A way to a set of servers: where reads go, and where all else.</summary>
internal sealed record SetWay(string Name, int ReadPort, int WritePort);

/// <summary>Replicas are killed for ten seconds and started again, under reads and the primary's own work.</summary>
internal sealed class CascadePart(ReplicasPlan plan, ReplicaRig rig, IReadOnlyList<SetWay> ways)
{
    internal static FigureTable Seconds() => new("kind", "way", "lost", "load", "second", "own_in_time", "own_per_s", "reads_in_time", "reads_per_s");

    internal static FigureTable Sums() => new("kind", "way", "lost", "load", "returned_after_s", "own_before", "own_lost", "own_p99_before_ms",
        "own_p99_lost_ms", "reads_before", "reads_lost", "reads_after");

    internal async Task Measure(FigureTable seconds, FigureTable sums)
    {
        foreach (var (name, lost, load) in plan.Falls)
        {
            var way = ways.Single(one => one.Name == name);
            await rig.CatchUp();
            await rig.BeQuiet();
            await One(seconds, sums, way, lost, load);
        }
    }

    private async Task One(FigureTable seconds, FigureTable sums, SetWay way, int lost, double load)
    {
        var (settle, before, gone, after) = ReplicasPlan.Seconds(lost);
        var lostAt = settle + before;
        using var own = Flow(way.WritePort, "own", rig.Own, ReplicasPlan.OwnLoad * rig.Capacity, lost, seed: 1);
        using var reads = Flow(way.ReadPort, "reads", rig.Read, load * rig.Replicas.Count * rig.Capacity, lost, seed: 2);
        using var ends = new CancellationTokenSource();
        var beats = Beat(ends.Token);
        var clock = Stopwatch.StartNew();
        var ledgers = Task.WhenAll(own.Run(CancellationToken.None), reads.Run(CancellationToken.None));
        await Until(lostAt);
        rig.Lose(lost);
        await Until(lostAt + gone);
        await rig.Return();
        var returned = clock.Elapsed.TotalSeconds;
        await ledgers;
        await ends.CancelAsync();
        await beats;

        var total = settle + before + gone + after;
        for (var second = 0; second < total; second++)
        {
            var (mine, theirs) = (own.Ledger.Count(second, second + 1), reads.Ledger.Count(second, second + 1));
            seconds.Add(rig.Kind, way.Name, lost, load, second, mine.Success, (double)mine.Good, theirs.Success, (double)theirs.Good);
        }
        var back = Math.Min(total - 1, returned + ReplicasPlan.RecoverSeconds);
        sums.Add(rig.Kind, way.Name, lost, load, returned - lostAt - gone, own.Ledger.Count(settle, lostAt).Success,
            own.Ledger.Count(lostAt, lostAt + gone).Success, own.Ledger.LatencyMs(1, 0.99), own.Ledger.LatencyMs(2, 0.99),
            reads.Ledger.Count(settle, lostAt).Success, reads.Ledger.Count(lostAt, lostAt + gone).Success, reads.Ledger.Count(back, total).Success);
        foreach (var flood in (Flood[])[own, reads])
        {
            Console.Error.WriteLine($"  {rig.Kind} {way.Name} {lost} lost at {load}: " + string.Join("; ", flood.Ledger.Errors
                .OrderByDescending(error => error.Value).Take(4).Select(error => string.Create(CultureInfo.InvariantCulture, $"{error.Value} {error.Key}"))));
        }

        async Task Until(double second)
        {
            if (second - clock.Elapsed.TotalSeconds is > 0 and var left)
                await Task.Delay(TimeSpan.FromSeconds(left));
        }
    }

    // Something is written all the time, so that there is something to be behind.
    private async Task Beat(CancellationToken ends)
    {
        using var session = await ReplicaRig.Session(rig.Primary.Port);
        while (!ends.IsCancellationRequested)
        {
            await session.Query(ReplicaRig.Beat);
            await Task.Delay(100, CancellationToken.None);
        }
    }

    private static Flood Flow(int port, string user, FloodStatement statement, double perSecond, int replicas, int seed)
    {
        var (settle, before, lost, after) = ReplicasPlan.Seconds(replicas);
        return new Flood(new FloodPlan
        {
            Target = Endpoint.Tcp(IPAddress.Loopback, port),
            Classes = [new FloodClass(user, ReplicaRig.AccountOf(user), 1, 100)],
            Statements = [statement],
            Steps = [.. ((double[])[settle, before, lost, after]).Select(length => new FloodStep(length, perSecond))],
            Clients = FloodClients.BackOff,
        }, TimeProvider.System, seed);
    }
}
