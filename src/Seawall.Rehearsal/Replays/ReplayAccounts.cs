using System.Text;
using Seawall.Rehearsal.Drivers;
using Seawall.Rehearsal.Logins;
using Seawall.Rehearsal.Targets;
using Seawall.Rehearsal.Traffics;
using Seawall.Rehearsal.Xrays;

namespace Seawall.Rehearsal.Replays;

/// <summary>As whom each captured connection logs in, by which driver, on both servers.</summary>
internal sealed class ReplayAccounts
{
    private const string Native = "mysql_native_password";

    private readonly Dictionary<string, (LoginPlan Old, LoginPlan New, string How)> _byUser = [];
    private readonly Dictionary<(string, string, string), DriverProfile> _drivers = [];
    private readonly (TargetFacts Old, TargetFacts New) _facts;

    private ReplayAccounts(TargetFacts old, TargetFacts @new) => _facts = (old, @new);

    /// <summary>What is to be said of it.</summary>
    public List<string> Coverage { get; } = [];

    /// <summary>What is missing.</summary>
    public List<string> NotTested { get; } = [];

    /// <summary>
    /// Finds accounts for all users of the traffic: with a password that was given (<paramref name="given"/>), the DSN's own, one that was made of the
    /// same kind, and where there is none, the DSN's instead. Each logs in once: a server's cache of passwords is warm then, as in production.
    /// </summary>
    public static async Task<ReplayAccounts> Find(
        Traffic traffic, (Target Target, TargetFacts Facts) old, (Target Target, TargetFacts Facts) @new, IReadOnlyList<XrayAccount> made,
        Func<string, string?> given, IReadOnlyList<DriverProfile> drivers, TimeProvider time, CancellationToken cancel)
    {
        var accounts = new ReplayAccounts(old.Facts, @new.Facts);
        var any = DriverProfiles.Find(TrafficDrivers.Unknown)!;
        var (onOld, onNew) = (await old.Target.Dsn.Plan(any, cancel), await @new.Target.Dsn.Plan(any, cancel));
        foreach (var (user, plugin, connections, changes) in traffic.Users)
        {
            var (oldLogin, newLogin, how) = (onOld, onNew, "the DSN's account in its place");
            if (given(user) is { } password)
            {
                var secret = new LoginPassword(Encoding.UTF8.GetBytes(password));
                (oldLogin, newLogin, how) = (onOld with { User = user, Password = secret }, onNew with { User = user, Password = secret }, "itself");
            }
            else if (user == old.Target.Dsn.User && user == @new.Target.Dsn.User)
            {
                how = "itself";
            }
            else if (made.FirstOrDefault(one => one.Class.OldPlugin == Plugin(old.Facts, user, plugin)
                && one.Class.NewPlugin == Plugin(@new.Facts, user, "")) is { } kind)
            {
                oldLogin = onOld with { User = kind.User.Old, Password = kind.Passwords.Old };
                newLogin = onNew with { User = kind.User.New, Password = kind.Passwords.New };
                how = $"an account of {kind.Class.Title}, made for it";
            }
            else
            {
                accounts.NotTested.Add($"connects of '{user}' by an account of its own kind: its password is not known (--accounts), and none was made");
            }
            accounts._byUser[user] = (oldLogin with { Host = $"{old.Target.Name}.rehearsal" }, newLogin with { Host = $"{@new.Target.Name}.rehearsal" }, how);
            accounts.Coverage.Add($"'{user}': {connections} connections{(changes > 0 ? $", {changes} changes to it" : "")}, as {how}");
            foreach (var login in (LoginPlan[])[oldLogin, newLogin])
            {
                var probe = await LoginProbe.Run(login with { MayAskForKey = true }, time, cancel);
                await probe.Leave(cancel);
            }
        }
        foreach (var group in traffic.Connections.Where(one => !one.HasFailed).GroupBy(one => (one.ClientName, one.FirstPlugin, one.AccountPlugin)))
        {
            var (profile, isKnown) = TrafficDrivers.Of(group.First(), drivers);
            accounts._drivers[group.Key] = profile;
            var driver = isKnown ? profile.Driver : $"an unknown driver ('{group.Key.ClientName}'), as {profile.Name}";
            accounts.Coverage.Add($"{group.Count()} connections of {driver}");
        }
        return accounts;
    }

    /// <summary>How a connection logs in.</summary>
    public LoginPlan Login(TrafficConnection connection, bool isNew)
    {
        var (old, @new, _) = _byUser[connection.User];
        var driver = _drivers[(connection.ClientName, connection.FirstPlugin, connection.AccountPlugin)];
        var hasTls = connection.HasTls && (isNew ? _facts.New : _facts.Old).Tls is not null;
        return (isNew ? @new : old) with
        {
            Profile = isNew ? driver.OnNew : driver,
            Schema = connection.Schema,
            Tls = !hasTls ? LoginTls.Off : connection.IsTlsResumed ? LoginTls.Resumed : LoginTls.Full,
            Authority = null,
        };
    }

    private static string Plugin(TargetFacts facts, string user, string known) =>
        facts.Accounts?.FirstOrDefault(one => one.User == user) is { } account ? account.Plugin.Length == 0 ? Native : account.Plugin : known;
}
