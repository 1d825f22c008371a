using System.Globalization;
using Seawall.Rehearsal.Logins;
using Seawall.Rehearsal.Measures;
using Seawall.Rehearsal.Targets;

namespace Seawall.Rehearsal.Knees;

/// <summary>How the knee is looked for.</summary>
internal sealed record KneePlan
{
    /// <summary>The first rate, in connects a second.</summary>
    public double From { get; init; } = 100;

    /// <summary>The highest that is tried.</summary>
    public double RateMax { get; init; } = 20_000;

    /// <summary>How much higher each is than the one before.</summary>
    public double Factor { get; init; } = 1.5;

    /// <summary>How long each lasts.</summary>
    public double StepSeconds { get; init; } = 3;

    /// <summary>How often the gap between the last good and the first bad rate is halved.</summary>
    public int Halvings { get; init; } = 3;

    /// <summary>Latency, 99 of 100, beyond which a rate is bad.</summary>
    public double P99MsMax { get; init; }

    /// <summary>Refused connects, of 100, beyond which a rate is bad.</summary>
    public double RefusedPercentMax { get; init; }

    /// <summary>The peak that is to be lived through; null when nobody said.</summary>
    public double? Peak { get; init; }

    /// <summary>Where the peak is known from.</summary>
    public string PeakBasis { get; init; } = "stated peak";

    /// <summary>How many times the usual rate a burst has.</summary>
    public double BurstFactor { get; init; } = 3;

    /// <summary>How long a burst lasts.</summary>
    public double BurstSeconds { get; init; } = 5;

    /// <summary>How long a recovery is waited for.</summary>
    public double RecoverySecondsMax { get; init; } = 60;
}

/// <summary>One rate that was tried.</summary>
internal sealed record KneeStep(double Rate, int Offered, double P50Ms, double P99Ms, double RefusedPercent, double LateP99Ms, string Failures, bool IsGood)
{
    // A connect that was begun later than this was not begun when clients would have.
    private const double LateMsMax = 20;

    // Nor was one whose lateness is a larger part of its latency than one of so many.
    private const double LateShare = 10;

    /// <summary>Whether this machine began its connects so late that it says nothing of the server.</summary>
    public bool IsLate { get; init; }

    /// <summary>What seconds of connects come to.</summary>
    public static KneeStep Of(KneePlan plan, double rate, IReadOnlyList<RainSecond> seconds)
    {
        var ms = seconds.SelectMany(second => second.Ms).Order().ToArray();
        var late = seconds.SelectMany(second => second.LateMs).Order().ToArray();
        var due = seconds.Sum(second => second.Due);
        var failed = seconds.SelectMany(second => second.Failed).GroupBy(pair => pair.Key)
            .Select(group => (Why: group.Key, Count: group.Sum(pair => pair.Value))).OrderByDescending(pair => pair.Count).ToArray();
        var refused = due == 0 ? 0 : 100.0 * failed.Sum(pair => pair.Count) / due;
        var (p99, lateP99) = (Quantiles.At(ms, 0.99), Quantiles.At(late, 0.99));
        var isGood = due > 0 && refused <= plan.RefusedPercentMax && p99 <= plan.P99MsMax;
        return new KneeStep(
            rate, due, Quantiles.At(ms, 0.5), p99, refused, lateP99, string.Join(", ", failed.Take(3).Select(pair => $"{pair.Count} × {pair.Why}")), isGood)
        {
            // Of seconds that connects took, some tens of milliseconds are not what was measured.
            IsLate = lateP99 > LateMsMax && !(p99 >= lateP99 * LateShare),
        };
    }
}

/// <summary>What was found of one server.</summary>
internal sealed class KneeOf(Target target, Func<LoginPlan> next)
{
    /// <summary>The server.</summary>
    public Target Target => target;

    /// <summary>Makes the next login.</summary>
    public Func<LoginPlan> Next => next;

    /// <summary>What was tried, in order.</summary>
    public List<KneeStep> Steps { get; } = [];

    /// <summary>The highest rate that was good; 0 when none was.</summary>
    public double Good { get; set; }

    /// <summary>The lowest that was bad, twice; null when none was.</summary>
    public double? Bad { get; set; }

    /// <summary>Whether this machine could not offer more.</summary>
    public bool IsClientsLimit { get; set; }

    /// <summary>Whether nothing is known of it: no rate was good, and none was bad by the server's fault.</summary>
    public bool IsUnknown => Good <= 0 && Bad is null;

    /// <summary>Second by second, through a burst.</summary>
    public IReadOnlyList<RainSecond> Burst { get; set; } = [];

    /// <summary>Seconds from the end of the burst until connects were as before; null when that was not seen.</summary>
    public double? RecoverySeconds { get; set; }

    /// <summary>The usual rate of the burst; 0 when there was none.</summary>
    public double BurstBase { get; set; }

    /// <summary>The step after the server's cache was emptied.</summary>
    public KneeStep? Cold { get; set; }

    /// <summary>Why there is none; empty when there is, or when it was not come to.</summary>
    public string ColdMissing { get; set; } = "";

    /// <summary>Memory of one idle connection in KiB; null where it cannot be read.</summary>
    public double? MemoryKib { get; set; }

    /// <summary>For people.</summary>
    public string Shown => IsUnknown ? "not known" : Bad is null ? $"at least {Good:0}/s" : Good > 0 ? $"{Good:0} to {Bad:0}/s" : $"below {Bad:0}/s";
}

/// <summary>
/// Raises the rate of connects, on both servers in turns, until latency or refusals break the line; then asks how each lives through a burst,
/// an empty cache, and many idle connections. Only for servers that are marked.
/// </summary>
internal sealed class KneeFinder(KneePlan plan, TimeProvider time, int seed, Action<string> say)
{
    /// <summary>What memory of a connection is measured over.</summary>
    public const int IdleConnections = 100;

    private int _seed = seed;

    /// <summary>Looks for both knees.</summary>
    public async Task Find(KneeOf old, KneeOf @new, CancellationToken cancel)
    {
        var turn = 0;
        for (var rate = plan.From; rate <= plan.RateMax; rate *= plan.Factor)
        {
            var open = (turn++ % 2 == 0 ? (KneeOf[])[old, @new] : [@new, old]).Where(one => one.Bad is null && !one.IsClientsLimit).ToArray();
            if (open.Length == 0)
                break;
            foreach (var one in open)
                await Try(one, rate, cancel);
        }
        for (var halving = 0; halving < plan.Halvings; halving++)
        {
            foreach (var one in (KneeOf[])[old, @new])
            {
                if (one.Bad is { } bad && one.Good > 0)
                    await Try(one, Math.Sqrt(one.Good * bad), cancel);
            }
        }
    }

    /// <summary>A burst over a usual rate, and how long it takes until connects are as before.</summary>
    public async Task Burst(KneeOf one, double usual, CancellationToken cancel)
    {
        const double before = 3;
        say($"{one.Target.Name}: {usual:0}/s, then {usual * plan.BurstFactor:0}/s for {plan.BurstSeconds:0} s");
        var rain = new ConnectRain(one.Next, time, _seed++);
        one.Burst = rain.Seconds;
        var ends = (int)(before + plan.BurstSeconds);
        await rain.Run(
            [new(usual, before), new(usual * plan.BurstFactor, plan.BurstSeconds), new(usual, plan.RecoverySecondsMax)],
            now =>
            {
                // The second before the last has nothing under way any more, if all is well.
                for (var at = ends; at < now - 1 && at < rain.Seconds.Count; at++)
                {
                    var second = rain.Seconds[at];
                    if (second.Ended == second.Due && second.Due > 0 && Judge(usual, [second]).IsGood)
                    {
                        one.RecoverySeconds = at - ends;
                        return true;
                    }
                }
                return false;
            }, cancel);
        if (one.RecoverySeconds is null)
            await MustBeThere(one, Judge(usual, rain.Seconds), cancel);
        one.BurstBase = usual;
    }

    /// <summary>Connects at a rate after the server has forgotten all passwords.</summary>
    public async Task Reconnect(KneeOf one, double rate, CancellationToken cancel)
    {
        one.ColdMissing = await one.Target.Forget(time, cancel) ?? "";
        if (one.ColdMissing.Length > 0)
            return;
        var rain = new ConnectRain(one.Next, time, _seed++);
        await rain.Run([new(rate, plan.StepSeconds)], _ => false, cancel);
        var step = Judge(rate, rain.Seconds);
        await MustBeThere(one, step, cancel);
        one.Cold = step;
    }

    /// <summary>What idle connections take of the server's memory.</summary>
    public async Task Memory(KneeOf one, CancellationToken cancel)
    {
        if (one.Target.Process is not { Memory: { } before } process)
            return;
        var open = new List<LoginProbe>();
        try
        {
            for (var i = 0; i < IdleConnections; i++)
            {
                var probe = await LoginProbe.Run(one.Next(), time, cancel);
                open.Add(probe);
                if (!probe.Trace.Outcome.IsIn)
                    return; // It has not room for so many: then nothing is said of it.
            }
            one.MemoryKib = process.Memory is { } after ? (after - before) / 1024.0 / IdleConnections : null;
        }
        finally
        {
            // All at once: a server that does not answer any more would keep each a second.
            await Task.WhenAll(open.Select(probe => probe.Leave(CancellationToken.None)));
        }
    }

    // A rate is bad when it is bad twice: once may be the machine.
    private async Task Try(KneeOf one, double rate, CancellationToken cancel)
    {
        for (var attempt = 0; attempt < 2; attempt++)
        {
            say($"{one.Target.Name}: {rate:0} connects a second");
            var rain = new ConnectRain(one.Next, time, _seed++);
            await rain.Run([new(rate, plan.StepSeconds)], _ => false, cancel);
            var step = Judge(rate, rain.Seconds);
            await MustBeThere(one, step, cancel);
            one.Steps.Add(step);
            if (step.IsGood)
            {
                one.Good = Math.Max(one.Good, rate);
                return;
            }
            if (step.IsLate && attempt == 1)
            {
                one.IsClientsLimit = one.Bad is null;
                return;
            }
        }
        one.Bad = Math.Min(one.Bad ?? rate, rate);
    }

    // Connects that failed because there is no server any more say nothing of the rate that it takes.
    private async Task MustBeThere(KneeOf one, KneeStep step, CancellationToken cancel)
    {
        if (step.IsGood || step.RefusedPercent == 0 || await one.Target.IsThere(time, cancel))
            return;
        throw new RehearsalException(
            string.Create(CultureInfo.InvariantCulture, $"the {one.Target.Name} server ({one.Target.Dsn}) was lost at {step.Rate:0.#} ")
            + $"connects a second ({step.Failures}): whether they did it, its log may say. Trying again is safe once it is there");
    }

    internal KneeStep Judge(double rate, IReadOnlyList<RainSecond> seconds) => KneeStep.Of(plan, rate, seconds);
}
