using System.Security.Cryptography;
using System.Text;
using Seawall.Rehearsal.Lints;
using Seawall.Rehearsal.Logins;
using Seawall.Rehearsal.Targets;

namespace Seawall.Rehearsal.Xrays;

/// <summary>An account to log in with on both servers: what its class is, and as whom on each.</summary>
/// <param name="Class">The class that it stands for.</param>
/// <param name="User">Its name.</param>
/// <param name="Passwords">Its password on the old and on the new server.</param>
internal sealed record XrayAccount(AccountClass Class, (string Old, string New) User, (LoginPassword Old, LoginPassword New) Passwords);

/// <summary>Accounts made for one rehearsal, one for each class, and dropped with it. Only on servers that are marked.</summary>
internal sealed class XrayAccounts : IAsyncDisposable
{
    // A server that has gone does not keep a rehearsal for longer; the last second is for saying goodbye.
    private static readonly TimeSpan s_triesMax = DropTimeMax - TimeSpan.FromSeconds(1);

    // A replay that writes has made a view, a routine, a trigger or an event as it.
    private const string MayOrphan = " With ALLOW_NONEXISTENT_DEFINER (SET_USER_ID before 8.2) it can be dropped; docs/rehearsal.md, Rights";

    private readonly MadeAccounts _made;
    private readonly TimeProvider _time;
    private string _rights = "";

    private XrayAccounts(MadeAccounts made, TimeProvider time) => (_made, _time) = (made, time);

    /// <summary>How long dropping them takes at most, on both servers at the same time: twice a login, and some statements.</summary>
    public static TimeSpan DropTimeMax => TimeSpan.FromSeconds(30);

    /// <summary>Those that there are.</summary>
    public List<XrayAccount> All { get; } = [];

    /// <summary>Classes for which none could be made, with the reason.</summary>
    public List<string> NotMade { get; } = [];

    /// <summary>The accounts of the DSNs stand for their own class.</summary>
    public static XrayAccounts Own(Target old, Target @new, TargetFacts oldFacts, TargetFacts newFacts, TimeProvider time)
    {
        var accounts = new XrayAccounts(new MadeAccounts(), time);
        var pair = new AccountClass(PluginOf(old, oldFacts), PluginOf(@new, newFacts), false, 1, 1);
        accounts.All.Add(new XrayAccount(
            pair, (old.Dsn.User, @new.Dsn.User), (old.Dsn.Password ?? new LoginPassword(default), @new.Dsn.Password ?? new LoginPassword(default))));
        return accounts;
    }

    /// <summary>
    /// Makes one for each class, with <paramref name="rights"/> on everything, or none. What was made is dropped again even when this is cancelled
    /// in the middle; until then it is in <paramref name="made"/>.
    /// </summary>
    public static async Task<XrayAccounts> Make(
        Target old, Target @new, IReadOnlyList<AccountClass> classes, MadeAccounts made, TimeProvider time, CancellationToken cancel, string rights = "")
    {
        var accounts = new XrayAccounts(made, time) { _rights = rights };
        try
        {
            await using var oldSession = await old.Open(time, cancel);
            await using var newSession = await @new.Open(time, cancel);
            foreach (var (one, index) in classes.Select((one, index) => (one, index)))
            {
                // Letters and figures alone: it stands in a statement, and passes every rule for passwords.
                var password = $"Aa1-{RandomNumberGenerator.GetHexString(24, lowercase: true)}";
                var user = $"seawall_rhs{index}";
                if (await accounts.Make(old, oldSession, one.OldPlugin, user, password, cancel)
                    && (IsSame(old, @new) || await accounts.Make(@new, newSession, one.NewPlugin, user, password, cancel)))
                {
                    var secret = new LoginPassword(Encoding.ASCII.GetBytes(password));
                    accounts.All.Add(new XrayAccount(one, (user, user), (secret, secret)));
                }
            }
            return accounts;
        }
        catch
        {
            await accounts.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using var late = new CancellationTokenSource(s_triesMax, _time);
        var problems = await Task.WhenAll(_made.ByServer.Select(one => Drop(one.Target, one.Users, late.Token)));
        var left = problems.Where(words => words.Length > 0).ToArray();
        if (left.Length > 0)
            throw new RehearsalException($"accounts of this rehearsal may be left; they may log in by passwords that nobody knows: {string.Join("; ", left)}");
    }

    // What to do by hand, if it could not be done: one server that has gone keeps nothing from being dropped on the other.
    private async Task<string> Drop(Target target, string[] users, CancellationToken late)
    {
        if (await TryDrop(target, users, late) is not null && await TryDrop(target, users, late) is { } why)
            return $"on the {target.Name} server: {MadeAccounts.Statement(users)} (it could not be done: {why})";
        _made.Remove(target);
        return "";
    }

    private async Task<string?> TryDrop(Target target, string[] users, CancellationToken late)
    {
        const int cannotUser = 1396, isDefiner = 4006; // ER_CANNOT_USER: it is not there; ER_CANNOT_USER_REFERENCED_AS_DEFINER of MySQL since 8.0.22.
        try
        {
            await using var session = await target.Open(_time, late);
            foreach (var user in users)
            {
                if (await session.Ask($"DROP USER '{user}'@'%'", late) is { IsOk: false, Code: not cannotUser } refused)
                    return $"{refused.Code} {refused.Words}{(refused.Code == isDefiner ? MayOrphan : "")}";
            }
            return null;
        }
        catch (RehearsalException gone)
        {
            return gone.Message;
        }
        catch (OperationCanceledException)
        {
            return $"no answer within {s_triesMax.TotalSeconds:0} s";
        }
    }

    private async Task<bool> Make(Target target, ProbeSession session, string plugin, string user, string password, CancellationToken cancel)
    {
        var isMariaDb = session.Login.ServerVersion.Contains("MariaDB", StringComparison.OrdinalIgnoreCase);
        var how = plugin switch
        {
            "mysql_native_password" when isMariaDb => $"VIA mysql_native_password USING PASSWORD('{password}')",
            "ed25519" when isMariaDb => $"VIA ed25519 USING PASSWORD('{password}')",
            "mysql_native_password" when session.Login.ServerVersion.StartsWith("5.", StringComparison.Ordinal) => $"BY '{password}'",
            "mysql_native_password" or "caching_sha2_password" or "sha256_password" when !isMariaDb => $"WITH {plugin} BY '{password}'",
            _ => null,
        };
        if (how is null)
        {
            NotMade.Add($"logins to accounts of {plugin}: none is made of that plugin");
            return false;
        }
        _made.Add(target, user); // Before it is there: what is cancelled in the middle is dropped too.
        await session.Ask($"DROP USER '{user}'@'%'", cancel); // Of a rehearsal that was killed.
        var answer = await session.Ask($"CREATE USER '{user}'@'%' IDENTIFIED {how}", cancel);
        if (!answer.IsOk)
        {
            NotMade.Add($"logins to accounts of {plugin} on the {target.Name} server: CREATE USER failed: {answer.Code} "
                + answer.Words.Replace(password, "…", StringComparison.Ordinal));
        }
        if (answer.IsOk && _rights.Length > 0 && await session.Ask($"GRANT {_rights} ON *.* TO '{user}'@'%'", cancel) is { IsOk: false } refused)
        {
            // It stands for nobody: what it is refused would fail alike on both, and look like no difference.
            NotMade.Add($"statements by accounts of {plugin} on the {target.Name} server: GRANT {_rights} failed: {refused.Code} {refused.Words}");
            return false;
        }
        return answer.IsOk;
    }

    private static bool IsSame(Target old, Target @new) => (old.Dsn.Host, old.Dsn.Port, old.Dsn.Socket) == (@new.Dsn.Host, @new.Dsn.Port, @new.Dsn.Socket);

    private static string PluginOf(Target target, TargetFacts facts) =>
        facts.Accounts?.Where(one => one.User == target.Dsn.User).Select(one => one.Plugin).FirstOrDefault(one => one.Length > 0) ?? facts.OwnPlugin;
}
