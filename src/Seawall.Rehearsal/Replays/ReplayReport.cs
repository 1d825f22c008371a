using System.Globalization;
using Seawall.Rehearsal.Answers;
using Seawall.Rehearsal.Measures;
using Seawall.Rehearsal.Reports;

namespace Seawall.Rehearsal.Replays;

/// <summary>A replay as parts of the report: connections, queries, results.</summary>
internal sealed class ReplayReport(ReplayScript script, ReplayLedger ledger, ReplayPlan plan, Budgets budgets, Random random)
{
    private const int FindingsMax = 20;
    private const int TextMax = 160;

    // Above that, 99 of 100, this machine was what was measured.
    private const double LateMsMax = 20;

    // A difference between turns as large as one that is to be found might have hidden it.
    private const double UnevenMax = 1 + DigestLatencies.EffectMin;

    private string Basis => string.Create(CultureInfo.InvariantCulture,
        $"{ledger.Compared} statements compared, {plan.Passes} {(plan.Passes == 1 ? "pass" : "passes")} on each server at {plan.Speed:0.##}x");

    private bool IsCovered => ledger.Compared > 0 && script.Covered * 100 >= budgets.CoveragePercentMin;

    /// <summary>Connects at their times.</summary>
    public Section Connections()
    {
        var (old, @new) = (ledger.Connects(false).ToArray(), ledger.Connects(true).ToArray());
        if (old.Length == 0 || @new.Length == 0)
        {
            const string why = "the capture has no connects, or none was reached";
            return new("NEW CONNECTIONS, REPLAYED", [new("connects at their times", $"{old.Length}", $"{@new.Length}", "", "", Grade.Note, why), .. Changes()],
                [.. Refused()]);
        }
        var (oldFailed, newFailed) = (Failed(old), Failed(@new));
        var ratio = Interval.Ratio([.. In(old)], [.. In(@new)], random);
        var findings = @new.Where(one => !one.Outcome.IsIn).GroupBy(one => $"{one.Outcome}").OrderByDescending(group => group.Count()).Take(FindingsMax)
            .Select(group => new Finding(Grade.Note, $"{group.Count()} of {@new.Length} connects to the new server: {group.Key}"));
        var most = budgets.RefusedPercentMax;
        var grade = Of(oldFailed, newFailed, most);
        return new("NEW CONNECTIONS, REPLAYED",
        [
            new("connects that failed", Percent(oldFailed), Percent(newFailed), "", string.Create(CultureInfo.InvariantCulture, $"+{most:0.##} %"), grade,
                $"{old.Length} + {@new.Length} connects, never tried again"),
            new("connect p50 / p99 (ms)", Shown(In(old)), Shown(In(@new)), ratio.AsChange(), "", Grade.Note,
                "from when it was due; the change is that of the median"),
            .. Changes(),
        ], [.. Late(false), .. Late(true), .. findings, .. Refused()]);

        static double Failed(ReplayedConnect[] all) => all.Count(one => !one.Outcome.IsIn) / (double)all.Length;
        static IEnumerable<double> In(ReplayedConnect[] all) => all.Where(one => one.Outcome.IsIn).Select(one => one.Ms);
        static string Shown(IEnumerable<double> ms) => ms.Order().ToArray() is { Length: > 0 } sorted
            ? string.Create(CultureInfo.InvariantCulture, $"{Quantiles.At(sorted, 0.5):0.0} / {Quantiles.At(sorted, 0.99):0.0}") : "?";
    }

    // Where all fail on the old server, nothing is known of the new one.
    private static Grade Of(double oldFailed, double newFailed, double most) => double.IsInfinity(most) ? Grade.Note
        : oldFailed >= 1 ? Grade.Unknown : (newFailed - oldFailed) * 100 > most ? Grade.Fail : Grade.Pass;

    // A change of the user is a login without the connection: it has the same plugins and exchanges.
    private IEnumerable<Measure> Changes()
    {
        var (old, @new) = (ledger.Changes(false).ToArray(), ledger.Changes(true).ToArray());
        if (old.Length == 0 || @new.Length == 0)
            yield break;
        var most = budgets.RefusedPercentMax;
        var grade = Of(Failed(old), Failed(@new), most);
        yield return new("changes of the user that failed", Percent(Failed(old)), Percent(Failed(@new)), "",
            string.Create(CultureInfo.InvariantCulture, $"+{most:0.##} %"), grade, $"{old.Length} + {@new.Length} changes within a connection");
        yield return new("round trips of a change of the user", Trips(old), Trips(@new), "", "", Grade.Note, "those that succeeded");

        static double Failed(ReplayedChange[] all) => all.Count(one => !one.Change.Outcome.IsIn) / (double)all.Length;
        static string Trips(ReplayedChange[] all) => all.Where(one => one.Change.Outcome.IsIn).ToArray() is { Length: > 0 } done
            ? done.Average(one => one.Change.RoundTrips).ToString("0.00", CultureInfo.InvariantCulture) : "?";
    }

    private IEnumerable<Finding> Refused()
    {
        var all = ledger.Changes(true).ToArray();
        return all.Where(one => !one.Change.Outcome.IsIn).GroupBy(one => $"{one.Change.Outcome}").OrderByDescending(group => group.Count())
            .Take(FindingsMax).Select(group => new Finding(Grade.Note, $"{group.Count()} of {all.Length} changes of the user on the new server: {group.Key}"));
    }

    /// <summary>Latency and errors, by digest.</summary>
    public Section Queries()
    {
        var digests = script.Commands.Where(one => one.IsCompared).GroupBy(one => one.Digest)
            .Select(group => ledger.Pairs(group.Key, [.. group])).Where(one => one.Pairs.Count > 0).ToArray();
        var all = DigestLatencies.Of(digests, random);
        var slower = all.Where(one => one.Change == LatencyChange.Slower).ToArray();
        var faster = all.Where(one => one.Change == LatencyChange.Faster).ToArray();
        var unclear = all.Where(one => one.Change == LatencyChange.Unclear).ToArray();
        var known = all.Where(one => one.Change != LatencyChange.TooFew).Sum(one => one.ShareOfTime);
        var (old, @new) = (Sorted(pair => pair.Old), Sorted(pair => pair.New));
        var failing = Digests(DifferenceKind.Error);
        var uneven = DigestLatencies.Unevenness(digests);
        var judged = all.Count(one => one.Change != LatencyChange.TooFew);
        return new Section("QUERIES",
        [
            new("digests that are slower", "", $"{slower.Length}", $"{faster.Length} faster", Limit(budgets.SlowerDigestsMax),
                double.IsInfinity(budgets.SlowerDigestsMax) ? Grade.Note : slower.Length > budgets.SlowerDigestsMax ? Grade.Fail
                    : !IsCovered || judged == 0 || uneven is not <= UnevenMax || unclear.Any(IsSlower) ? Grade.Unknown : Grade.Pass,
                $"{judged} of {all.Count} digests have enough executions ({Percent(Math.Min(known, 1))} of the time); {Basis}"),
            new("digests that fail on the new server only", "0", $"{failing}", "", Limit(budgets.FailingDigestsMax),
                Of(DifferenceKind.Error, budgets.FailingDigestsMax), Basis),
            Locks(),
            new("time of all statements (s)", Seconds(old), Seconds(@new), old.Sum() > 0 ? Signed((@new.Sum() / old.Sum() - 1) * 100) : "?", "",
                Grade.Note, Basis),
            new("statement p50 / p99 (ms)", Shown(old), Shown(@new), "", "", Grade.Note, "of all digests together"),
        ],
        [
            .. Control(uneven), .. slower.Concat(faster).Concat(unclear).Take(FindingsMax).Select(Finding),
            .. Found(DifferenceKind.Error, Grade.Fail, budgets.FailingDigestsMax),
            .. Found(DifferenceKind.ErrorGone, Grade.Note, 0),
            .. Found(DifferenceKind.Locks, Grade.Note, 0),
        ])
        {
            Plots = old.Length == 0 ? [] : [new("Latency of statements", "of 100 statements", "ms", [Line("old", old), Line("new", @new)])],
        };

        double[] Sorted(Func<(double Old, double New), double> side) => [.. digests.SelectMany(one => one.Pairs).Select(side).Order()];
        static string Seconds(double[] us) => (us.Sum() / 1e6).ToString("0.##", CultureInfo.InvariantCulture);
        static string Shown(double[] us) => us.Length == 0 ? "?" : string.Create(
            CultureInfo.InvariantCulture, $"{Quantiles.At(us, 0.5) / 1e3:0.00} / {Quantiles.At(us, 0.99) / 1e3:0.00}");
        static PlotLine Line(string name, double[] us) =>
            new(name, [.. Enumerable.Range(0, 100).Select(share => ((double)share, Quantiles.At(us, share / 100.0) / 1e3))]);
    }

    /// <summary>What was answered, by digest.</summary>
    public Section Results() => new("RESULTS",
    [
        Line("digests with other values or rows", DifferenceKind.Values, budgets.ValueDigestsMax),
        Line("digests in another order than the one asked for", DifferenceKind.Order, budgets.OrderDigestsMax),
        Line("digests with other columns (type, collation, name)", DifferenceKind.Metadata, budgets.MetadataDigestsMax),
        Line("digests with other warnings", DifferenceKind.Warnings, budgets.WarningDigestsMax),
        Line("digests with other effects (rows changed, insert id, flags)", DifferenceKind.Effects, budgets.EffectDigestsMax),
        Apart("order only: none was asked for, or among ties", DifferenceKind.OrderOnly),
        Apart("other rows by a LIMIT without an order", DifferenceKind.Choice),
        Apart("length, decimals or flags of columns", DifferenceKind.MetadataMinor),
    ],
    [
        .. Found(DifferenceKind.Values, Grade.Fail, budgets.ValueDigestsMax),
        .. Found(DifferenceKind.Order, Grade.Fail, budgets.OrderDigestsMax),
        .. Found(DifferenceKind.OrderUnclear, Grade.Unknown, budgets.OrderDigestsMax),
        .. Found(DifferenceKind.Metadata, Grade.Fail, budgets.MetadataDigestsMax),
        .. Found(DifferenceKind.Warnings, Grade.Fail, budgets.WarningDigestsMax),
        .. Found(DifferenceKind.Effects, Grade.Fail, budgets.EffectDigestsMax),
        .. Found(DifferenceKind.OrderOnly, Grade.Note, 0),
        .. Found(DifferenceKind.Choice, Grade.Note, 0),
        .. Found(DifferenceKind.MetadataMinor, Grade.Note, 0),
    ]);

    /// <summary>What was replayed.</summary>
    public IEnumerable<string> Coverage()
    {
        var sent = script.Commands.Count(one => one.IsSent);
        yield return $"replay: {sent} of {script.Commands.Count} commands ({Percent(script.Covered)} of the time that statements took), "
            + $"{script.Connections.Count} connections; {Basis}{(script.IsWriting ? "" : "; reads only")}";
        if (double.IsFinite(plan.SecondsMax))
            yield return string.Create(CultureInfo.InvariantCulture, $"the first {plan.SecondsMax:0.#} s of the capture, for want of time");
    }

    /// <summary>What was not.</summary>
    public IEnumerable<string> NotTested()
    {
        foreach (var (why, count) in script.Skipped.OrderByDescending(pair => pair.Value).Where(pair => pair.Key != "the end of a connection"))
            yield return $"{count} commands of the capture: {why}";
        foreach (var isNew in (bool[])[false, true])
        {
            if (ledger.Unanswered(isNew) is > 0 and var lost)
                yield return $"{lost} commands on the {(isNew ? "new" : "old")} server: their connection was refused or lost";
        }
        var unfit = script.Commands.Where(one => one.IsCompared && one.Nature!.Unfit.Length > 0).GroupBy(one => one.Nature!.Unfit).ToArray();
        foreach (var group in unfit.OrderByDescending(group => group.Count()).Take(8))
            yield return $"values of {group.Count()} statements: {group.Key}";
        if (ledger.Unsteady > 0)
            yield return $"values of {ledger.Unsteady} statements: they gave the same server two answers";
        if (ledger.Excused > 0)
            yield return $"answers to {ledger.Excused} statements: their transaction had given way to locks on one server, and not on the other";
        if (ledger.OutOfOrder > 0)
            yield return $"the order of {ledger.OutOfOrder} commits: one before them would not end";
        if (plan.Passes > 0 && !ledger.Passes.Any(pass => pass.IsNew))
            yield return "the new server: it was not reached in time";
    }

    private Finding Finding(DigestLatency one)
    {
        var at = one.At!.Value;
        var isJudged = IsSlower(one) && !double.IsInfinity(budgets.SlowerDigestsMax);
        var direction = IsSlower(one) ? "slower" : "faster";
        var (grade, what) = one.Change switch
        {
            LatencyChange.Slower => (isJudged ? Grade.Fail : Grade.Note, "slower"),
            LatencyChange.Faster => (Grade.Note, "faster"),
            _ => (isJudged ? Grade.Unknown : Grade.Note, $"{direction} in {(plan.Passes < 2 ? "its one turn" : "all, but not in each turn")}"),
        };
        return new(grade, $"{what}: {Text(one.Digest)}: {Of100(at.Share)} {at.Ratio.AsChange()}; "
            + $"{one.Executions} pairs, {Percent(one.ShareOfTime)} of the time");
    }

    private static bool IsSlower(DigestLatency one) => one.At is { Ratio.Middle: > 1 };

    // What else a machine does in one server's turn makes the other look faster: the turns must agree before anything is said of times.
    private IEnumerable<Finding> Control(double? uneven)
    {
        var grade = double.IsInfinity(budgets.SlowerDigestsMax) ? Grade.Note : Grade.Unknown;
        if (plan.Passes < 2)
            yield return new(grade, "each server had one turn: nothing tells its times from what else the machine did then");
        else if (uneven > UnevenMax)
        {
            yield return new(grade, string.Create(CultureInfo.InvariantCulture,
                $"the turns do not agree: all statements together took {(uneven - 1) * 100:0} % more on one server in one turn than in another; ")
                + "something else was at work, and what it hides is not known");
        }
    }

    private static string Of100(double share) => share == 0.5 ? "median" : string.Create(CultureInfo.InvariantCulture, $"{share * 100:0} of 100");

    private Measure Line(string name, DifferenceKind kind, double most)
    {
        var count = Digests(kind);
        return new(name, "", $"{count}", "", Limit(most), Of(kind, most), Basis);
    }

    private Measure Apart(string name, DifferenceKind kind) =>
        new(name, "", $"{Digests(kind)}", "", "", Grade.Note, "digests; apart, and no failure");

    // Statements that give way to locks are neither the same nor a failure: which ones do is a matter of timing, and only how many says something.
    private Measure Locks()
    {
        var ((old, answers), (@new, newAnswers)) = (ledger.Answers(false), ledger.Answers(true));
        var most = budgets.LockPercentMax;
        var grade = double.IsInfinity(most) ? Grade.Note : !IsCovered ? Grade.Unknown : LockShare.IsMore(old, @new, newAnswers, most) switch
        {
            true => Grade.Fail,
            false => Grade.Pass,
            null => Grade.Unknown,
        };
        return new("statements that gave way to others' locks", $"{old}", $"{@new}", "",
            double.IsInfinity(most) ? "" : string.Create(CultureInfo.InvariantCulture, $"+{most:0.##} %"), grade,
            $"errors 1205 and 1213, of {answers} + {newAnswers} answers; up to {LockShare.ByChance} more are chance");
    }

    // What came after a transaction that one server alone has may come from that: it is neither a failure nor nothing.
    private Grade Of(DifferenceKind kind, double most) =>
        double.IsInfinity(most) ? Grade.Note : Digests(kind) > most ? Grade.Fail
            : IsCovered && With(kind).Select(one => one.Command.Digest).Distinct().Count() <= most ? Grade.Pass : Grade.Unknown;

    private int Digests(DifferenceKind kind) =>
        With(kind).Where(one => !ledger.MayComeFromLocks(one, kind)).Select(one => one.Command.Digest).Distinct().Count();

    private IEnumerable<FoundDifference> With(DifferenceKind kind) => ledger.Differences.Where(one => one.Found.Any(found => found.Kind == kind));

    private IEnumerable<Finding> Found(DifferenceKind kind, Grade grade, double most) => With(kind)
        .GroupBy(one => (one.Command.Digest, IsDoubtful: ledger.MayComeFromLocks(one, kind)))
        .OrderByDescending(group => group.Count()).Take(FindingsMax)
        .Select(group => new Finding(
            double.IsInfinity(most) ? Grade.Note : group.Key.IsDoubtful && grade == Grade.Fail ? Grade.Unknown : grade,
            $"{Text(group.Key.Digest)}: {Words(group.First(), kind)} ({group.Count()} times"
                + $"{(group.Key.IsDoubtful ? ", after a transaction that gave way to locks on one server alone" : "")})"));

    private static string Words(FoundDifference one, DifferenceKind kind) =>
        string.Join("; ", one.Found.Where(found => found.Kind == kind).Select(found => found.Words).Take(4));

    private IEnumerable<Finding> Late(bool isNew)
    {
        var late = ledger.LateMs(isNew).Order().ToArray();
        if (Quantiles.At(late, 0.99) is > LateMsMax and var ms)
        {
            yield return new(Grade.Note, string.Create(CultureInfo.InvariantCulture,
                $"this machine was late itself with what it sent to the {(isNew ? "new" : "old")} server (99 of 100: {ms:0} ms): ")
                + "rates and latencies are at least these");
        }
    }

    /// <summary>A digest as a line of the report has it.</summary>
    internal static string Text(string digest) => digest.Length > TextMax ? $"{digest[..TextMax]}..." : digest;

    private static string Limit(double most) => double.IsInfinity(most) ? "" : string.Create(CultureInfo.InvariantCulture, $"<= {most:0.##}");

    private static string Percent(double share) => share.ToString("0.# %", CultureInfo.InvariantCulture);

    private static string Signed(double percent) => percent.ToString("+0;-0;0", CultureInfo.InvariantCulture) + " %";
}
