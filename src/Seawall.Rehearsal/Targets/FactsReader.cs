using System.Globalization;
using Seawall.Rehearsal.Drivers;
using Seawall.Rehearsal.Logins;

namespace Seawall.Rehearsal.Targets;

/// <summary>Reads what there is to know of a server, with what the account may read; nothing is changed, and no password is looked at.</summary>
internal static class FactsReader
{
    // The columns differ by version; the first that the server understands is used. Locked accounts and roles do not log in.
    private static readonly string[] s_accounts =
    [
        "SELECT user, host, plugin, ssl_type FROM mysql.user WHERE is_role = 'N'",
        "SELECT user, host, plugin, ssl_type FROM mysql.user WHERE account_locked = 'N'",
        "SELECT user, host, plugin, ssl_type FROM mysql.user",
    ];

    /// <summary>Reads it all. Throws <see cref="RehearsalException"/> when the login fails.</summary>
    public static async Task<TargetFacts> Read(Target target, TimeProvider time, CancellationToken cancel)
    {
        await using var session = await target.Open(time, cancel);
        var (offersTls, tls, tlsProblem) = await target.TryTls(time, cancel);
        var facts = new TargetFacts
        {
            Version = session.Login.ServerVersion,
            Greeted = session.Login.Greeted,
            OwnPlugin = session.Login.Ended,
            OffersTls = offersTls,
            Tls = tls,
            TlsProblem = tlsProblem,
            Variables = await Variables(session, cancel),
            Accounts = await Accounts(session, cancel),
            Plugins = (await Names(session,
                "SELECT plugin_name FROM information_schema.plugins WHERE plugin_type = 'AUTHENTICATION' AND plugin_status = 'ACTIVE'", cancel))
                ?.ToHashSet(StringComparer.OrdinalIgnoreCase),
            Collations = await Collations(session, cancel),
            Connects = await Counts(session,
                "SELECT user, SUM(total_connections) FROM performance_schema.accounts WHERE user IS NOT NULL GROUP BY user", cancel),
            Drivers = await Counts(session, "SELECT attr_value, COUNT(*) FROM performance_schema.session_connect_attrs "
                + "WHERE attr_name = '_client_name' GROUP BY attr_value", cancel),
        };
        facts = facts with { FailedStatements = await Failed(session, facts, cancel) };
        // What was not answered looks like what is not there: half of a server is not compared with the other.
        if (session.IsLost)
        {
            throw new RehearsalException($"the {target.Name} server ({target.Dsn}) was lost while it was looked at: {target.Dsn.Option} says where it is. "
                + "Trying again is safe: it was only read");
        }
        // Last, and nothing hangs on it: on a server with very many tables it takes too long.
        return facts with
        {
            UsedCollations = await Names(session, "SELECT DISTINCT collation_name FROM information_schema.columns WHERE collation_name IS NOT NULL "
                + "AND table_schema NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys') ORDER BY 1", cancel),
        };
    }

    private static async Task<IReadOnlyDictionary<string, string>> Variables(ProbeSession session, CancellationToken cancel)
    {
        var answer = await session.Ask("SHOW GLOBAL VARIABLES", cancel);
        return answer.Rows.Where(row => row is [not null, not null])
            .ToDictionary(row => row[0]!.ToLowerInvariant(), row => row[1]!);
    }

    private static async Task<IReadOnlyList<AccountFacts>?> Accounts(ProbeSession session, CancellationToken cancel)
    {
        foreach (var sql in s_accounts)
        {
            var answer = await session.Ask(sql, cancel);
            if (answer.IsOk)
                return [.. answer.Rows.Select(row => new AccountFacts(row[0] ?? "", row[1] ?? "", row[2] ?? "", row[3] is { Length: > 0 }))];
        }
        return null;
    }

    private static async Task<IReadOnlyDictionary<int, string>> Collations(ProbeSession session, CancellationToken cancel)
    {
        var answer = await session.Ask("SELECT id, collation_name FROM information_schema.collations WHERE id IS NOT NULL", cancel);
        var collations = new Dictionary<int, string>();
        foreach (var row in answer.Rows)
        {
            if (int.TryParse(row[0], CultureInfo.InvariantCulture, out var id))
                collations[id] = row[1] ?? "";
        }
        return collations;
    }

    private static async Task<IReadOnlyList<string>?> Names(ProbeSession session, string sql, CancellationToken cancel)
    {
        var answer = await session.Ask(sql, cancel);
        return answer.IsOk ? [.. answer.Rows.Select(row => row[0]).OfType<string>()] : null;
    }

    private static async Task<IReadOnlyDictionary<string, long>?> Counts(ProbeSession session, string sql, CancellationToken cancel)
    {
        var answer = await session.Ask(sql, cancel);
        // Without performance_schema the table is there, and empty.
        return answer.Rows.Count == 0 ? null : answer.Rows.Where(row => row[0] is not null)
            .ToDictionary(row => row[0]!, row => long.TryParse(row[1], CultureInfo.InvariantCulture, out var count) ? count : 0);
    }

    // They change nothing but the session, which ends here.
    private static async Task<IReadOnlyDictionary<string, string>> Failed(ProbeSession session, TargetFacts facts, CancellationToken cancel)
    {
        var failed = new Dictionary<string, string>();
        foreach (var statement in DriverProfiles.All.SelectMany(profile => profile.StartUp).Distinct())
        {
            if (!statement.IsSentTo(facts.VersionNumber))
                continue;
            var answer = await session.Ask(statement.Text, cancel);
            if (!answer.IsOk)
                failed[statement.Text] = $"{answer.Code} {answer.Words}";
        }
        return failed;
    }
}
