using Seawall.Rehearsal.Reports;

namespace Seawall.Rehearsal.Restarts;

/// <summary>Everybody connecting again after a restart, as a part of the report.</summary>
internal static class RestartReport
{
    private const string Title = "NEW CONNECTIONS, AFTER A RESTART";
    private const string LastIn = "the last client is in again";

    /// <summary>Its part of the report when nothing could be restarted at all.</summary>
    public static Section None(string reason) => new(Title, [new(LastIn, "?", "?", "", "", Grade.Unknown, reason)], []);

    /// <summary>Its part of the report; what was not measured is unknown.</summary>
    public static Section Make(RestartOf old, RestartOf @new, int clients, string basis, Budgets budgets) => new(Title,
    [
        Last(old, @new, budgets, $"from the first greeting; {clients} clients ({basis}), each once, at chance times within a second; one restart each"),
        Failed(old, @new, budgets), Latency(old, @new), RoundTrips(old, @new), Back(old, @new),
    ], [.. Findings(old), .. Findings(@new)]);

    private static Measure Last(RestartOf old, RestartOf @new, Budgets budgets, string basis)
    {
        static string Shown(Comeback seen) => seen.In == 0 ? "nobody" : Text($"{seen.LastIn:0.0} s");
        // Where this machine was the slower one, it is not the server that took so long.
        var isWithin = @new.Seen is not { } seen || (seen.All.IsLate && seen.LastIn > budgets.ReconnectSecondsMax) ? (bool?)null
            : seen.In > 0 && seen.LastIn <= budgets.ReconnectSecondsMax;
        return new(LastIn, Of(old, Shown), Of(@new, Shown), "", Text($"<= {budgets.ReconnectSecondsMax:0.#} s"),
            Judge(isWithin, old, @new, budgets.ReconnectSecondsMax), basis);
    }

    private static Measure Failed(RestartOf old, RestartOf @new, Budgets budgets)
    {
        var isWithin = @new.Seen is { } seen ? seen.All.RefusedPercent <= budgets.RefusedPercentMax : (bool?)null;
        return new("clients that were not let in again", Of(old, Shown), Of(@new, Shown), "", Text($"<= {budgets.RefusedPercentMax:0.##} %"),
            Judge(isWithin, old, @new, budgets.RefusedPercentMax), "nothing is tried again");

        static string Shown(Comeback seen) => Text($"{seen.All.RefusedPercent:0.##} %");
    }

    private static Measure Latency(RestartOf old, RestartOf @new) =>
        new("connect p50 / p99 after a restart (ms)", Of(old, Shown), Of(@new, Shown), "", "", Grade.Note, "from when it was due");

    private static string Shown(Comeback seen) => seen.In == 0 ? "?" : Text($"{seen.All.P50Ms:0.0} / {seen.All.P99Ms:0.0}");

    // By how much it is more than a login that the server knows, and for how many, is what lengthens everybody's.
    private static Measure RoundTrips(RestartOf old, RestartOf @new)
    {
        static string Trips(Comeback seen) => seen.In == 0 ? "?" : Text($"{seen.RoundTrips:0.00}");
        static string Proofs(RestartOf one) => one.Seen is { } seen ? $"{seen.Proofs} of {seen.In}" : "?";
        var change = old.Seen is { In: > 0 } before && @new.Seen is { In: > 0 } after
            ? Text($"{(after.RoundTrips / before.RoundTrips - 1) * 100:+0;-0;0} %") : "";
        return new("round trips of a login after a restart", Of(old, Trips), Of(@new, Trips), change, "", Grade.Note,
            $"logins that proved the password anew, as the server's cache did not know it: {Proofs(old)} (old), {Proofs(@new)} (new)");
    }

    private static Measure Back(RestartOf old, RestartOf @new)
    {
        static string Seconds(RestartOf one) => one.BackSeconds is { } seconds ? Text($"{seconds:0.0} s") : "?";
        return new("from the command to the greeting", Seconds(old), Seconds(@new), "", "", Grade.Note,
            "what the command itself takes is in it; one restart each");
    }

    // A server that is beyond its budget is so without another beside it; that one is within it says little where nobody knows how it was before.
    private static Grade Judge(bool? isWithin, RestartOf old, RestartOf @new, double budget) => @new.Seen is null ? Grade.Unknown
        : double.IsInfinity(budget) ? Grade.Note
        : isWithin == false ? Grade.Fail
        : isWithin == true && old.Seen is not null ? Grade.Pass : Grade.Unknown;

    private static IEnumerable<Finding> Findings(RestartOf one)
    {
        if (one.Seen is { All.Failures.Length: > 0 } seen)
            yield return new(Grade.Note, Text($"the {one.Target.Name} server after its restart: {seen.All.Failures} of {seen.All.Offered} clients"));
        if (one.Seen is { All.IsLate: true } late)
        {
            yield return new(Grade.Note,
                Text($"this machine let clients of the {one.Target.Name} server begin late (99 of 100 by less than {late.All.LateP99Ms:0} ms): ")
                + "with less to do it may show the server faster");
        }
    }

    private static string Of(RestartOf one, Func<Comeback, string> shown) => one.Seen is { } seen ? shown(seen) : "?";

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
