using System.Collections.Immutable;
using System.Security.Cryptography;
using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;
using Seawall.MySql.Passwords;

namespace Seawall.Engine.Watch;

/// <summary>Reads the accounts of a server with the monitoring account: names, hosts, hashes, locks.</summary>
internal static class AccountQuestions
{
    // Columns that are read come first, in this order; then everything, for the fingerprint.
    private const string MySql57 =
        "SELECT User, Host, plugin, authentication_string, account_locked, password_expired, ssl_type, u.* FROM mysql.user u";

    private const string MySql80 =
        "SELECT User, Host, plugin, authentication_string, account_locked, password_expired, ssl_type, User_attributes, u.* "
        + "FROM mysql.user u";

    private const string MySql56 =
        "SELECT User, Host, plugin, authentication_string, 'N', password_expired, ssl_type, Password, u.* FROM mysql.user u";

    // What a login does with roles, besides what is in the tables.
    private const string RoleSwitches =
        "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('activate_all_roles_on_login', 'mandatory_roles')";

    private const string DefaultRoles =
        "SELECT USER, HOST, DEFAULT_ROLE_USER, DEFAULT_ROLE_HOST FROM mysql.default_roles ORDER BY 1,2,3,4";

    private const string MariaDb = "SELECT User, Host, Priv FROM mysql.global_priv";

    private const string MariaDb103 =
        "SELECT User, Host, plugin, authentication_string, 'N', password_expired, ssl_type, Password, u.* FROM mysql.user u";

    /// <summary>A number that changes when any account does; null when the server does not tell.</summary>
    internal static async LoopTask<string?> Checksum(ServerConnection connection)
    {
        var tables = connection.Version switch
        {
            { IsMariaDb: true, Number: >= 100400 } => "mysql.global_priv, mysql.roles_mapping, mysql.db",
            { IsMariaDb: false, Number: >= 80000 } => "mysql.user, mysql.db, mysql.global_grants, mysql.role_edges, mysql.default_roles",
            _ => "mysql.user, mysql.db",
        };
        var rows = await ServerQuery.Run(connection, $"CHECKSUM TABLE {tables}", columns: 2);
        if (!rows.Reply.IsOk)
            return null;
        var switches = HasRoleSwitches(connection.Version) ? await ServerQuery.Run(connection, RoleSwitches, columns: 2) : rows;
        return string.Join(',', Values(rows).Concat(Values(switches)));

        static IEnumerable<string?> Values(ServerRows rows) => Enumerable.Range(0, rows.Rows.Count).Select(row => rows.Text(row, 1));
    }

    /// <summary>All accounts, or why they cannot be read.</summary>
    internal static async LoopTask<(List<Account>? Accounts, ServerReply Reply)> Read(ServerConnection connection)
    {
        var version = connection.Version;
        var isJson = version is { IsMariaDb: true, Number: >= 100400 };
        var sql = version switch
        {
            { IsMariaDb: true } => isJson ? MariaDb : MariaDb103,
            { Number: >= 80000 } => MySql80,
            { Number: >= 50706 } => MySql57,
            _ => MySql56,
        };
        var rows = await ServerQuery.Run(connection, sql, columns: isJson ? 3 : 8);
        if (!rows.Reply.IsOk)
            return (null, rows.Reply);
        var grants = await ReadGrants(connection);
        var roles = HasRoleSwitches(version) ? await ReadLoginRoles(connection) : null;
        var ofRoles = isJson ? HashRoles(rows, grants) : 0;
        var accounts = new List<Account>(rows.Rows.Count);
        foreach (var row in rows.Rows)
        {
            if ((isJson ? ReadJson(row, grants, ofRoles) : ReadColumns(row, version, grants, roles)) is { } account)
                accounts.Add(account);
        }
        return (accounts, rows.Reply);
    }

    private static async LoopTask<Dictionary<string, ulong>> ReadGrants(ServerConnection connection)
    {
        // What a schema, a role or a dynamic privilege adds is not in mysql.user, and a new login must see it. A connection that
        // is in a schema keeps the privileges that it came with, so a pool's must be opened anew.
        var grants = new Dictionary<string, ulong>();
        foreach (var sql in GrantTables(connection.Version))
        {
            var rows = await ServerQuery.Run(connection, sql, columns: 2);
            for (var i = 0; i < rows.Rows.Count; i++)
            {
                var key = $"{rows.Text(i, 0)}@{rows.Text(i, 1)}";
                grants[key] = Hash(rows.Rows[i], grants.GetValueOrDefault(key));
            }
        }
        return grants;
    }

    // PUBLIC gives its privileges to everybody, and a role to whoever has it, directly or by another one. MariaDB looks at the global
    // ones when a connection is opened only.
    private static ulong HashRoles(ServerRows rows, Dictionary<string, ulong> grants)
    {
        var hash = 0UL;
        foreach (var row in rows.Rows)
        {
            if (Text(row[1]).Length == 0)
                hash = Hash(row, hash ^ grants.GetValueOrDefault($"{Text(row[0])}@"));
        }
        return hash;
    }

    private static bool HasRoleSwitches(ServerVersion version) => version is { IsMariaDb: false, Number: >= 80000 };

    // The accounts that have roles at their login; null when nobody can tell, because all that are granted are active then.
    private static async LoopTask<HashSet<string>?> ReadLoginRoles(ServerConnection connection)
    {
        var switches = await ServerQuery.Run(connection, RoleSwitches, columns: 2);
        if (!Enumerable.Range(0, switches.Rows.Count).Any(row =>
            switches.Text(row, 0) == "activate_all_roles_on_login" && switches.Text(row, 1) == "OFF"))
        {
            return null;
        }
        var rows = await ServerQuery.Run(connection, DefaultRoles, columns: 4);
        return rows.Reply.IsOk ? [.. Enumerable.Range(0, rows.Rows.Count).Select(row => $"{rows.Text(row, 0)}@{rows.Text(row, 1)}")] : null;
    }

    private static string[] GrantTables(ServerVersion version)
    {
        const string schemas = "SELECT User, Host, d.* FROM mysql.db d ORDER BY User, Host, Db";
        return version switch
        {
            { IsMariaDb: true, Number: >= 100005 } =>
                [schemas, "SELECT User, Host, Role, Admin_option FROM mysql.roles_mapping ORDER BY 1,2,3"],
            { IsMariaDb: false, Number: >= 80000 } =>
            [
                schemas,
                "SELECT USER, HOST, PRIV, WITH_GRANT_OPTION FROM mysql.global_grants ORDER BY 1,2,3",
                "SELECT TO_USER, TO_HOST, FROM_USER, FROM_HOST FROM mysql.role_edges ORDER BY 1,2,3,4",
                DefaultRoles,
            ],
            _ => [schemas],
        };
    }

    private static Account? ReadColumns(
        byte[]?[] row, ServerVersion version, Dictionary<string, ulong> grants, HashSet<string>? roles)
    {
        var user = Text(row[0]);
        var host = Text(row[1]);
        if (user.Length == 0)
            return null; // Anonymous accounts have no password and no place at a front door.
        ImmutableArray<StoredPassword> passwords;
        if (version is { IsMariaDb: false, Number: >= 80000 })
        {
            if (!AccountRow.TryReadMySql(row[2] ?? [], row[3] ?? [], row[7] ?? [], out passwords))
                return null;
        }
        else if (version is { IsMariaDb: false, Number: >= 50706 })
        {
            passwords = [StoredPassword.Read(row[2] ?? [], row[3] ?? [])];
        }
        else
        {
            passwords = [AccountRow.ReadWithPasswordColumn(row[2] ?? [], row[3] ?? [], row[7] ?? [])];
        }
        var ssl = Text(row[6]);
        return new Account(user, host, passwords, AccountSource.Server)
        {
            IsLocked = Text(row[4]) == "Y",
            IsExpired = Text(row[5]) == "Y",
            RequiresTls = ssl.Length > 0,
            RequiresCertificate = ssl is "X509" or "SPECIFIED",
            BeginsWith = roles is null ? LoginRoles.Unknown : roles.Contains($"{user}@{host}") ? LoginRoles.Default : LoginRoles.None,
            Fingerprint = Hash(row, grants.GetValueOrDefault($"{user}@{host}")),
        };
    }

    private static Account? ReadJson(byte[]?[] row, Dictionary<string, ulong> grants, ulong ofRoles)
    {
        var user = Text(row[0]);
        var priv = row[2] ?? [];
        if (user.Length == 0 || !AccountRow.TryReadMariaDb(priv, out var passwords) || passwords.IsEmpty)
            return null;
        var flags = MariaDbAccountFlags.Read(priv);
        return new Account(user, Text(row[1]), passwords, AccountSource.Server)
        {
            IsLocked = flags.IsLocked,
            IsExpired = flags.IsExpired,
            RequiresTls = flags.RequiresTls,
            RequiresCertificate = flags.RequiresCertificate,
            BeginsWith = flags.HasDefaultRole ? LoginRoles.Default : LoginRoles.None,
            Fingerprint = Hash(row, grants.GetValueOrDefault($"{user}@{Text(row[1])}") ^ ofRoles),
        };
    }

    // Any change must show; nothing hangs on speed, since rows are read only when their tables have changed.
    private static ulong Hash(byte[]?[] row, ulong seed)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(BitConverter.GetBytes(seed));
        foreach (var value in row)
        {
            hash.AppendData(BitConverter.GetBytes(value?.Length ?? -1));
            hash.AppendData(value ?? []);
        }
        return BitConverter.ToUInt64(hash.GetHashAndReset());
    }

    private static string Text(byte[]? value) => value is null ? "" : System.Text.Encoding.UTF8.GetString(value);
}
