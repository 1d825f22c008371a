using Seawall.Rehearsal.Drivers;
using Seawall.Rehearsal.Logins;
using Seawall.Rehearsal.Targets;

namespace Seawall.Rehearsal.Xrays;

/// <summary>One kind of login: who, by which driver, how.</summary>
/// <param name="Account">The account, of both servers.</param>
/// <param name="Profile">The driver.</param>
/// <param name="Tls">Whether and how TLS is used.</param>
/// <param name="IsCold">Whether the server's cache of passwords is empty each time.</param>
internal sealed record XrayCell(XrayAccount Account, DriverProfile Profile, LoginTls Tls, bool IsCold);

/// <summary>What was seen of one kind of login on one server.</summary>
internal sealed class XraySamples
{
    /// <summary>Each login.</summary>
    public List<LoginTrace> Traces { get; } = [];

    /// <summary>Processor time of the server for a login in microseconds, one figure for each block; none where it cannot be read.</summary>
    public List<double> CpuUs { get; } = [];

    /// <summary>Those that got in.</summary>
    public IEnumerable<LoginTrace> In => Traces.Where(trace => trace.Outcome.IsIn);

    /// <summary>What most of them ended with.</summary>
    public LoginOutcome Outcome => Traces.CountBy(trace => trace.Outcome).OrderByDescending(pair => pair.Value).Select(pair => pair.Key).FirstOrDefault();

    /// <summary>The value that most logins have: what the kernel sends twice on a busy machine changes few of them.</summary>
    public long? Usual(Func<LoginTrace, long> of) => In.Any()
        ? In.CountBy(of).OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key).First().Key
        : null;
}

/// <summary>How it is measured.</summary>
internal sealed record XrayPlan
{
    /// <summary>Logins of each kind on each server.</summary>
    public int Samples { get; init; } = 20;

    /// <summary>The same, cold: each empties the server's cache first.</summary>
    public int ColdSamples { get; init; } = 5;

    /// <summary>Logins between two looks at the server's processor time.</summary>
    public int Block { get; init; } = 5;

    /// <summary>Whether the caches may be emptied (FLUSH PRIVILEGES): both servers are marked.</summary>
    public bool MayFlush { get; init; }

    /// <summary>How long all of it may take.</summary>
    public TimeSpan TimeMax { get; init; } = TimeSpan.FromMinutes(5);
}

/// <summary>
/// Logins of every kind on both servers, in turns (old, new, new, old), so that whatever the machine does meanwhile is done to both. What a
/// login takes in numbers does not depend on the machine; times do, and are given with intervals.
/// </summary>
internal sealed class Xray(
    (Target Target, TargetFacts Facts, ServerProcess? Process) old, (Target Target, TargetFacts Facts, ServerProcess? Process) @new,
    XrayPlan plan, TimeProvider time)
{
    /// <summary>What was seen, kind by kind.</summary>
    public Dictionary<XrayCell, (XraySamples Old, XraySamples New)> Seen { get; } = [];

    /// <summary>Kinds that were not measured, or not to the end.</summary>
    public int Left { get; private set; }

    /// <summary>Why not.</summary>
    public string LeftWhy { get; private set; } = "";

    /// <summary>Why nothing is known of logins with an empty cache; empty when it is, or was not asked for.</summary>
    public string ColdMissing { get; private set; } = "";

    /// <summary>Processor time that the servers use with nobody there, of one second of one processor.</summary>
    public (double Old, double New) Idle { get; private set; }

    /// <summary>Measures; what is seen before it is cancelled stays.</summary>
    public async Task Run(IReadOnlyList<XrayAccount> accounts, IEnumerable<DriverProfile> drivers, Action<int, int> progress, CancellationToken cancel)
    {
        var began = time.GetTimestamp();
        var cells = Cells(accounts, drivers).ToArray();
        await MeasureIdle(cancel);
        for (var i = 0; i < cells.Length; i++)
        {
            if (time.GetElapsedTime(began) > plan.TimeMax)
            {
                (Left, LeftWhy) = (cells.Length - i, "the time was over. Fewer drivers (--driver), fewer logins (--samples) or more time (--time-box)");
                return;
            }
            progress(i, cells.Length);
            if (cells[i].IsCold && ColdMissing.Length > 0)
                continue;
            try
            {
                await Measure(cells[i], cancel);
            }
            catch (RehearsalException)
            {
                (Left, LeftWhy) = (cells.Length - i, "a server was lost");
                throw;
            }
        }
    }

    // Cold and warm differ for one plugin only, and TLS is tried where both could: a kind of login that neither server has is none.
    private IEnumerable<XrayCell> Cells(IReadOnlyList<XrayAccount> accounts, IEnumerable<DriverProfile> drivers)
    {
        foreach (var account in accounts)
        {
            var hasCache = account.Class.OldPlugin == "caching_sha2_password" || account.Class.NewPlugin == "caching_sha2_password";
            foreach (var profile in drivers)
            {
                foreach (var tls in (LoginTls[])[LoginTls.Off, LoginTls.Full, LoginTls.Resumed])
                {
                    if (tls != LoginTls.Off && old.Facts.Tls is null && @new.Facts.Tls is null)
                        continue;
                    yield return new XrayCell(account, profile, tls, false);
                    if (hasCache && plan.MayFlush && tls != LoginTls.Resumed)
                        yield return new XrayCell(account, profile, tls, true);
                }
            }
        }
    }

    private async Task Measure(XrayCell cell, CancellationToken cancel)
    {
        var samples = (Old: new XraySamples(), New: new XraySamples());
        Seen[cell] = samples;
        if (!cell.IsCold)
        {
            // Warm: the cache knows the account, and TLS has a session to take up.
            await Login(old.Target, cell, isNew: false, mayAskForKey: true, cancel);
            await Login(@new.Target, cell, isNew: true, mayAskForKey: true, cancel);
        }
        var left = cell.IsCold ? plan.ColdSamples : plan.Samples;
        for (var turn = 0; left > 0; turn++)
        {
            var count = Math.Min(left, cell.IsCold ? 1 : plan.Block);
            // A B B A: a machine that slows down slows both.
            foreach (var isNew in turn % 2 == 0 ? (bool[])[false, true] : [true, false])
            {
                // What was taken for a login with an empty cache, and is none, is worse than none.
                if (cell.IsCold && await (isNew ? @new : old).Target.Forget(time, cancel) is { } why)
                {
                    ColdMissing = why;
                    Seen.Remove(cell);
                    return;
                }
                await Block(cell, isNew, count, isNew ? samples.New : samples.Old, cancel);
            }
            left -= count;
        }
    }

    private async Task Block(XrayCell cell, bool isNew, int count, XraySamples samples, CancellationToken cancel)
    {
        var (target, _, process) = isNew ? @new : old;
        var (cpu, at) = (process?.Cpu, time.GetTimestamp());
        for (var i = 0; i < count; i++)
            samples.Traces.Add(await Login(target, cell, isNew, mayAskForKey: false, cancel));
        if (cpu is { } before && process?.Cpu is { } after)
        {
            var idle = (isNew ? Idle.New : Idle.Old) * time.GetElapsedTime(at).TotalMicroseconds;
            samples.CpuUs.Add(Math.Max((after - before).TotalMicroseconds - idle, 0) / count);
        }
    }

    private async Task<LoginTrace> Login(Target target, XrayCell cell, bool isNew, bool mayAskForKey, CancellationToken cancel)
    {
        var plan = await target.Dsn.Plan(isNew ? cell.Profile.OnNew : cell.Profile, cancel) with
        {
            User = isNew ? cell.Account.User.New : cell.Account.User.Old,
            Password = isNew ? cell.Account.Passwords.New : cell.Account.Passwords.Old,
            Tls = cell.Tls,
            // A session of TLS is remembered by this name; drivers that merely prefer TLS look at no certificate.
            Host = target.Dsn.Host.Length > 0 ? $"{target.Name}.rehearsal" : "",
            Authority = null,
            MayAskForKey = mayAskForKey,
            LooksAtPeer = true,
        };
        var probe = await LoginProbe.Run(plan, time, cancel);
        await probe.Leave(cancel);
        // Nobody answered: is it this kind of login, or is there no server any more?
        if (probe.Trace.Outcome.IsSilent && !await target.IsThere(time, cancel))
        {
            throw new RehearsalException($"the {target.Name} server ({target.Dsn}) was lost while logins were measured ({probe.Trace.Outcome}): "
                + $"{target.Dsn.Option} says where it is. Trying again is safe: what was measured is in the report, and what was made is dropped");
        }
        return probe.Trace;
    }

    private async Task MeasureIdle(CancellationToken cancel)
    {
        if (old.Process is null && @new.Process is null)
            return;
        var (at, oldCpu, newCpu) = (time.GetTimestamp(), old.Process?.Cpu, @new.Process?.Cpu);
        await Task.Delay(TimeSpan.FromMilliseconds(500), time, cancel);
        var seconds = time.GetElapsedTime(at).TotalSeconds;
        Idle = (Share(oldCpu, old.Process?.Cpu, seconds), Share(newCpu, @new.Process?.Cpu, seconds));
    }

    private static double Share(TimeSpan? before, TimeSpan? after, double seconds) =>
        before is { } from && after is { } to ? (to - from).TotalSeconds / seconds : 0;
}
