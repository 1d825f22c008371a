using System.Globalization;
using System.Net;
using Seawall.Bench.Measure;
using Seawall.Bench.Run;
using Seawall.Engine.Loops;
using Seawall.Rehearsal.Floods;

namespace Seawall.Bench.Overload;

/// <summary>One run through one way: what came of it, and what it cost.</summary>
/// <param name="Way">direct, haproxy or seawall.</param>
/// <param name="Plan">What was asked.</param>
/// <param name="Ledger">What became of it.</param>
/// <param name="LoadCpu">Processors that the load used.</param>
/// <param name="ProxyCpu">Processors that what stands between used.</param>
/// <param name="ServerCpu">Processors that the server used.</param>
/// <param name="Speed">What the server could do right after it, in times of what it could right before.</param>
/// <param name="ServerSeconds">Processor time that the server used, in seconds.</param>
internal sealed record FloodRun(
    string Way, FloodPlan Plan, FloodLedger Ledger, double LoadCpu, double ProxyCpu, double ServerCpu, double Speed, double ServerSeconds)
{
    /// <summary>Whether the machine did not stay what it was: then the load was more or less than it is called.</summary>
    internal bool IsUnsteady => Steadiness.IsUnsteady(Speed);

    /// <summary>Requests a second that the server could do meanwhile: between what it could right before and right after.</summary>
    internal double Capacity => FloodGround.Capacity(Plan.Statements) * (1 + Speed) / 2;

    /// <summary>
    /// The work that was answered, in time or late, in times of the processor time that the server used for all that it did: 1 when statements took
    /// what they took right before.
    /// </summary>
    internal double Pace => Ledger.Fates.Sum(fate => fate.AnsweredMs is null ? 0 : fate.WorkMs) / 1e3 / ServerSeconds;

    /// <summary>Whether the load could not keep to its own times: then the run says nothing about the way.</summary>
    internal bool IsLate => Enumerable.Range(0, Plan.Steps.Count).Any(step => Ledger.LagMs(step, 0.99) > Steadiness.LagMsMax);

    /// <summary>What became of the requests of a class that were due in this time.</summary>
    internal IReadOnlyList<FloodFate> Fates(double from, double to, int ofClass) =>
        [.. Ledger.Fates.Where(fate => fate.Class == ofClass && fate.DueSeconds >= from && fate.DueSeconds < to)];

    /// <summary>
    /// The share of the requests of a class of this time that could have been answered in time, had the server done nothing else, at what it can do.
    /// </summary>
    internal double Fits(double from, double to, int ofClass)
    {
        var slower = FloodGround.Capacity(Plan.Statements) / Capacity;
        var fates = Fates(from, to, ofClass);
        return fates.Count == 0 ? 1
            : (double)FloodFit.Most([.. fates.Select(fate => (fate.DueSeconds * 1e3, fate.WorkMs * slower))], Plan.PatienceMs) / fates.Count;
    }

    /// <summary>The work that was done in time, for requests of this time, in times of what the server can do.</summary>
    internal double Goodput(double from, double to, int? ofClass = null) =>
        Ledger.Count(from, to, ofClass).GoodMs / Plan.WorkMsMean / (to - from) / Capacity;
}

/// <summary>Runs floods through the ways, one after the other, each on a server that is quiet.</summary>
internal sealed class FloodRuns(FloodServer server, IReadOnlyList<Contestant> ways)
{
    /// <summary>More seeds than anybody runs: a run that is repeated has another one.</summary>
    private const int SeedsMax = 100;

    internal IReadOnlyList<Contestant> Ways => ways;

    internal FloodServer Server => server;

    internal Task<FloodRun> Run(Contestant way, FloodClients clients, params IEnumerable<(double Seconds, double Load)> steps) =>
        Run(way, clients, 1, steps.Select(step => (step.Seconds, step.Load, (int?)null)));

    /// <summary>The same with requests that come at other moments, and are others; steps with one seed have the same.</summary>
    internal async Task<FloodRun> Run(Contestant way, FloodClients clients, int seed, IEnumerable<(double Seconds, double Load, int? Seed)> steps)
    {
        for (var tries = 1; ; tries++)
        {
            var plan = new FloodPlan
            {
                Target = Endpoint.Tcp(IPAddress.Loopback, way.Port),
                Classes = FloodServer.Classes,
                Statements = server.Statements,
                Steps = [.. steps.Select(step => new FloodStep(step.Seconds, step.Load * server.Capacity, step.Seed))],
                Clients = clients,
            };
            var run = await Once(way, plan, seed: seed + (SeedsMax * (tries - 1)));
            if ((!run.IsLate && !run.IsUnsteady) || tries == Steadiness.TriesMax)
                return run;
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{way.Name}: {(run.IsLate ? "the load was late" : $"the server's processor does {run.Speed:F2} of what it did")}, and it is run again"));
        }
    }

    private async Task<FloodRun> Once(Contestant way, FloodPlan plan, int seed)
    {
        GC.Collect();
        var (load, proxy, mariaDb) = Cpu(way);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        using var flood = new Flood(plan, TimeProvider.System, seed);
        var ledger = await flood.Run(CancellationToken.None);
        var seconds = clock.Elapsed.TotalSeconds;
        var after = Cpu(way);
        await server.BeQuiet();
        await server.Calibrate();
        var run = new FloodRun(way.Name, plan, ledger, (after.Load - load) / seconds, (after.Proxy - proxy) / seconds,
            (after.Server - mariaDb) / seconds, server.Capacity / FloodGround.Capacity(plan.Statements), after.Server - mariaDb);
        var errors = ledger.Errors.OrderByDescending(error => error.Value).Take(4)
            .Select(error => string.Create(CultureInfo.InvariantCulture, $"{error.Value} {error.Key}"));
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  {way.Name}: {ledger.Count(0, plan.Seconds).Success:P1} in time; {ledger.Tries} tries, {ledger.Logins} logins; processors: "
            + $"load {run.LoadCpu:F2}, proxy {run.ProxyCpu:F2}, server {run.ServerCpu:F2}; speed {run.Speed:F2}; {string.Join("; ", errors)}"));
        return run;
    }

    private (double Load, double Proxy, double Server) Cpu(Contestant way) => (
        FloodServer.CpuSeconds(Environment.ProcessId), way.Pid > 0 ? FloodServer.CpuSeconds(way.Pid) : 0,
        FloodServer.CpuSeconds(server.Pid));
}
