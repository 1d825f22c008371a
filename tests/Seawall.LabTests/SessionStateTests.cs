using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// State of a session that servers keep in places of their own, on one server connection that another session uses between any two
/// of its statements: roles, settings for one statement or one transaction, collations with large numbers, time zones.
/// </summary>
public sealed class SessionStateTests(LabServers lab)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private const string Names = "select concat_ws('|', @@character_set_client, @@character_set_connection, @@character_set_results, "
        + "@@collation_connection, collation('a'), hex('ä'))";
    private const string Zone = "select concat_ws('|', @@time_zone, from_unixtime(86400), unix_timestamp('2024-01-01'), date_format('2024-03-05', '%M'))";

    // What is set, and what is then looked at, again and again; the servers that know it, when not all do.
    private static readonly (string[] Set, string[] Look, string Servers)[] s_cases =
    [
        (["set statement lock_wait_timeout = 5, sql_mode = 'ANSI_QUOTES' "
            + "for select @@lock_wait_timeout, @@sql_mode, \"name\" from people limit 1"],
            ["select @@lock_wait_timeout, @@sql_mode, \"name\" from people limit 1"], "maria"),
        (["set lock_wait_timeout = 9", "set statement lock_wait_timeout = 5 for insert into people (name) values ('x')"],
            ["select @@lock_wait_timeout"], "maria"),
        (["set statement time_zone = '+05:00' for create table zoned as select now() > utc_timestamp() as later"],
            ["select * from zoned", "select @@time_zone"], "maria"),
        (["set statement max_statement_time = 0.000001 for select benchmark(1000000, md5('x'))"], ["select @@max_statement_time"], "maria"),
        (["set session transaction isolation level read committed"], ["{iso}", "insert into people (name) values ('r')"], ""),
        (["set session transaction read only"], ["{ro}", "insert into people (name) values ('r')", "select 1"], ""),
        (["set session transaction isolation level serializable, read only", "set session transaction read write"],
            ["{iso}", "{ro}", "insert into people (name) values ('w')"], ""),
        (["set transaction read only"], ["{ro}", "start transaction", "insert into people (name) values ('n')", "commit",
            "start transaction", "insert into people (name) values ('n')", "commit"], ""),
        (["set transaction isolation level serializable, read only", "begin", "select count(*) > 0 from people"],
            ["{iso}", "insert into people (name) values ('n')", "rollback"], ""),
        (["set transaction read only", "insert into people (name) values ('one')"], ["insert into people (name) values ('two')", "{ro}"], ""),
        (["begin"], ["set transaction isolation level serializable", "commit"], ""),
        (["start transaction read only"],
            ["insert into people (name) values ('c')", "commit and chain", "insert into people (name) values ('c')", "rollback"], ""),
        (["set names utf8mb4 collate uca1400_ai_ci"], [Names], "maria"),
        (["set names utf8mb4 collate utf8mb4_uca1400_swedish_nopad_ai_cs"], [Names, "select 'a' = 'a '"], "maria"),
        (["set names utf8mb4 collate utf8mb4_ja_0900_as_cs_ks"], [Names], "my97"),
        (["set names utf8mb4 collate utf8mb4_0900_bin"], [Names, "create table coll as select 'a' as a", "show create table coll"], "my97"),
        (["set names 'gbk'"], [Names], ""),
        (["set character set latin1"], [Names], ""),
        (["set names binary"], [Names], ""),
        (["set time_zone = '+14:00'"], [Zone], "maria my97"),
        (["set time_zone = '-12:59'"], [Zone], ""),
        (["set time_zone = 'SYSTEM', lc_time_names = 'de_DE'"], [Zone], ""),
        (["set time_zone = 'Europe/Nowhere'"], [Zone], ""),
        (["set @@session.time_zone = '+01:30'", "set time_zone = default"], [Zone], ""),
        (["set role pins_r"], ["select current_role()", "select * from pins_secret.t"], "maria my97"),
        (["set role pins_r", "set role none"], ["select current_role()", "select * from pins_secret.t"], "maria my97"),
        (["set role nobody"], ["select current_role()"], "maria my97"),
        (["set role pins_r"], ["set role default", "select current_role()", "set role all except pins_r", "select current_role()"], "my97"),
    ];

    [Theory]
    [InlineData(LabKind.MariaDb, "maria")]
    [InlineData(LabKind.MySql97, "my97")]
    [InlineData(LabKind.MySql56, "my56")]
    public async Task What_a_session_sets_follows_it_and_nobody_else(LabKind kind, string word)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        var wrong = new List<string>();
        var hasNewNames = kind == LabKind.MySql97;
        if (word != "my56")
        {
            await server.ExecuteAsync("drop database if exists pins_secret; create database pins_secret; create table pins_secret.t select 7 as a; "
                + "drop role if exists pins_r; create role pins_r; grant select on pins_secret.* to pins_r; grant pins_r to seawall", Cancel);
        }
        try
        {
            // Two, because a role and what is set for the next transaction keep one.
            await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel, options => options with
            {
                Pools = options.Pools with { SizeMax = 2 },
            });
            foreach (var (set, look, _) in s_cases.Where(one => one.Servers.Length == 0 || one.Servers.Contains(word)))
            {
                using var twins = TwinSessions.Open(server, seawall, RawClient.Usual);
                using var other = RawClient.Connect(seawall.Port, "seawall", "seawall");
                var before = other.Query(Everything(hasNewNames, word)).FirstValue;
                foreach (var sql in (string[])[.. set, .. look, .. look])
                {
                    twins.SameQuery(sql
                        .Replace("{iso}", $"select @@session.{(hasNewNames ? "transaction" : "tx")}_isolation", StringComparison.Ordinal)
                        .Replace("{ro}", $"select @@session.{(hasNewNames ? "transaction" : "tx")}_read_only", StringComparison.Ordinal));
                    Assert.Equal(before, other.Query(Everything(hasNewNames, word)).FirstValue);
                    Assert.Null(other.Query("update fidelity_s.types set c_tiny = c_tiny where id = 1").Error);
                }
                if (word != "my56")
                {
                    twins.Same(CommandKind.ResetConnection, "");
                    if (!set[0].Contains("role", StringComparison.Ordinal)) // Servers leave a role at a reset.
                        twins.SameQuery(Everything(hasNewNames, word));
                }
                try
                {
                    twins.AssertSame();
                }
                catch (Exception failure) when (failure is Xunit.Sdk.XunitException)
                {
                    wrong.Add($"{string.Join("; ", set)}: {failure.Message}");
                }
            }
            Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        }
        finally
        {
            if (word != "my56")
                await server.ExecuteAsync("drop database pins_secret; drop role pins_r", Cancel);
        }
    }

    private static string Everything(bool hasNewNames, string word) => "select concat_ws('|', @@lock_wait_timeout, @@sql_mode, @@time_zone, "
        + "@@lc_time_names, @@collation_connection, @@character_set_results, "
        + (hasNewNames ? "@@session.transaction_isolation, @@session.transaction_read_only" : "@@session.tx_isolation, @@session.tx_read_only")
        + (word == "my56" ? ")" : ", ifnull(current_role(), ''))");
}
