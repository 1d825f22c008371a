using System.Globalization;
using Seawall.Control;
using Seawall.Rehearsal.Knees;
using Seawall.Rehearsal.Lints;
using Seawall.Rehearsal.Replays;
using Seawall.Rehearsal.Reports;
using Seawall.Rehearsal.Restarts;
using Seawall.Rehearsal.Targets;
using Seawall.Rehearsal.Traffics;
using Seawall.Rehearsal.Xrays;

namespace Seawall.Rehearsals;

/// <summary>One rehearsal, step by step, to its report; what was done so far is a report as well.</summary>
internal sealed class Rehearsal(RehearsalOrder order, TimeProvider time)
{
    // Parts of a rehearsal that do not exist yet are said to be missing, not left out.
    private static readonly string[] s_neverTested = ["replicas, backups, and whether there is a way back"];

    // In less no step says anything.
    private static readonly TimeSpan s_shareMin = TimeSpan.FromMilliseconds(100);

    private static readonly string[] s_noReplay = ["statements and their results: name a capture (--capture)"];

    private readonly List<Section> _sections = [];
    private readonly List<string> _coverage = [];
    private readonly List<string> _notTested = [];
    private TargetFacts? _old;
    private TargetFacts? _new;
    private TimeSpan? _share;
    private double _usualRate;

    /// <summary>Runs the steps in order; says what it comes to in the exit status.</summary>
    internal async Task<int> Run(IReadOnlyList<string> steps, Func<string, Rehearsal, CancellationToken, Task> step, CancellationToken cancel)
    {
        var (began, at) = (time.GetUtcNow(), time.GetTimestamp());
        var isPartial = false;
        try
        {
            for (var number = 0; number < steps.Count; number++)
                isPartial |= !await Take(steps[number], steps.Count - number, at, step, cancel);
        }
        catch (OperationCanceledException)
        {
            isPartial = true;
        }
        catch (RehearsalException problem) when (_sections.Count > 0)
        {
            // What was done before is worth as much as after Ctrl-C.
            isPartial = true;
            _notTested.Insert(0, $"what would have followed: {problem.Message}");
            await Console.Error.WriteLineAsync($"seawall: {problem.Message}");
        }
        var report = new Report
        {
            Steps = steps,
            Old = Title(_old, order.Old),
            New = Title(_new, order.New),
            Began = began,
            Took = time.GetElapsedTime(at),
            IsPartial = isPartial,
            Sections = _sections,
            Coverage = _coverage,
            NotTested = [.. _notTested.Distinct(), .. steps.Contains("replay") ? [] : s_noReplay, .. s_neverTested],
            Inputs = Inputs(),
        };
        order.Screen.Show(report);
        await Write(report);
        return report.Verdict switch
        {
            Verdict.Pass => ExitCodes.Done,
            Verdict.Fail => ExitCodes.Failed,
            Verdict.Inconclusive => ExitCodes.Inconclusive,
        };
    }

    // Within a time box a step has its part of what is left, so that none leaves the others without any; what it does not use is theirs. False, and
    // said, when it was not done or not to its end.
    private async Task<bool> Take(string name, int left, long began, Func<string, Rehearsal, CancellationToken, Task> step, CancellationToken cancel)
    {
        if (order.TimeBox is not { } box)
        {
            await step(name, this, cancel);
            return true;
        }
        var share = (box - time.GetElapsedTime(began)) / left;
        if (share < s_shareMin)
        {
            _notTested.Add($"{name}: it was not begun, as the {box.TotalSeconds:0} s of --time-box were over");
            return false;
        }
        _share = share;
        using var over = new CancellationTokenSource(share, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancel);
        try
        {
            await step(name, this, either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            _notTested.Add(string.Create(CultureInfo.InvariantCulture,
                $"the rest of {name}: it was ended after {share.TotalSeconds:0.#} s, its part of the {box.TotalSeconds:0} s of --time-box"));
            return false;
        }
    }

    /// <summary>What is known without any load.</summary>
    internal async Task Lint(CancellationToken cancel)
    {
        var (old, @new) = await Facts(cancel);
        var accounts = AccountClasses.Of(old, @new, order.Accounts);
        var drivers = Drivers(old);
        var linter = new Linter(old, @new, accounts, drivers, order.Budgets);
        _sections.Add(linter.NewConnections($"{accounts.Basis}; {drivers.Basis}"));
        _sections.AddRange(linter.Others());
        _coverage.Add($"forecast: {accounts.Basis}; {drivers.Basis}: {string.Join(", ", drivers.Weights.Keys)}");
        foreach (var server in ((Target Target, TargetFacts Facts)[])[(order.Old, old), (order.New, @new)])
        {
            if (server.Facts.Accounts is null)
            {
                var (who, todo) = order.Accounts.Count > 0
                    ? (", but those that were named", "") : (", and what their logins take", ", or name accounts with --account");
                _notTested.Add($"accounts of the {server.Target.Name} server{who}: '{server.Target.Dsn.User}' may not read mysql.user; grant it "
                    + $"(docs/rehearsal.md, Rights){todo}");
            }
            if (server.Facts.UsedCollations is null)
                _notTested.Add($"collations of columns on the {server.Target.Name} server");
        }
    }

    /// <summary>Logins of every kind, measured on both.</summary>
    internal async Task Handshake(CancellationToken cancel)
    {
        var (old, @new) = await Facts(cancel);
        var drivers = Drivers(old);
        var (isMarked, reason) = await Marked(cancel);
        if (order.MakesAccounts && !isMarked)
            throw new RehearsalException($"accounts are made on rehearsal targets only: {reason}");
        await using var accounts = await Accounts(old, @new, cancel);
        var plan = new XrayPlan { Samples = order.Samples, MayFlush = isMarked };
        if (_share is { } share)
            plan = plan with { TimeMax = share };
        var xray = new Xray((order.Old, old, order.Old.Process), (order.New, @new, order.New.Process), plan, time);
        try
        {
            order.Screen.Step($"Logging in: {accounts.All.Count} kinds of accounts, {drivers.Weights.Count} drivers, {plan.Samples} logins of each kind");
            await xray.Run(accounts.All, drivers.Weights.Keys, Progress, cancel);
        }
        finally
        {
            var report = new XrayReport(xray.Seen, drivers, old, @new, order.Budgets, new Random(Seed)) { Left = xray.Left, LeftWhy = xray.LeftWhy };
            var who = order.MakesAccounts ? "one account of each kind, made for it" : "the accounts of the DSNs alone";
            Add(report.Make(), [$"logins measured: {who}"], accounts.NotMade);
            _sections.Add(report.Kinds());
            if (!order.MakesAccounts)
                _notTested.Add("logins to other kinds of accounts than the DSNs' own (--make-accounts makes one of each, on marked servers)");
            if (!isMarked || xray.ColdMissing.Length > 0)
                _notTested.Add($"logins while the server's cache of passwords is empty: {(isMarked ? xray.ColdMissing : reason)}");
            _notTested.AddRange([.. report.NotTested(), .. ProcessesMissing()]);
        }

        void Progress(int done, int all)
        {
            if (done % 10 == 0)
                order.Screen.Step($"{done} of {all} kinds of logins");
        }
    }

    /// <summary>What the servers can take. <paramref name="isAlone"/>: there is nothing else to report, and an unmarked server ends it.</summary>
    internal async Task Knee(bool isAlone, CancellationToken cancel)
    {
        var (old, @new) = await Facts(cancel);
        var plan = Peaked(order.Knee) with { P99MsMax = order.Budgets.ConnectP99MsMax, RefusedPercentMax = order.Budgets.RefusedPercentMax };
        var (isMarked, reason) = await Marked(cancel);
        if (!isMarked)
        {
            if (isAlone)
                throw new RehearsalException($"only rehearsal targets are loaded: {reason}");
            Add(new Section("NEW CONNECTIONS, UNDER LOAD", [new("knee: the highest rate of connects", "?", "?", "", "", Grade.Unknown, reason)], []),
                [], [$"load: {reason}"]);
            return;
        }
        await using var accounts = await Accounts(old, @new, cancel);
        var mix = await Mix(old, @new, accounts, cancel);
        var knees = (Old: new KneeOf(order.Old, mix.Next(false, new Random(Seed))), New: new KneeOf(order.New, mix.Next(true, new Random(Seed))));
        var finder = new KneeFinder(plan, time, Seed, order.Screen.Step);
        try
        {
            await finder.Memory(knees.Old, cancel);
            await finder.Memory(knees.New, cancel);
            await finder.Find(knees.Old, knees.New, cancel);
            _usualRate = plan.Peak ?? Math.Min(knees.Old.Good, knees.New.Good) / 4;
            foreach (var one in _usualRate > 0 ? (KneeOf[])[knees.Old, knees.New] : [])
            {
                await finder.Burst(one, _usualRate, cancel);
                await finder.Reconnect(one, _usualRate, cancel);
            }
        }
        finally
        {
            Add(KneeReport.Make(knees.Old, knees.New, plan, order.Budgets), [$"load: {mix.Title}"],
            [
                .. mix.Left, .. ProcessesMissing(),
                .. ((KneeOf[])[knees.Old, knees.New]).Where(one => one.ColdMissing.Length > 0)
                    .Select(one => $"connects after the cache was emptied: {one.ColdMissing}"),
                .. order.Restart.IsAsked ? (string[])[]
                    : ["a restart with everybody connecting again: the cache was emptied instead; --old-restart and --new-restart name what restarts them"],
                "load from more than one machine",
            ]);
        }
    }

    /// <summary>Everybody connecting again after a restart: last of all, as a server that was restarted has forgotten what it had in memory.</summary>
    internal async Task Restart(CancellationToken cancel)
    {
        var (old, @new) = await Facts(cancel);
        var (clients, basis) = order.Restart.Population(order.Traffic?.MostAtOnce ?? 0, Peaked(order.Knee).Peak ?? 0, _usualRate);
        var (isMarked, reason) = clients > 0 ? await Marked(cancel) : (false, basis);
        if (!isMarked)
        {
            Add(RestartReport.None(reason), [], [$"connects after a restart: {reason}"]);
            return;
        }
        await using var accounts = await Accounts(old, @new, cancel);
        var mix = await Mix(old, @new, accounts, cancel);
        RestartOf[] both =
        [
            new(order.Old, order.Restart.Old, mix.Next(false, new Random(Seed))), new(order.New, order.Restart.New, mix.Next(true, new Random(Seed))),
        ];
        var restarter = new Restarter(order.Restart.TimeMax, clients, order.Made, time, Seed, order.Screen.Step);
        try
        {
            foreach (var one in both)
            {
                await restarter.Run(one, cancel);
                // What somebody's command says is for the one who named it, and not for a report that others read.
                if (one.Said.Length > 0)
                    await Console.Error.WriteLineAsync($"seawall: {one.Missing}. It said:\n{order.Old.Hide(order.New.Hide(one.Said))}");
            }
        }
        finally
        {
            Add(RestartReport.Make(both[0], both[1], clients, basis, order.Budgets), [$"after a restart: {clients} clients ({basis}), {mix.Title}"],
            [
                .. mix.Left, .. accounts.NotMade,
                .. both.Where(one => one.Missing.Length > 0).Select(one => $"connects after a restart of the {one.Target.Name} server: {one.Missing}"),
            ]);
        }
    }

    /// <summary>The captured traffic, sent to both servers again.</summary>
    internal async Task Replay(CancellationToken cancel)
    {
        if (order.Traffic is not { } traffic)
            return;
        var (old, @new) = await Facts(cancel);
        var plan = _share is { } share ? order.Replay.Within(TimeOfPasses(share), traffic) : order.Replay;
        if (plan.IsWriting && old.IsSameServer(@new))
            throw new RehearsalException($"--write needs two copies of the data: {order.Old.Dsn} and {order.New.Dsn} are one server, and would get each twice");
        var (isMarked, reason) = plan.IsWriting || order.MakesAccounts ? await Marked(cancel) : (true, "");
        if (!isMarked)
            throw new RehearsalException($"{(plan.IsWriting ? "writes are sent to" : "accounts are made on")} rehearsal targets only: {reason}");
        var script = ReplayScript.Of(traffic, old.Dialect, plan.IsWriting, old.Dialect.MariaDb && @new.Dialect.MariaDb);
        await using var made = order.MakesAccounts
            ? await XrayAccounts.Make(order.Old, order.New, AccountClasses.Of(old, @new, order.Accounts).Classes, order.Made, time, cancel,
                plan.IsWriting ? ReplayPlan.RightsToWrite : ReplayPlan.RightsToRead)
            : null;
        var accounts = await ReplayAccounts.Find(
            traffic, (order.Old, old), (order.New, @new), made?.All ?? [], order.PasswordOf, order.Drivers, time, cancel);
        var ledger = new ReplayLedger(script.Commands.Count, plan.IsWriting);
        var replayer = new Replayer(script, plan, ledger, time);
        try
        {
            await WarmUp(script, plan, accounts, cancel);
            foreach (var pass in ReplayPass.InTurns(plan.Passes))
            {
                var seconds = Math.Min(traffic.Seconds, plan.SecondsMax) / plan.Speed;
                order.Screen.Step(FormattableString.Invariant($"Replaying {seconds:0.#} s on the {(pass.IsNew ? "new" : "old")} server"));
                await replayer.Run(pass, connection => accounts.Login(connection, pass.IsNew), cancel);
                order.Screen.Step($"{replayer.Answered} commands answered");
                await MustBeThere(pass.IsNew ? order.New : order.Old, pass, ledger, cancel);
            }
        }
        finally
        {
            var report = new ReplayReport(script, ledger, plan, order.Budgets, new Random(Seed));
            Add(report.Connections(), [$"capture '{traffic.Name}'", .. report.Coverage(), .. accounts.Coverage],
                [.. traffic.Gaps, .. report.NotTested(), .. accounts.NotTested, .. made?.NotMade ?? []]);
            AddBehind(report.Queries(), report.Results());
        }
        if (plan.Examines)
        {
            order.Screen.Step("Explaining a sample of each digest, and counting the rows that it reads");
            var examination = new Examination(script, time);
            try
            {
                await examination.Run(order.Old, order.New, cancel);
            }
            finally
            {
                AddBehind(examination.Make());
            }
        }
    }

    private async Task<XrayAccounts> Accounts(TargetFacts old, TargetFacts @new, CancellationToken cancel) => order.MakesAccounts
        ? await XrayAccounts.Make(order.Old, order.New, AccountClasses.Of(old, @new, order.Accounts).Classes, order.Made, time, cancel)
        : XrayAccounts.Own(order.Old, order.New, old, @new, time);

    private async Task<LoginMix> Mix(TargetFacts old, TargetFacts @new, XrayAccounts accounts, CancellationToken cancel)
    {
        var mix = await LoginMix.Of((order.Old, old), (order.New, @new), accounts.All, Drivers(old), time, cancel);
        return !mix.IsEmpty ? mix
            : throw new RehearsalException($"no driver can log in to both servers, and there is nothing to load them with: {string.Join("; ", mix.Left)}");
    }

    private async Task MustBeThere(Target target, ReplayPass pass, ReplayLedger ledger, CancellationToken cancel)
    {
        if (await target.IsThere(time, cancel))
            return;
        ledger.Forget(pass);
        throw new RehearsalException($"the {target.Name} server ({target.Dsn}) was lost during the replay, and what it answered in this pass "
            + "counts for nothing: whether a statement did it, its log may say");
    }

    // The first statements of a program are its slowest: they would all be the old server's.
    private async Task WarmUp(ReplayScript script, ReplayPlan plan, ReplayAccounts accounts, CancellationToken cancel)
    {
        if (plan.IsWriting)
            return;
        var some = plan with { SecondsMax = Math.Min(plan.SecondsMax, ReplayPlan.WarmUpSeconds * plan.Speed) };
        var replayer = new Replayer(script, some, new ReplayLedger(script.Commands.Count), time);
        foreach (var pass in ReplayPass.InTurns(1))
            await replayer.Run(pass, connection => accounts.Login(connection, pass.IsNew), cancel);
    }

    // Warming up, logging in beforehand and the last answers of each pass take time besides.
    private static TimeSpan TimeOfPasses(TimeSpan share)
    {
        const double part = 0.8;
        var atLeast = TimeSpan.FromSeconds(1);
        var rest = (share - TimeSpan.FromSeconds(2 * ReplayPlan.WarmUpSeconds)) * part;
        return rest > atLeast ? rest : atLeast;
    }

    // Statements come behind all that is about new connections.
    private void AddBehind(params Section[] sections)
    {
        var lastOfThem = _sections.FindLastIndex(one =>
            one.Title.StartsWith("NEW CONNECTIONS", StringComparison.Ordinal) || one.Title is "QUERIES" or "RESULTS");
        _sections.InsertRange(lastOfThem + 1, sections);
    }

    /// <summary>What chance is drawn from: the same each time, so that the same samples give the same intervals.</summary>
    private const int Seed = 20_261;

    private const string Capture = "the capture";

    // A proxy, a container or another machine: what is not seen of it is not taken for nothing.
    private IEnumerable<string> ProcessesMissing() => ((Target[])[order.Old, order.New]).Select(one => one.ProcessMissing).Where(words => words.Length > 0);

    private async Task<(bool IsMarked, string Reason)> Marked(CancellationToken cancel)
    {
        foreach (var target in (Target[])[order.Old, order.New])
        {
            await using var session = await target.Open(time, cancel);
            var mark = await RehearsalMark.Check(session, target, order.Meant, cancel);
            if (!mark.IsMarked)
                return mark;
        }
        return (true, "");
    }

    // What was captured weighs more than what is connected just now; what was named on the command line weighs more than both.
    private DriverChoice Drivers(TargetFacts old) =>
        order.Traffic is { } traffic && order.Drivers.All(one => one.Becomes is not null) && traffic.Connects.Any()
        ? DriverChoice.Captured(traffic.Connects.Select(one => TrafficDrivers.Of(one, order.Drivers).Profile))
        : DriverChoice.Of(old, order.Drivers);

    private KneePlan Peaked(KneePlan plan) => plan.Peak is null && order.Traffic is { PeakConnects: > 0 and var peak } traffic
        ? plan with { Peak = peak, PeakBasis = $"peak of the capture '{traffic.Name}'" }
        : plan;

    /// <summary>Both servers' facts, read once.</summary>
    internal async Task<(TargetFacts Old, TargetFacts New)> Facts(CancellationToken cancel)
    {
        order.Screen.Step($"Looking at {order.Old.Dsn} and {order.New.Dsn}");
        _old ??= await FactsReader.Read(order.Old, time, cancel);
        if (_old is { CountedBy: not Capture } && order.Traffic is { } traffic && traffic.Connects.Any())
        {
            var counts = traffic.Connects.CountBy(one => one.User).ToDictionary(pair => pair.Key, pair => (long)pair.Value);
            _old = _old with { Connects = counts, CountedBy = Capture };
        }
        if (_new is null)
        {
            _new = await FactsReader.Read(order.New, time, cancel);
            if (_old.IsSameServer(_new))
                _notTested.Insert(0, "any difference between two servers: both DSNs lead to one, and only what is in front of it may differ");
        }
        return (_old, _new);
    }

    /// <summary>Adds a part to the report, behind those about new connections and in front of all others.</summary>
    internal void Add(Section section, IEnumerable<string> coverage, IEnumerable<string> notTested)
    {
        _sections.Insert(_sections.FindLastIndex(one => one.Title.StartsWith("NEW CONNECTIONS", StringComparison.Ordinal)) + 1, section);
        _coverage.AddRange(coverage);
        _notTested.AddRange(notTested);
    }

    private Dictionary<string, string> Inputs()
    {
        var inputs = new Dictionary<string, string>(order.Inputs);
        foreach (var (name, facts) in ((string, TargetFacts?)[])[("old", _old), ("new", _new)])
        {
            if (facts is null)
                continue;
            var lines = facts.Variables.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}");
            inputs[$"variables of {name}"] = RehearsalOptions.Hash(System.Text.Encoding.UTF8.GetBytes(string.Join('\n', lines)));
        }
        return inputs;
    }

    // Each by itself: that one has no room any more takes nothing from the others.
    private async Task Write(Report report)
    {
        var problems = new List<string>();
        await Try(order.HtmlFile, file => File.WriteAllTextAsync(file, ReportHtml.Write(report, SeawallVersion.Text)));
        byte[] json = order.JsonFile is null ? [] : ReportJson.Write(report, SeawallVersion.Text);
        await Try(order.JsonFile, file => File.WriteAllBytesAsync(file, json));
        if (order.SignKey is { } key)
            await Try($"{order.JsonFile}.sig", file => File.WriteAllBytesAsync(file, ReportJson.Sign(json, key)));
        if (problems.Count > 0)
            throw new RehearsalException($"the report could not be written: {string.Join("; ", problems)}");

        async Task Try(string? file, Func<string, Task> write)
        {
            try
            {
                if (file is not null)
                    await write(file);
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException
                or System.Security.Cryptography.CryptographicException or ArgumentException)
            {
                problems.Add($"{file}: {problem.Message}");
            }
        }
    }

    private static string Title(TargetFacts? facts, Target target) => facts is null ? target.Dsn.ToString() : facts.Title;
}
