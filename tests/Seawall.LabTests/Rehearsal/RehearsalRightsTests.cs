using System.Text.Json;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests.Rehearsal;

/// <summary>
/// All of a rehearsal with exactly the rights that docs/rehearsal.md lists, and none besides: nothing is missing for want of another, and what a right is
/// missing for is told.
/// </summary>
public sealed class RehearsalRightsTests(LabServers lab)
{
    private const int Pass = 0, Fail = 1;
    private const string Schema = "rights_app", User = "rights_rehearser", App = "rights_app_user", Reports = "rights_reports", Password = "pw-of-rights";

    // As docs/rehearsal.md has them, in its order.
    private static readonly string[] s_toLoad = ["select on seawall_rehearsal.*", "reload on *.*", "create user on *.*"];
    private static readonly string[] s_toPassOn = ["select, show view, show databases, execute on *.*"];

    private const string ToWrite = "select, insert, update, delete, create, drop, alter, index, create temporary tables, lock tables, execute, "
        + "create view, show view, create routine, alter routine, event, trigger, references, show databases on *.*";

    // Of MySQL: otherwise it drops no account that has made a view or its like.
    private const string ToOrphan = "allow_nonexistent_definer on *.*";

    // One for each right that a write may take.
    private static readonly string[] s_writes =
    [
        "insert into items values (3, 'three')", "update items set name = 'zwei' where id = 2", "delete from items where id = 1",
        "create table made (id int primary key, item int, foreign key (item) references items (id))", "alter table made add column note varchar(20)",
        "create index by_note on made (note)", "create temporary table scratch select id from items",
        "insert into made (id) select id from scratch where id = 3", "drop temporary table scratch", "lock tables items write", "unlock tables",
        "create view v_made as select id from made", "show create view v_made",
        "create procedure fill() insert into made (id) values (7)", "alter procedure fill comment 'fills'", "call fill()",
        "create trigger after_item after insert on items for each row insert into made (id) values (new.id)", "insert into items values (9, 'nine')",
        "create event tidy on schedule every 1 day disable do delete from made", "create table gone (id int)", "drop table gone",
    ];

    private static readonly TimeSpan s_timeMax = TimeSpan.FromMinutes(5);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MySql56)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MariaDb)]
    public async Task With_the_rights_to_look_everything_is_looked_at(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var given = await Given.ToAsync(server, ToLook(kind));
        var json = Path.Combine(lab.NewFolder(), "verdict.json");

        var result = await LabProgram.RunAsync(new LabCommand(Path.Combine(LabFolders.Repository, "seawall"),
            "rehearse", "lint", "--old", Dsn(server), "--new", Dsn(server), "--driver", "mysql2", "--json", json), s_timeMax, Cancel);

        Assert.True(result.Status == Pass, result.ToString());
        using var report = JsonDocument.Parse(await File.ReadAllBytesAsync(json, Cancel));
        Assert.Contains("accounts of mysql.user on both servers", report.Coverage(), StringComparison.Ordinal);
        foreach (var missing in (string[])["may not read", "collations of columns"])
            Assert.DoesNotContain(missing, report.NotTested(), StringComparison.Ordinal);
        if (kind != LabKind.MariaDb)
            Assert.Contains("by the connects that the old server counted", report.Coverage(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(LabKind.MySql56, LabKind.MySql97, Fail)]
    [InlineData(LabKind.MariaDb, LabKind.MariaDb, Pass)]
    public async Task With_the_rights_that_are_listed_all_of_it_is_done(LabKind oldKind, LabKind newKind, int status)
    {
        var old = await lab.SharedAsync(oldKind, Cancel);
        var @new = await lab.SharedAsync(newKind, Cancel);
        await using var oldMark = await RehearsalMarks.PutAsync(old, Cancel);
        await using var newMark = await RehearsalMarks.PutAsync(@new, Cancel);
        await using var onOld = await Given.ToAsync(old, [.. ToLook(oldKind), .. s_toLoad], s_toPassOn);
        await using var onNew = old == @new ? null : await Given.ToAsync(@new, [.. ToLook(newKind), .. s_toLoad], s_toPassOn);
        var passwords = Path.Combine(lab.NewFolder(), "passwords");
        LabFolders.WritePrivate(passwords, $"{Reports}={Password}\n");
        using var capture = new MadeCapture(lab.NewFolder());
        foreach (var (client, user) in ((int, string)[])[(0, App), (1, App), (2, Reports)])
        {
            var id = capture.Connect(client * 0.05, Schema, user, driver: "Node-MySQL-2");
            capture.Query(id, 0.3, "select id, name from items where id = 1");
            capture.Query(id, 0.4, "select name from v_items order by id");
            capture.Close(id, 0.6);
        }
        var json = Path.Combine(lab.NewFolder(), "verdict.json");

        var result = await Run(old, @new, "--make-accounts", "--i-mean", oldMark.Name, "--i-mean", newMark.Name, "--accounts", passwords, "--examine",
            "--capture", capture.Finish(), "--json", json);

        Assert.True(result.Status == status, result.ToString());
        using var report = JsonDocument.Parse(await File.ReadAllBytesAsync(json, Cancel));
        Assert.Equal("", string.Join('\n', report.Results().Where(one => one.Result == "unknown").Select(one => one.Words)));
        foreach (var refusal in (string[])["may not", "refuses", "failed:", "collations of columns", "password is not known", "denied"])
            Assert.DoesNotContain(refusal, report.NotTested(), StringComparison.Ordinal);
        Assert.Contains($"'{App}': 2 connections, as an account of", report.Coverage(), StringComparison.Ordinal);
        Assert.Contains($"'{Reports}': 1 connections, as itself", report.Coverage(), StringComparison.Ordinal);
        Assert.Equal(("0 %", "0 %", "pass"), report.Measure("NEW CONNECTIONS, REPLAYED", "connects that failed"));
        Assert.Equal(("0", "0", "pass"), report.Measure("QUERIES", "digests that fail on the new server only"));
        Assert.Contains("6 statements compared", report.Coverage(), StringComparison.Ordinal);
        Assert.NotEqual("?", report.Measure("NEW CONNECTIONS, UNDER LOAD", "connect p50 / p99 after the cache was emptied (ms)").New);
        if (newKind == LabKind.MySql97)
            Assert.NotEqual("?", report.Measure("NEW CONNECTIONS, MEASURED", "round trips of a login, the server's cache empty").New);
        foreach (var server in (LabServer[])[old, @new])
            Assert.Equal("0", await server.AskAsync("select count(*) from mysql.user where user like 'seawall_rh%'", Cancel));
    }

    // By an account that had no rights: made accounts do it, by those that were passed on.
    [Theory]
    [InlineData(LabKind.MySql56, LabKind.MySql97)]
    [InlineData(LabKind.MySql56, LabKind.MariaDb)]
    public async Task With_the_rights_that_are_listed_all_kinds_of_writes_are_sent(LabKind oldKind, LabKind newKind)
    {
        var old = await lab.SharedAsync(oldKind, Cancel);
        var @new = await lab.SharedAsync(newKind, Cancel);
        await using var oldMark = await RehearsalMarks.PutAsync(old, Cancel);
        await using var newMark = await RehearsalMarks.PutAsync(@new, Cancel);
        string[] onMarked = [.. s_toLoad.Where(right => right != "reload on *.*")], toDrop = newKind == LabKind.MySql97 ? [ToOrphan] : [];
        await using var onOld = await Given.ToAsync(old, [.. ToLook(oldKind), .. onMarked], ToWrite);
        await using var onNew = await Given.ToAsync(@new, [.. ToLook(newKind), .. onMarked, .. toDrop], ToWrite);
        using var capture = new MadeCapture(lab.NewFolder());
        var id = capture.Connect(0, Schema, App, driver: "Node-MySQL-2");
        foreach (var (at, sql) in s_writes.Index())
            capture.Query(id, 0.1 + (at * 0.01), sql);
        var budgets = Path.Combine(lab.NewFolder(), "budgets.toml");
        await File.WriteAllTextAsync(budgets, WideBudgets.With("coverage_percent_min = 0", "value_digests_max = inf",
            "metadata_digests_max = inf", "warning_digests_max = inf", "effect_digests_max = inf"), Cancel);
        var json = Path.Combine(lab.NewFolder(), "verdict.json");

        var result = await LabProgram.RunAsync(new LabCommand(Path.Combine(LabFolders.Repository, "seawall"), "rehearse", "replay", "--write",
            "--old", Dsn(old), "--new", Dsn(@new), "--make-accounts", "--i-mean", oldMark.Name, "--i-mean", newMark.Name, "--capture", capture.Finish(),
            "--budgets", budgets, "--json", json, "--quiet"), s_timeMax, Cancel);

        Assert.True(result.Status == Pass, result.ToString());
        using var report = JsonDocument.Parse(await File.ReadAllBytesAsync(json, Cancel));
        Assert.Contains($"'{App}': 1 connections, as an account of", report.Coverage(), StringComparison.Ordinal);
        Assert.Contains($"replay: {s_writes.Length} of {s_writes.Length} commands", report.Coverage(), StringComparison.Ordinal);
        foreach (var refusal in (string[])["may not", "refuses", "failed:", "denied", "may be left"])
            Assert.DoesNotContain(refusal, report.NotTested(), StringComparison.Ordinal);
        foreach (var server in (LabServer[])[old, @new])
        {
            // What fails alike on both is no difference; that all of it was done is in the data.
            Assert.Equal("2,3,9", await server.AskAsync($"select group_concat(id order by id) from {Schema}.items", Cancel));
            Assert.Equal("3,7,9", await server.AskAsync($"select group_concat(id order by id) from {Schema}.made where note is null", Cancel));
            foreach (var (table, column) in ((string, string)[])
                [("views", "table_schema"), ("triggers", "trigger_schema"), ("events", "event_schema"), ("routines", "routine_schema"),
                    ("referential_constraints", "constraint_schema")])
            {
                Assert.NotEqual("0", await server.AskAsync($"select count(*) from information_schema.{table} where {column} = '{Schema}'", Cancel));
            }
            Assert.Equal("0", await server.AskAsync("select count(*) from mysql.user where user like 'seawall_rh%'", Cancel));
        }
    }

    // Without RELOAD the cache stays as it is: a login that finds its password there is none of an empty cache.
    [Fact]
    public async Task What_a_right_is_missing_for_is_told_and_not_measured_otherwise()
    {
        var server = await lab.SharedAsync(LabKind.MySql97, Cancel);
        await using var mark = await RehearsalMarks.PutAsync(server, Cancel);
        await using var given = await Given.ToAsync(server, [.. ToLook(LabKind.MySql97), .. s_toLoad.Where(right => right != "reload on *.*")]);
        using var capture = new MadeCapture(lab.NewFolder());
        var id = capture.Connect(0, Schema, App, driver: "Node-MySQL-2");
        capture.Query(id, 0.1, "select id, name from items where id = 1");
        var json = Path.Combine(lab.NewFolder(), "verdict.json");

        var result = await Run(server, server, "--make-accounts", "--i-mean", mark.Name, "--capture", capture.Finish(), "--json", json);

        using var report = JsonDocument.Parse(await File.ReadAllBytesAsync(json, Cancel));
        var told = report.NotTested();
        foreach (var step in (string[])["logins while the server's cache of passwords is empty", "connects after the cache was emptied"])
        {
            Assert.True(told.Contains($"{step}: the old server refuses '{User}' to empty it (FLUSH PRIVILEGES): 1227 ", StringComparison.Ordinal),
                result.ToString());
        }
        Assert.Contains("on the old server: GRANT SELECT, SHOW VIEW, SHOW DATABASES, EXECUTE failed: 1045 ", told, StringComparison.Ordinal);
        // An account that may do nothing stands for nobody: its statements would fail alike on both.
        Assert.Contains($"'{App}': 1 connections, as the DSN's account in its place", report.Coverage(), StringComparison.Ordinal);
        Assert.DoesNotContain(report.Results(), one => one.Words.Contains("the server's cache empty", StringComparison.Ordinal));
        Assert.Equal("?", report.Measure("NEW CONNECTIONS, UNDER LOAD", "connect p50 / p99 after the cache was emptied (ms)").New);
    }

    private async Task<LabResult> Run(LabServer old, LabServer @new, params string[] more)
    {
        var budgets = Path.Combine(lab.NewFolder(), "budgets.toml");
        await File.WriteAllTextAsync(budgets, WideBudgets.With("coverage_percent_min = 0"), Cancel);
        string[] words =
        [
            "rehearse", "run", "--old", Dsn(old), "--new", Dsn(@new), "--budgets", budgets, "--samples", "2", "--peak", "10", "--from", "15",
            "--rate-max", "15", "--step-seconds", "1", "--quiet", .. more,
        ];
        return await LabProgram.RunAsync(new LabCommand(Path.Combine(LabFolders.Repository, "seawall"), words), s_timeMax, Cancel);
    }

    private static string Dsn(LabServer server) => $"mysql://{User}:{Password}@127.0.0.1:{server.Port}";

    private static string[] ToLook(LabKind kind) => kind switch
    {
        LabKind.MariaDb => ["select (user, host, plugin, ssl_type, is_role) on mysql.user", $"select on {Schema}.*"],
        LabKind.MySql56 => ["select (user, host, plugin, ssl_type) on mysql.user", "select on performance_schema.*", $"select on {Schema}.*"],
        _ => ["select (user, host, plugin, ssl_type, account_locked) on mysql.user", "select on performance_schema.*", $"select on {Schema}.*"],
    };

    /// <summary>A server with a schema, two accounts of its own, and the one that rehearses, with the rights that are given and no others.</summary>
    private sealed class Given(LabServer server, LabAccount[] accounts) : IAsyncDisposable
    {
        public static async Task<Given> ToAsync(LabServer server, string[] rights, params string[] toPassOn)
        {
            foreach (var sql in new[]
            {
                $"drop database if exists {Schema}", $"create database {Schema} character set utf8",
                $"create table {Schema}.items (id int primary key, name varchar(20))", $"insert into {Schema}.items values (1, 'one'), (2, 'two')",
                $"create view {Schema}.v_items as select id, name from {Schema}.items",
            })
            {
                await server.ExecuteAsync(sql, Cancel);
            }
            LabAccount[] accounts =
            [
                await LabAccount.CreateAsync(server, User, Password, Cancel), await LabAccount.CreateAsync(server, App, Password, Cancel),
                await LabAccount.CreateAsync(server, Reports, Password, Cancel),
            ];
            await server.ExecuteAsync($"grant select on {Schema}.* to {accounts[2]}", Cancel);
            foreach (var right in rights)
                await server.ExecuteAsync($"grant {right} to {accounts[0]}", Cancel);
            foreach (var right in toPassOn)
                await server.ExecuteAsync($"grant {right} to {accounts[0]} with grant option", Cancel);
            return new Given(server, accounts);
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var account in accounts)
                await account.DisposeAsync();
            await server.ExecuteAsync($"drop database {Schema}", CancellationToken.None);
        }
    }
}
