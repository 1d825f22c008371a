using System.Globalization;
using Seawall.Rehearsal.Drivers;
using Seawall.Rehearsal.Lints;
using Seawall.Rehearsal.Logins;
using Seawall.Rehearsal.Measures;
using Seawall.Rehearsal.Reports;
using Seawall.Rehearsal.Targets;

namespace Seawall.Rehearsal.Xrays;

/// <summary>The logins that were measured, as a part of the report.</summary>
internal sealed class XrayReport(
    IReadOnlyDictionary<XrayCell, (XraySamples Old, XraySamples New)> seen, DriverChoice drivers, TargetFacts old, TargetFacts @new,
    Budgets budgets, Random random)
{
    /// <summary>A login as a driver does it by itself: with TLS where it uses it and the server has it.</summary>
    private sealed record Pair(XrayAccount Account, DriverProfile Profile, double Weight, XraySamples Old, XraySamples New)
    {
        internal bool IsIn => Old.Outcome.IsIn && New.Outcome.IsIn;
    }

    /// <summary>Kinds of logins that were not measured, or not to the end.</summary>
    public int Left { get; init; }

    /// <summary>Why not.</summary>
    public string LeftWhy { get; init; } = "";

    /// <summary>Its part of the report.</summary>
    public Section Make()
    {
        var warm = Pairs(isCold: false).ToArray();
        var cold = Pairs(isCold: true).ToArray();
        var failing = warm.Where(pair => pair.Old.Outcome.IsIn && !pair.New.Outcome.IsIn).Sum(pair => pair.Weight);
        var measures = new List<Measure>
        {
            Count("round trips of a login", warm, trace => trace.Counts.RoundTrips, budgets.RoundTripsPercent),
            Count("packets of a login", warm, trace => trace.Counts.Packets, budgets.PacketsPercent),
            Segments(warm),
            Again(),
            Count("bytes of a login", warm, trace => trace.Counts.BytesIn + trace.Counts.BytesOut, null),
            Cpu(warm),
            Time(warm),
            new("logins that succeed on the old server and fail on the new one", "0 %", Percent(failing), "", $"{budgets.FailingLoginsPercent:0.##} %",
                warm.Length == 0 ? Grade.Unknown : failing * 100 > budgets.FailingLoginsPercent ? Broken : Grade.Pass, Basis(warm)),
        };
        if (cold.Length > 0)
        {
            measures.Add(Count("round trips of a login, the server's cache empty", cold, trace => trace.Counts.RoundTrips, null));
            measures.Add(Cpu(cold) with { Name = "server CPU of a login, the server's cache empty (us)", Grade = Grade.Note, Budget = "" });
        }
        return new Section("NEW CONNECTIONS, MEASURED", measures, [.. NotReached(), .. Findings(warm), .. Cold(warm, cold), .. Surprises()]);
    }

    /// <summary>Every kind of login, one a line.</summary>
    public Section Kinds() => new("EVERY KIND OF LOGIN", [.. Cells()], []);

    private Grade Broken => drivers.IsKnown ? Grade.Fail : Grade.Unknown;

    private IEnumerable<Pair> Pairs(bool isCold)
    {
        var weights = seen.Keys.Select(cell => cell.Account).Distinct().ToDictionary(one => one, one => one.Class.Weight);
        var all = weights.Values.Sum();
        foreach (var (account, weight) in weights)
        {
            foreach (var (profile, share) in drivers.Weights)
            {
                XrayCell Natural(DriverProfile driver, TargetFacts server) => new(
                    account, profile, server.Tls is not null && (driver.Tls == DriverTls.Preferred || account.Class.NeedsTls) ? LoginTls.Full : LoginTls.Off,
                    isCold);
                if (seen.TryGetValue(Natural(profile, old), out var before) && seen.TryGetValue(Natural(profile.OnNew, @new), out var after)
                    && before.Old.Traces.Count > 0 && after.New.Traces.Count > 0)
                {
                    yield return new Pair(account, profile, all > 0 ? weight / all * share : share, before.Old, after.New);
                }
            }
        }
    }

    private Measure Count(string name, Pair[] pairs, Func<LoginTrace, long> of, double? percent)
    {
        var both = pairs.Where(pair => pair.IsIn).ToArray();
        var weight = both.Sum(pair => pair.Weight);
        var budget = percent is { } most ? string.Create(CultureInfo.InvariantCulture, $"+{most:0.#} %") : "";
        if (weight <= 0)
            return new(name, "?", "?", "", budget, percent is null ? Grade.Note : Grade.Unknown, "no login succeeded on both servers");
        var was = both.Sum(pair => pair.Weight * pair.Old.Usual(of)!.Value) / weight;
        var becomes = both.Sum(pair => pair.Weight * pair.New.Usual(of)!.Value) / weight;
        var change = ((becomes / was) - 1) * 100;
        return new(name, Number(was), Number(becomes), change.ToString("+0.#;-0.#;0", CultureInfo.InvariantCulture) + " %", budget,
            percent is { } limit ? change > limit ? Grade.Fail : Grade.Pass : Grade.Note, Basis(pairs));
    }

    private Measure Segments(Pair[] pairs) => pairs.SelectMany(pair => pair.Old.In.Concat(pair.New.In)).Any(trace => !trace.Tcp.IsKnown)
        ? new("segments of a login that carry bytes", "?", "?", "", $"+{budgets.SegmentsPercent:0.#} %", Grade.Unknown,
            "the kernel does not tell (no TCP, or no Linux)")
        : Count("segments of a login that carry bytes", pairs, trace => trace.Tcp.DataOut + trace.Tcp.DataIn, budgets.SegmentsPercent);

    /// <summary>What is not known of segments that were sent again.</summary>
    public IEnumerable<string> NotTested() => ((string?[])[SentAgainBy(isNew: false).Missing("old"), SentAgainBy(isNew: true).Missing("new")]).OfType<string>();

    private SentAgain SentAgainBy(bool isNew) => SentAgain.Of(seen.Values.SelectMany(one => (isNew ? one.New : one.Old).Traces));

    private Measure Again()
    {
        var (old, @new) = (SentAgainBy(isNew: false), SentAgainBy(isNew: true));
        return new("segments sent again, by this side + by the server", old.Shown, @new.Shown, "", "", Grade.Note,
            $"all {old.Logins} + {@new.Logins} logins of every kind over TCP; the server's by its own socket, where that is on this machine");
    }

    private Measure Cpu(Pair[] pairs)
    {
        const string name = "server CPU of a login (us)";
        var budget = string.Create(CultureInfo.InvariantCulture, $"+{budgets.ServerCpuPercent:0.#} %");
        var both = pairs.Where(pair => pair.IsIn && pair.Old.CpuUs.Count > 0 && pair.New.CpuUs.Count > 0).ToArray();
        if (both.Length == 0)
        {
            return new(name, "?", "?", "", budget, double.IsInfinity(budgets.ServerCpuPercent) ? Grade.Note : Grade.Unknown,
                "not known of one of the servers, or of both (NOT TESTED says why); server_cpu_percent = inf asks for no answer");
        }
        return Timed(name, both, pair => (pair.Old.CpuUs, pair.New.CpuUs), budgets.ServerCpuPercent, budget);
    }

    private Measure Time(Pair[] pairs) => Timed("time of a login, median (us)", [.. pairs.Where(pair => pair.IsIn)], pair =>
        ([.. pair.Old.In.Select(trace => trace.Phases.Total)], [.. pair.New.In.Select(trace => trace.Phases.Total)]), null, "");

    // Beyond the budget only if the whole interval is; within it only if the whole interval is.
    private Measure Timed(
        string name, Pair[] pairs, Func<Pair, (IReadOnlyList<double> Old, IReadOnlyList<double> New)> of, double? percent, string budget)
    {
        var values = pairs.Select(pair => (pair.Weight, Values: of(pair))).ToArray();
        var weight = values.Sum(one => one.Weight);
        if (weight <= 0)
            return new(name, "?", "?", "", budget, percent is null ? Grade.Note : Grade.Unknown, "no login succeeded on both servers");
        var isEnough = values.All(one => one.Values.Old.Count >= Interval.Fewest && one.Values.New.Count >= Interval.Fewest);
        var ratio = Interval.Of(median => values.Sum(one => one.Weight * median(one.Values.New))
            / Math.Max(values.Sum(one => one.Weight * median(one.Values.Old)), double.Epsilon), random);
        var was = Interval.Of(median => values.Sum(one => one.Weight * median(one.Values.Old)) / weight, random);
        var becomes = Interval.Of(median => values.Sum(one => one.Weight * median(one.Values.New)) / weight, random);
        var grade = percent is not { } most || double.IsInfinity(most) ? Grade.Note : !isEnough ? Grade.Unknown : ratio.Against(1 + (most / 100)) switch
        {
            Side.Within => Grade.Pass,
            Side.Beyond => Grade.Fail,
            Side.Both => Grade.Unknown,
        };
        return new(name, Number(was.Middle), Number(becomes.Middle), ratio.AsChange(), budget, grade, $"{Basis(pairs)}; 95 % interval");
    }

    private IEnumerable<Measure> Cells() => seen.Where(pair => pair.Value.Old.Traces.Count > 0).Select(pair => new Measure(
        $"{pair.Key.Profile.Name} / {pair.Key.Account.Class.Title} / {TlsWord(pair.Key.Tls)}{(pair.Key.IsCold ? " / cold" : "")}",
        Shown(pair.Value.Old), Shown(pair.Value.New), "", "", Grade.Note, $"{pair.Value.Old.Traces.Count} + {pair.Value.New.Traces.Count} logins"));

    private static string Shown(XraySamples samples)
    {
        if (samples.Traces.Count == 0)
            return "not measured";
        if (!samples.Outcome.IsIn)
            return samples.Outcome.End == LoginEnd.Refused ? $"refused {samples.Outcome.Code}" : $"{samples.Outcome.End}";
        var (tripsOf, packets) = (samples.Usual(trace => trace.Counts.RoundTrips), samples.Usual(trace => trace.Counts.Packets));
        var (sent, came) = (samples.Usual(trace => trace.Tcp.DataOut), samples.Usual(trace => trace.Tcp.DataIn));
        var (here, there) = (samples.In.Sum(trace => trace.Tcp.Retransmits), samples.In.Sum(trace => trace.PeerTcp.Retransmits));
        var twice = here + there > 0 ? $", {here}+{there} sent again" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{tripsOf} trips, {packets} packets, {sent}+{came} segments{twice}");
    }

    // What was left out is not green because the rest is.
    private IEnumerable<Finding> NotReached() => Left == 0 ? [] : [new(Grade.Unknown,
        $"{Left} kinds of logins were not measured, or not to the end: {LeftWhy}")];

    private IEnumerable<Finding> Findings(Pair[] pairs)
    {
        foreach (var pair in pairs.Where(pair => pair.Old.Outcome.IsIn && !pair.New.Outcome.IsIn))
        {
            yield return new(Broken, $"logins of {pair.Profile.Title} to accounts of {pair.Account.Class.Title} fail on the new server: {pair.New.Outcome} "
                + $"({Percent(pair.Weight)} of logins)");
        }
        foreach (var pair in pairs.Where(pair => pair.IsIn))
        {
            var more = pair.New.Usual(trace => trace.Counts.RoundTrips)!.Value - pair.Old.Usual(trace => trace.Counts.RoundTrips)!.Value;
            if (more > 0)
            {
                yield return new(Grade.Note, $"every login of {pair.Profile.Title} to accounts of {pair.Account.Class.Title} takes "
                    + $"{(more == 1 ? "one exchange" : $"{more} exchanges")} more ({Percent(pair.Weight)} of logins): {Cause(pair)}");
            }
        }
    }

    private static string Cause(Pair pair)
    {
        var (before, after) = (pair.Old.In.First(), pair.New.In.First());
        var causes = new List<string>();
        if (after.IsSwitched && !before.IsSwitched)
            causes.Add($"greeted with {after.Greeted}, begun with {after.Began}, and the server asked for {after.Ended} (AuthSwitch)");
        if (after.Tls is { } tls && before.Tls is null)
            causes.Add($"{tls}, which the old server does not have");
        else if (after.Tls is { IsAskedAgain: true } && before.Tls is { IsAskedAgain: false })
            causes.Add("the new server's TLS wants another group, and asks for a second hello");
        return causes.Count > 0 ? string.Join("; ", causes) : "its exchange is longer";
    }

    private IEnumerable<Finding> Cold(Pair[] warm, Pair[] cold) => cold
        .Where(pair => pair.Old.Outcome.IsIn && !pair.New.Outcome.IsIn
            && warm.Any(one => one.Account == pair.Account && one.Profile == pair.Profile && one.New.Outcome.IsIn))
        .Select(pair => new Finding(Broken, $"{pair.Profile.Title} cannot log in to accounts of {pair.Account.Class.Title} "
            + $"after each restart of the new server, until somebody else has: {pair.New.Outcome}",
            $"use TLS, or allow {pair.Profile.Name} to ask for the server's key"));

    // What is measured is right. That a forecast was not means that something about these servers is not known, and people should.
    private IEnumerable<Finding> Surprises()
    {
        foreach (var (cell, samples) in seen)
        {
            foreach (var (server, facts, plugin, driver) in new[]
            {
                (samples.Old, old, cell.Account.Class.OldPlugin, cell.Profile), (samples.New, @new, cell.Account.Class.NewPlugin, cell.Profile.OnNew),
            })
            {
                if (!server.In.Any() || cell.Tls == LoginTls.Resumed)
                    continue;
                var forecast = LoginForecast.Of(driver, new LoginConditions(
                    facts.Greeted, plugin, !cell.IsCold, cell.Tls != LoginTls.Off, cell.Tls != LoginTls.Off ? facts.TlsTurns : 0));
                var trips = server.Usual(trace => trace.Counts.RoundTrips);
                if (forecast.IsIn && trips != forecast.RoundTrips)
                {
                    yield return new(Grade.Note, $"{cell.Profile.Name} to accounts of {plugin} on {facts.Title} took {trips} round trips, "
                        + $"and {forecast.RoundTrips} were forecast: the server or the account is not what it seemed");
                }
            }
        }
    }

    private string Basis(Pair[] pairs) => $"{pairs.Sum(pair => pair.Old.Traces.Count + pair.New.Traces.Count)} logins of {pairs.Length} kinds; {drivers.Basis}";

    private static string TlsWord(LoginTls tls) => tls switch
    {
        LoginTls.Off => "no TLS",
        LoginTls.Full => "TLS",
        LoginTls.Resumed => "TLS resumed",
    };

    private static string Percent(double share) => share.ToString("0.# %", CultureInfo.InvariantCulture);

    private static string Number(double value) => value.ToString(value < 100 ? "0.##" : "0", CultureInfo.InvariantCulture);
}
