using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Floodgates.Holds;
using Seawall.Engine.Telemetry.Views;

namespace Seawall.Engine.Flow;

/// <summary>What a client hears whose statement was refused before the sluice: why, and which setting has said so.</summary>
internal static class HoldWords
{
    /// <summary>The words, and after how long to try again at the soonest; null for reasons that are the sluice's.</summary>
    internal static string? Of(Applicant applicant, Sluice sluice, long nowMs, out long afterMs)
    {
        afterMs = 0;
        if (applicant.Hold is not { } hold)
            return null;
        var rule = hold.Rule is { } named ? $"rule '{named.Name}'" : "no rule";
        var shed = $"shed class={StatementClasses.Word(applicant.Class)} reason={SnakeCase.Of(applicant.Reason)}";
        switch (applicant.Reason)
        {
            case ShedReason.Brownout when hold.Cut is { } cut:
                afterMs = Math.Max(0, cut.Order.UntilMs - nowMs);
                var done = cut.Group.Action switch
                {
                    BrownoutAction.Off => "is switched off",
                    BrownoutAction.Share => $"is cut down to {cut.Group.Share} hundredths (cohort={applicant.Cohort})",
                    BrownoutAction.Cache =>
                        $"is answered with what is known, which this is not, and else slowed down to {cut.Group.Pace!.PerSecond} in a second",
                    BrownoutAction.Slow => $"is slowed down to {cut.Group.Pace!.PerSecond} in a second",
                };
                return $"'{cut.Group.Name}' {done} for another {(afterMs + 999) / 1_000} s, by a brown-out ({cut.Order.What}); {shed}";
            case ShedReason.Pace when hold.Pace is { } pace:
                afterMs = Math.Max(applicant.LimitMs, pace.Ask(nowMs));
                return $"{rule} lets {pace.Limits.PerSecond} of its statements begin in a second (classes.pace_per_second), and this one would have "
                    + $"waited longer than it may; {shed} classes.pace_wait_ms_max={applicant.LimitMs}";
            case ShedReason.Lag when hold.Brake is { } brake:
                afterMs = Math.Max(applicant.LimitMs, brake.Pace.Ask(nowMs));
                return $"{brake.Cause}, so {brake.Pace.Limits.PerSecond} writes of low classes begin in a second, and this one would have waited "
                    + $"longer than it may; {shed} overload.lag_wait_ms_max={applicant.LimitMs}";
            case ShedReason.Defer:
                afterMs = applicant.LimitMs;
                var setting = hold.Rule?.DeferMsMax is null ? "overload.defer_ms_max" : "classes.defer_ms_max";
                return $"it can be done at another time, and for {applicant.LimitMs} ms there was no room for it ({sluice.Running} of {sluice.Limit} "
                    + $"run); {shed} {setting}={applicant.LimitMs}";
            case ShedReason.DeferFull:
                afterMs = hold.DeferMsMax;
                return $"it can be done at another time, and {applicant.LimitMs} of these wait already; {shed} overload.defer_max={applicant.LimitMs}";
            case ShedReason.DeferBytes:
                afterMs = hold.DeferMsMax;
                return $"it can be done at another time, and those that wait hold too many bytes; {shed} overload.defer_bytes_max={applicant.LimitMs}";
            default:
                return null;
        }
    }
}
