using System.Globalization;
using Seawall.Rehearsal.Reports;

namespace Seawall.Rehearsal.Knees;

/// <summary>What servers can take, as a part of the report.</summary>
internal static class KneeReport
{
    /// <summary>Its part of the report; what was not measured is unknown.</summary>
    public static Section Make(KneeOf old, KneeOf @new, KneePlan plan, Budgets budgets)
    {
        var line = string.Create(CultureInfo.InvariantCulture, $"p99 below {plan.P99MsMax:0} ms, at most {plan.RefusedPercentMax:0.##} % refused");
        return new Section("NEW CONNECTIONS, UNDER LOAD",
        [
            Knee(old, @new, plan, budgets, line), Headroom(old, @new, plan, budgets), AtPeak(old, @new, plan), Recovery(old, @new, budgets),
            Cold(old, @new), Memory(old, @new, budgets),
        ], [.. Findings(old), .. Findings(@new)])
        {
            Plots =
            [
                new("Connect latency, 99 of 100, by rate", "connects a second", "ms",
                    [.. new[] { old, @new }.Select(one => new PlotLine(one.Target.Name, [.. one.Steps.Where(step => double.IsFinite(step.P99Ms))
                        .OrderBy(step => step.Rate).Select(step => (step.Rate, step.P99Ms))]))]),
                new("Through a burst: connects that got in, each second", "seconds", "a second",
                    [.. new[] { old, @new }.Select(one => new PlotLine(
                        one.Target.Name, [.. one.Burst.Select((second, at) => ((double)at, (double)second.Ms.Count))]))]),
            ],
        };
    }

    // Each knee lies between a rate that was good and one that was bad twice: only when the two gaps do not touch is one lower.
    private static Measure Knee(KneeOf old, KneeOf @new, KneePlan plan, Budgets budgets, string line)
    {
        var allowed = 1 - (budgets.KneePercent / 100);
        var basis = $"{line}; {old.Steps.Count} + {@new.Steps.Count} steps of {plan.StepSeconds:0.#} s";
        var grade = old.Steps.Count == 0 || @new.Steps.Count == 0 || old.IsUnknown || @new.IsUnknown ? Grade.Unknown
            : double.IsInfinity(budgets.KneePercent) ? Grade.Note
            : @new.Bad is { } bad && bad < old.Good * allowed ? Grade.Fail
            : @new.Good >= (old.Bad ?? old.Good) * allowed ? Grade.Pass
            : plan.Peak is not null ? Grade.Note : Grade.Unknown;
        var change = old.Good > 0 && @new.Good > 0 ? Signed((@new.Good / old.Good - 1) * 100) : "?";
        return new("knee: the highest rate of connects", old.Shown, @new.Shown, change, $"-{budgets.KneePercent:0.#} %", grade, basis);
    }

    private static Measure Headroom(KneeOf old, KneeOf @new, KneePlan plan, Budgets budgets)
    {
        var budget = string.Create(CultureInfo.InvariantCulture, $">= {budgets.HeadroomMin:0.##}x");
        if (plan.Peak is not { } peak)
            return new("headroom over the peak", "?", "?", "", budget, Grade.Note, "no peak was stated (--peak), and no capture has one (--capture)");
        var grade = @new.Steps.Count == 0 ? Grade.Unknown
            : @new.Good / peak >= budgets.HeadroomMin ? Grade.Pass
            : @new.Bad is { } bad && bad / peak < budgets.HeadroomMin ? Grade.Fail : Grade.Unknown;
        return new("headroom over the peak", Times(old.Good / peak, old.Bad is null), Times(@new.Good / peak, @new.Bad is null), "", budget, grade,
            string.Create(CultureInfo.InvariantCulture, $"{plan.PeakBasis} of {peak:0.#}/s"));
    }

    private static Measure AtPeak(KneeOf old, KneeOf @new, KneePlan plan)
    {
        var rate = plan.Peak ?? old.Good;
        KneeStep? At(KneeOf one) => one.Steps.Where(step => step.IsGood).OrderBy(step => Math.Abs(step.Rate - rate)).FirstOrDefault();
        string Shown(KneeStep? step) => step is null ? "?" : string.Create(CultureInfo.InvariantCulture, $"{step.P50Ms:0.0} / {step.P99Ms:0.0}");
        return new($"connect p50 / p99 near {rate:0}/s (ms)", Shown(At(old)), Shown(At(@new)), "", "", Grade.Note, "from when it was due");
    }

    private static Measure Recovery(KneeOf old, KneeOf @new, Budgets budgets)
    {
        static string Shown(KneeOf one) => one.BurstBase <= 0 ? "?" : one.RecoverySeconds is { } seconds ? $"{seconds:0} s" : "none seen";
        var grade = @new.BurstBase <= 0 ? Grade.Unknown
            : double.IsInfinity(budgets.RecoverySecondsMax) ? Grade.Note
            : @new.RecoverySeconds is { } took && took <= budgets.RecoverySecondsMax ? Grade.Pass : Grade.Fail;
        var budget = string.Create(CultureInfo.InvariantCulture, $"<= {budgets.RecoverySecondsMax:0} s");
        return new("recovery after a burst", Shown(old), Shown(@new), "", budget, grade,
            $"three times {old.BurstBase:0}/s for five seconds; seconds until a whole one was good again");
    }

    private static Measure Cold(KneeOf old, KneeOf @new)
    {
        static string Shown(KneeOf one)
        {
            if (one.Cold is not { } step)
                return "?";
            var failed = step.RefusedPercent > 0 ? string.Create(CultureInfo.InvariantCulture, $", {step.RefusedPercent:0.#} % failed") : "";
            return string.Create(CultureInfo.InvariantCulture, $"{step.P50Ms:0.0} / {step.P99Ms:0.0}{failed}");
        }
        return new("connect p50 / p99 after the cache was emptied (ms)", Shown(old), Shown(@new), "", "", Grade.Note, "FLUSH PRIVILEGES; no restart");
    }

    // So little is the noise of an allocator, spread over the connections; and growth that small was not that of connections.
    private const double MemoryNoiseKib = 32;

    private static Measure Memory(KneeOf old, KneeOf @new, Budgets budgets)
    {
        var most = budgets.ConnectionMemoryPercent;
        var grade = double.IsInfinity(most) ? Grade.Note
            : old.MemoryKib is not { } before || @new.MemoryKib is not { } after ? Grade.Unknown
            : after > (before * (1 + (most / 100))) + MemoryNoiseKib ? before < MemoryNoiseKib / 2 && after < MemoryNoiseKib * 4 ? Grade.Unknown : Grade.Fail
            : before < MemoryNoiseKib / 2 ? Grade.Unknown : Grade.Pass;
        static string Shown(KneeOf one) => one.MemoryKib is { } kib ? string.Create(CultureInfo.InvariantCulture, $"{kib:0} KiB") : "?";
        return new("memory of an idle connection", Shown(old), Shown(@new),
            old.MemoryKib is > 0 and var was && @new.MemoryKib is { } becomes ? Signed((becomes / was - 1) * 100) : "",
            double.IsInfinity(most) ? "" : string.Create(CultureInfo.InvariantCulture, $"+{most:0.#} %"), grade,
            $"growth of the process over {KneeFinder.IdleConnections} connections, once: memory that it had already is not seen");
    }

    private static IEnumerable<Finding> Findings(KneeOf one)
    {
        if (one.IsClientsLimit)
        {
            yield return new(Grade.Note, one.IsUnknown
                ? $"this machine could not offer the {one.Target.Name} server the first rate in time, and nothing is known of its knee: begin lower (--from), "
                    + "or on a machine with less to do"
                : $"beyond {one.Good:0}/s this machine could not offer the {one.Target.Name} server connects in time: the knee is at least that");
        }
        if (one.Steps.LastOrDefault(step => !step.IsGood && !step.IsLate) is { } bad)
        {
            var why = bad.Failures.Length > 0 ? $" ({bad.Failures})" : "";
            yield return new(Grade.Note, string.Create(CultureInfo.InvariantCulture,
                $"the {one.Target.Name} server at {bad.Rate:0}/s: p99 {bad.P99Ms:0} ms, {bad.RefusedPercent:0.##} % failed{why}"));
        }
    }

    private static string Times(double value, bool isLeast) => string.Create(CultureInfo.InvariantCulture, $"{(isLeast ? ">= " : "")}{value:0.##}x");

    private static string Signed(double percent) => percent.ToString("+0;-0;0", CultureInfo.InvariantCulture) + " %";
}
