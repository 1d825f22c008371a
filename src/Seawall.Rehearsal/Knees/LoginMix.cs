using Seawall.Rehearsal.Drivers;
using Seawall.Rehearsal.Lints;
using Seawall.Rehearsal.Logins;
using Seawall.Rehearsal.Targets;
using Seawall.Rehearsal.Xrays;

namespace Seawall.Rehearsal.Knees;

/// <summary>The logins that a load is made of: accounts and drivers by their weights, those that can log in to both servers.</summary>
internal sealed class LoginMix
{
    /// <summary>How long a driver waits for its login here; longer is a failure.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly List<(double Weight, LoginPlan Old, LoginPlan New, string Name)> _all = [];

    /// <summary>Whether nobody can log in.</summary>
    public bool IsEmpty => _all.Count == 0;

    /// <summary>Kinds of logins that are not in it, with why.</summary>
    public List<string> Left { get; } = [];

    /// <summary>For people.</summary>
    public string Title => string.Join(", ", _all.Select(one => one.Name));

    /// <summary>Tries each kind of login once on each server; that also warms the servers' caches.</summary>
    public static async Task<LoginMix> Of(
        (Target Target, TargetFacts Facts) old, (Target Target, TargetFacts Facts) @new, IReadOnlyList<XrayAccount> accounts, DriverChoice drivers,
        TimeProvider time, CancellationToken cancel)
    {
        var mix = new LoginMix();
        foreach (var account in accounts)
        {
            foreach (var (profile, weight) in drivers.Weights)
            {
                var name = $"{profile.Name} to {account.Class.Title}";
                var plans = (
                    Old: await Plan(old, profile, account, account.User.Old, account.Passwords.Old, cancel),
                    New: await Plan(@new, profile.OnNew, account, account.User.New, account.Passwords.New, cancel));
                var (first, second) = (await Try(plans.Old, time, cancel), await Try(plans.New, time, cancel));
                if (first.IsIn && second.IsIn)
                    mix._all.Add((weight * account.Class.Weight, plans.Old, plans.New, name));
                else
                    mix.Left.Add($"load by {name}: {(first.IsIn ? $"{second} (new)" : $"{first} (old)")}");
            }
        }
        return mix;
    }

    /// <summary>Draws logins for one of the servers.</summary>
    public Func<LoginPlan> Next(bool isNew, Random random) => () =>
    {
        var dice = random.NextDouble() * _all.Sum(one => one.Weight);
        var at = 0;
        while (at < _all.Count - 1 && (dice -= _all[at].Weight) >= 0)
            at++;
        return isNew ? _all[at].New : _all[at].Old;
    };

    private static async Task<LoginPlan> Plan(
        (Target Target, TargetFacts Facts) server, DriverProfile profile, XrayAccount account, string user, LoginPassword password, CancellationToken cancel) =>
        await server.Target.Dsn.Plan(profile, cancel) with
        {
            User = user,
            Password = password,
            Tls = server.Facts.Tls is not null && (profile.Tls == DriverTls.Preferred || account.Class.NeedsTls) ? LoginTls.Full : LoginTls.Off,
            Host = $"{server.Target.Name}.rehearsal",
            Authority = null,
            TimeMax = s_patience,
        };

    private static async Task<LoginOutcome> Try(LoginPlan plan, TimeProvider time, CancellationToken cancel)
    {
        var probe = await LoginProbe.Run(plan with { MayAskForKey = true, TimeMax = s_patience * 6 }, time, cancel);
        await probe.Leave(cancel);
        return probe.Trace.Outcome;
    }
}
