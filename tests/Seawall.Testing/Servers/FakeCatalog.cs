using System.Text;

namespace Seawall.Testing.Servers;

/// <summary>What a <see cref="FakeServer"/> tells its monitor of itself and its accounts.</summary>
internal static class FakeCatalog
{
    private static readonly string[] s_userColumns =
    [
        "User", "Host", "plugin", "authentication_string", "account_locked", "password_expired", "ssl_type", "User_attributes",
        "Host", "User",
    ];

    /// <summary>The answer, or null when the question is another.</summary>
    internal static FakeAnswer? Answer(FakeServer server, FakeSession session, string sql)
    {
        if (sql.StartsWith("CHECKSUM TABLE", StringComparison.Ordinal))
            return new FakeRows(["Table", "Checksum"], [["mysql.user", Checksum(server)]]);
        if (sql.StartsWith("SHOW GLOBAL VARIABLES WHERE", StringComparison.Ordinal))
        {
            return Variables(server, [.. server.Globals.Keys.Where(name => sql.Contains($"'{name}'", StringComparison.Ordinal))]);
        }
        if (sql.StartsWith("SELECT @@global.gtid_mode", StringComparison.Ordinal))
        {
            var gtids = FakeServer.GtidsUpTo(server.Transactions ?? 0);
            return new FakeRows(["mode", "executed"], [[server.Transactions is null ? "OFF" : "ON", gtids]]);
        }
        if (sql.StartsWith("SELECT WAIT_FOR_EXECUTED_GTID_SET(", StringComparison.Ordinal))
            return new FakeLater(30, FakeAnswer.One("1"));
        if (sql is "SHOW REPLICA STATUS" or "SHOW SLAVE STATUS" or "SHOW ALL SLAVES STATUS")
            return Replication(server, isNew: sql == "SHOW REPLICA STATUS");
        if (sql.StartsWith("SHOW SESSION VARIABLES LIKE 'statement_id'", StringComparison.Ordinal))
            return Variables(server, ["statement_id"]);
        if (sql.Contains("performance_schema.variables_metadata", StringComparison.Ordinal))
            return new FakeRows(["VARIABLE_NAME"], server.Globals.Keys.Select(name => (IReadOnlyList<string?>)[name]));
        if (sql.Contains("information_schema.COLLATIONS", StringComparison.Ordinal))
        {
            return new FakeRows(["ID", "COLLATION_NAME", "CHARACTER_SET_NAME"], server.Collations.Select(pair =>
                (IReadOnlyList<string?>)[$"{pair.Key}", pair.Value.Name, pair.Value.Charset]));
        }
        if (sql.StartsWith("SELECT SUBSTRING_INDEX(USER()", StringComparison.Ordinal))
            return FakeAnswer.One("localhost");
        if (sql.Contains("mysql.global_priv", StringComparison.Ordinal))
            return new FakeRows(["User", "Host", "Priv"], server.Accounts.Select(JsonRow));
        if (sql.Contains("mysql.user", StringComparison.Ordinal))
            return new FakeRows(s_userColumns, server.Accounts.Select(account => UserRow(server, account)));
        if (sql.Contains("mysql.global_grants", StringComparison.Ordinal)
            || sql.Contains("mysql.role_edges", StringComparison.Ordinal)
            || sql.Contains("mysql.default_roles", StringComparison.Ordinal))
        {
            return new FakeRows(["a", "b", "c", "d"], []);
        }
        return null;
    }

    private static FakeRows Variables(FakeServer server, string[] names) => new(["Variable_name", "Value"],
        names.Where(server.Globals.ContainsKey).Select(name => (IReadOnlyList<string?>)[name, server.Globals[name]]));

    private static FakeRows Replication(FakeServer server, bool isNew)
    {
        var (source, replica) = isNew ? ("Source", "Replica") : ("Master", "Slave");
        return new FakeRows(
            [
                $"{source}_Host", $"{source}_Port", $"{source}_Server_Id", $"{replica}_IO_Running", $"{replica}_SQL_Running",
                $"Seconds_Behind_{source}", "Last_IO_Error", "Last_SQL_Error",
            ],
            server.Source is not { } from ? [] :
            [
                [
                    "10.9.9.9", "3306", from.Globals["server_id"], server.Receives, server.Applies,
                    server is { Receives: "Yes", Applies: "Yes" } ? "0" : null, "", "",
                ],
            ]);
    }

    private static string Checksum(FakeServer server)
    {
        var hash = new HashCode();
        foreach (var account in server.Accounts)
            hash.Add(account);
        return $"{(uint)hash.ToHashCode()}";
    }

    // The columns that are read, in the order of Watch/AccountQuestions, and a few more for the fingerprint.
    private static IReadOnlyList<string?> UserRow(FakeServer server, FakeAccount account)
    {
        var isOld = server.Kind.Number < 50706;
        var isNative = account.Plugin == "mysql_native_password";
        return
        [
            account.User, account.Host, account.Plugin, isOld && isNative ? "" : account.Stored,
            account.IsLocked ? "Y" : "N", "N", "", isOld ? isNative ? account.Stored : "" : null,
            account.Host, account.User,
        ];
    }

    private static IReadOnlyList<string?> JsonRow(FakeAccount account)
    {
        var json = new StringBuilder("{\"access\":0,\"plugin\":\"").Append(account.Plugin)
            .Append("\",\"authentication_string\":\"").Append(account.Stored).Append('"');
        if (account.IsLocked)
            json.Append(",\"account_locked\":true");
        return [account.User, account.Host, json.Append('}').ToString()];
    }
}
