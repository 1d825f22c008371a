using Seawall.Rehearsal.Knees;
using Seawall.Rehearsal.Logins;
using Seawall.Rehearsal.Targets;

namespace Seawall.Rehearsal.Restarts;

/// <summary>What restarts the servers, and who comes back then.</summary>
internal sealed record RestartPlan
{
    /// <summary>The option that names the command of a server.</summary>
    public static string OptionOf(Target target) => $"--{target.Name}-restart";

    /// <summary>The command that restarts the old server; null when none was named.</summary>
    public string? Old { get; init; }

    /// <summary>The command that restarts the new one.</summary>
    public string? New { get; init; }

    /// <summary>How long a restart may take, from the command to the greeting.</summary>
    public TimeSpan TimeMax { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>How many clients come back; null when nobody said.</summary>
    public int? Clients { get; init; }

    /// <summary>Whether there is anything to restart.</summary>
    public bool IsAsked => Old is not null || New is not null;

    /// <summary>
    /// How many come back, and why so many: as many as were said; as the capture had at one time, or as come in a second of the peak, whichever is more
    /// (who stays but a moment is not there at one time, and comes back as well); or as the load of the knee has. 0 when none of it is known.
    /// </summary>
    public (int Clients, string Basis) Population(int captured, double peak, double usualRate)
    {
        const int most = ConnectRain.UnderWayMax;
        if (Clients is { } said)
            return (said, "--reconnects");
        var rate = peak > 0 ? peak : captured > 0 ? 0 : usualRate;
        if (rate > captured)
            return (Math.Clamp((int)Math.Round(rate), 1, most), "as many as come in one second");
        if (captured > most)
            return (most, $"of {captured} that the capture had at one time, as many as this machine begins");
        return captured > 0 ? (captured, "as many as the capture had at one time")
            : (0, "nobody said how many clients there are (--reconnects, --peak, --capture)");
    }
}

/// <summary>What everybody connecting again came to.</summary>
/// <param name="All">Rate, latencies and failures, all of it taken together.</param>
/// <param name="LastIn">Seconds from the greeting until the last of those who got in was in.</param>
/// <param name="In">How many got in.</param>
/// <param name="RoundTrips">Of a login, on average.</param>
/// <param name="Proofs">How many had to prove their password whole.</param>
internal sealed record Comeback(KneeStep All, double LastIn, int In, double RoundTrips, int Proofs)
{
    /// <summary>What the seconds of a rain come to.</summary>
    public static Comeback Of(IReadOnlyList<RainSecond> seconds, double perSecond)
    {
        var count = seconds.Sum(second => second.Ms.Count);
        return new(KneeStep.Of(new KneePlan(), perSecond, seconds), seconds.Select(second => second.LastIn).DefaultIfEmpty(0).Max(), count,
            count == 0 ? double.NaN : (double)seconds.Sum(second => second.RoundTrips) / count, seconds.Sum(second => second.Proofs));
    }
}

/// <summary>What was found of one server.</summary>
internal sealed class RestartOf(Target target, string? command, Func<LoginPlan> next)
{
    /// <summary>The server.</summary>
    public Target Target => target;

    /// <summary>What restarts it; null when nothing was named.</summary>
    public string? Command => command;

    /// <summary>Makes the next login.</summary>
    public Func<LoginPlan> Next => next;

    /// <summary>Why nothing is known of it; empty when something is.</summary>
    public string Missing { get; set; } = "it was not come to";

    /// <summary>What its command said, where that failed: for the terminal alone.</summary>
    public string Said { get; set; } = "";

    /// <summary>Seconds from the command until the server greeted again.</summary>
    public double? BackSeconds { get; set; }

    /// <summary>Everybody connecting again; null when it was not measured.</summary>
    public Comeback? Seen { get; set; }
}
