using System.Diagnostics;
using System.Globalization;
using Seawall.Bench.Measure;
using Seawall.Bench.Overload;
using Seawall.Bench.Run;
using Seawall.Rehearsal.Measures;
using Seawall.Rehearsal.Sessions;

namespace Seawall.Bench.Replicas;

/// <summary>What it costs a replica to be asked before each read whether it is up to date, and what Seawall's way costs it.</summary>
internal sealed class CostPart(ReplicasPlan plan, ReplicaRig rig, Contestant seawall)
{
    private const int Sessions = 8;
    private const double WritesPerSecond = 20;

    internal static FigureTable Table() => new("kind", "check", "reads_per_s", "done_per_s", "replica_cpu", "own_cpu", "p50_ms", "p99_ms");

    internal async Task Measure(FigureTable table)
    {
        foreach (var check in ReplicasPlan.Checks)
        {
            foreach (var rate in plan.Rates)
                await One(table, check, rate);
        }
    }

    private async Task One(FigureTable table, string check, double rate)
    {
        var replica = rig.Replicas[0];
        var target = check == "seawall" ? seawall.Port : replica.Port;
        var sessions = new List<ServerSession>();
        using var watch = await ReplicaRig.Session(replica.Port);
        using var primary = await ReplicaRig.Session(rig.Primary.Port);
        try
        {
            for (var i = 0; i < Sessions; i++)
                sessions.Add(await ReplicaRig.Session(target));
            using var ends = new CancellationTokenSource();
            // Sessions that write and read back what they wrote keep Seawall's questions as busy as they ever are.
            var writes = Write(await Kept(sessions, check == "seawall" ? target : rig.Primary.Port), check == "seawall", ends.Token);
            var position = (await primary.Query(rig.Position))[0][0]!;
            await Load(sessions, check, position, rate, seconds: 1, new Latencies[Sessions]);
            var threads = await rig.ThreadsOf(watch, "monitor");
            var (cpu, own) = (ProcessFigures.CpuNs(replica.Pid), OwnNs(replica.Pid, threads));
            var clock = Stopwatch.StartNew();
            var took = Enumerable.Range(0, Sessions).Select(_ => new Latencies()).ToArray();
            await Load(sessions, check, position, rate, plan.CostSeconds, took);
            var ns = clock.Elapsed.TotalNanoseconds;
            (cpu, own) = (ProcessFigures.CpuNs(replica.Pid) - cpu, OwnNs(replica.Pid, threads) - own);
            await ends.CancelAsync();
            await writes;
            table.Add(rig.Kind, check, rate, took.Sum(one => one.Count) / (ns / 1e9), cpu / ns, check == "seawall" ? own / ns : 0.0,
                Latencies.QuantileUs(0.5, took) / 1e3, Latencies.QuantileUs(0.99, took) / 1e3);
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  {rig.Kind} {check} {rate:F0}/s: {cpu / ns:P1} of a processor, Seawall's own {own / ns:P2} ({threads.Length} connections)"));
        }
        finally
        {
            foreach (var session in sessions)
                session.Dispose();
        }
    }

    private static async Task<ServerSession> Kept(List<ServerSession> sessions, int port)
    {
        var session = await ReplicaRig.Session(port);
        sessions.Add(session);
        return session;
    }

    private static async Task Write(ServerSession session, bool readsBack, CancellationToken ends)
    {
        while (!ends.IsCancellationRequested)
        {
            await session.Query(ReplicaRig.Beat);
            try
            {
                if (readsBack)
                    await session.Query(ReplicaRig.Point(1));
            }
            catch (InvalidOperationException)
            {
                // It has not come in time, and is told so; the questions for it were asked all the same.
            }
            await Task.Delay((int)(1_000 / WritesPerSecond), CancellationToken.None);
        }
    }

    private Task Load(List<ServerSession> sessions, string check, string position, double rate, double seconds, Latencies[] took) =>
        Task.WhenAll(sessions.Take(Sessions).Select((session, i) => Task.Run(() => Ask(session, check, position, rate / Sessions, seconds, i, took[i]))));

    private async Task Ask(ServerSession session, string check, string position, double rate, double seconds, int seed, Latencies? took)
    {
        var (random, clock, due) = (new Random(seed), Stopwatch.StartNew(), 0.0);
        var wait = rig.Wait(position, seconds: 1);
        while ((due -= Math.Log(1 - random.NextDouble()) / rate) < seconds)
        {
            var left = due - clock.Elapsed.TotalSeconds;
            if (left > 0.0005)
                await Task.Delay(TimeSpan.FromSeconds(left));
            var began = Stopwatch.GetTimestamp();
            if (check == "status")
                await session.Query(rig.Status);
            else if (check == "wait")
                await session.Query(wait);
            await session.Query(ReplicaRig.Point(random.Next(1_000_000)));
            took?.Record((long)Stopwatch.GetElapsedTime(began).TotalNanoseconds);
        }
    }

    private static long OwnNs(int pid, int[] threads) => threads.Sum(thread =>
    {
        try
        {
            return long.Parse(File.ReadAllText($"/proc/{pid}/task/{thread}/schedstat").Split(' ')[0], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0; // It has ended.
        }
    });
}
