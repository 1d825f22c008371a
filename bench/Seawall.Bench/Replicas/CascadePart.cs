using System.Diagnostics;
using System.Globalization;
using System.Net;
using Seawall.Bench.Measure;
using Seawall.Bench.Overload;
using Seawall.Engine.Loops;
using Seawall.Rehearsal.Floods;

namespace Seawall.Bench.Replicas;

/// <summary>A way to a set of servers: where reads go, and where all else; where it tells of itself, if it does.</summary>
internal sealed record SetWay(string Name, int ReadPort, int WritePort, int? MetricsPort);

/// <summary>Replicas are killed for ten seconds and started again, under reads and the primary's own work.</summary>
internal sealed class CascadePart(ReplicasPlan plan, ReplicaRig rig, IReadOnlyList<SetWay> ways)
{
    internal static FigureTable Seconds() => new("kind", "way", "lost", "load", "second", "own_in_time", "own_per_s", "own_p95_ms", "primary_cpu",
        "spilled", "reads_in_time", "reads_per_s");

    internal static FigureTable Sums() => new("kind", "way", "lost", "load", "returned_after_s", "own_before", "own_lost", "own_answers",
        "own_p99_before_ms", "own_p99_lost_ms", "own_p99_first_second_ms", "own_p50_before_ms", "own_p50_lost_ms", "spilled_per_s",
        "reads_before", "reads_lost", "reads_after", "speed", "late_seconds");

    internal async Task Measure(FigureTable seconds, FigureTable sums)
    {
        foreach (var (name, lost, load) in plan.Falls)
        {
            var way = ways.Single(one => one.Name == name);
            for (var tries = 1; ; tries++)
            {
                var before = await Quiet();
                var fall = await One(way, lost, load);
                var speed = before / await Quiet();
                if (!Steadiness.IsUnsteady(speed) || tries == Steadiness.TriesMax)
                {
                    Note(seconds, sums, fall, speed);
                    break;
                }
                Console.Error.WriteLine(
                    string.Create(CultureInfo.InvariantCulture, $"  the primary's processor does {speed:F2} of what it did, and it is run again"));
            }
        }
    }

    // What the processor takes for the same work, when nobody else works.
    private async Task<double> Quiet()
    {
        await rig.CatchUp();
        await rig.BeQuiet();
        return await rig.SortingMs();
    }

    private async Task<Fall> One(SetWay way, int lost, double load)
    {
        var (settle, before, gone, after) = ReplicasPlan.Seconds(lost);
        var (lostAt, total) = (settle + before, settle + before + gone + after);
        using var own = Flow(way.WritePort, "own", rig.Own, plan.OwnLoad * rig.OwnCapacity, total, seed: 1);
        using var reads = Flow(way.ReadPort, "reads", rig.Read, load * rig.Replicas.Count * rig.Capacity, total, seed: 2);
        using var ends = new CancellationTokenSource();
        var beats = Beat(ends.Token);
        var clock = Stopwatch.StartNew();
        var ledgers = Task.WhenAll(own.Run(CancellationToken.None), reads.Run(CancellationToken.None));
        var watched = Watch(way, total, Until);
        await Until(lostAt);
        rig.Lose(lost);
        await Until(lostAt + gone);
        await rig.Return();
        var returned = clock.Elapsed.TotalSeconds;
        await ledgers;
        await ends.CancelAsync();
        await beats;
        var (cpu, spilled) = await watched;
        foreach (var ledger in (FloodLedger[])[own.Ledger, reads.Ledger])
        {
            Console.Error.WriteLine($"  {rig.Kind} {way.Name} {lost} lost at {load}: " + string.Join("; ", ledger.Errors
                .OrderByDescending(error => error.Value).Take(4).Select(error => string.Create(CultureInfo.InvariantCulture, $"{error.Value} {error.Key}"))));
        }
        return new Fall(way, lost, load, returned, own.Ledger, reads.Ledger, cpu, spilled);

        async Task Until(double second)
        {
            if (second - clock.Elapsed.TotalSeconds is > 0 and var left)
                await Task.Delay(TimeSpan.FromSeconds(left));
        }
    }

    private void Note(FigureTable seconds, FigureTable sums, Fall fall, double speed)
    {
        var (settle, before, gone, after) = ReplicasPlan.Seconds(fall.Lost);
        var (lostAt, total) = (settle + before, settle + before + gone + after);
        var (own, reads) = (fall.Own, fall.Reads);
        for (var second = 0; second < total; second++)
        {
            var (mine, theirs) = (own.Count(second, second + 1), reads.Count(second, second + 1));
            seconds.Add(rig.Kind, fall.Way.Name, fall.Lost, fall.Load, second, mine.Success, (double)mine.Good, own.LatencyMs(second, 0.95),
                fall.Cpu[second], fall.Spilled[second], theirs.Success, (double)theirs.Good);
        }
        var back = Math.Min(total - 1, fall.Returned + ReplicasPlan.RecoverSeconds);
        var (was, now) = (own.Count(settle, lostAt), own.Count(lostAt, lostAt + gone));
        var late = Enumerable.Range(0, total).Count(second => Math.Max(own.LagMs(second, 0.99), reads.LagMs(second, 0.99)) > Steadiness.LagMsMax);
        sums.Add(rig.Kind, fall.Way.Name, fall.Lost, fall.Load, fall.Returned - lostAt - gone, was.Success, now.Success, now.Good + now.Late,
            own.LatencyMs(settle, lostAt, 0.99), own.LatencyMs(lostAt, lostAt + gone, 0.99), own.LatencyMs(lostAt, 0.99),
            own.LatencyMs(settle, lostAt, 0.5), own.LatencyMs(lostAt, lostAt + gone, 0.5),
            fall.Spilled.Skip(lostAt).Take(gone).Average(), reads.Count(settle, lostAt).Success,
            reads.Count(lostAt, lostAt + gone).Success, reads.Count(back, total).Success, speed, late);
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  in time, the primary's own: before {was.Success:F3}, lost {now.Success:F3}; "
            + $"reads: before {reads.Count(settle, lostAt).Success:F3}, lost {reads.Count(lostAt, lostAt + gone).Success:F3}, "
            + $"after {reads.Count(back, total).Success:F3}; speed {speed:F2}"));
    }

    /// <summary>What came of one run.</summary>
    /// <param name="Way">Through what.</param>
    /// <param name="Lost">Replicas that were lost.</param>
    /// <param name="Load">Reads, of what all of them can do.</param>
    /// <param name="Returned">When they were there again, in seconds.</param>
    /// <param name="Own">The primary's own statements.</param>
    /// <param name="Reads">Reads.</param>
    /// <param name="Cpu">What of a processor the primary took, in each second.</param>
    /// <param name="Spilled">Reads that went to it in the place of replicas, in each second.</param>
    private sealed record Fall(
        SetWay Way, int Lost, double Load, double Returned, FloodLedger Own, FloodLedger Reads, double[] Cpu, double[] Spilled);

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

    // In each second: what of a processor the primary took, and reads that went to it in the place of replicas.
    private async Task<(double[] Cpu, double[] Spilled)> Watch(SetWay way, int seconds, Func<double, Task> until)
    {
        var (cpu, spilled) = (new double[seconds], new double[seconds]);
        using var http = new HttpClient();
        var (ns, reads) = (ProcessFigures.CpuNs(rig.Primary.Pid), await SpilledBy(http, way));
        for (var second = 0; second < seconds; second++)
        {
            await until(second + 1);
            var (nsNow, readsNow) = (ProcessFigures.CpuNs(rig.Primary.Pid), await SpilledBy(http, way));
            (cpu[second], spilled[second]) = ((nsNow - ns) / 1e9, readsNow - reads);
            (ns, reads) = (nsNow, readsNow);
        }
        return (cpu, spilled);
    }

    private static async Task<double> SpilledBy(HttpClient http, SetWay way)
    {
        if (way.MetricsPort is not { } port)
            return 0;
        const string name = "seawall_spilled_reads_total";
        var text = await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/metrics"));
        return text.Split('\n').Where(line => line.StartsWith(name, StringComparison.Ordinal))
            .Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
    }

    // A step of the load for each second, so that what they took is told apart.
    private Flood Flow(int port, string user, FloodStatement statement, double perSecond, int seconds, int seed) => new(new FloodPlan
    {
        Target = Endpoint.Tcp(IPAddress.Loopback, port),
        Classes = [new FloodClass(user, ReplicaRig.AccountOf(user), 1, 100)],
        Statements = [statement],
        Steps = [.. Enumerable.Repeat(new FloodStep(1, perSecond), seconds)],
        Clients = FloodClients.BackOff,
        SaysDeadlines = plan.SaysDeadlines,
    }, TimeProvider.System, seed);
}
