using System.Globalization;
using System.Text;
using System.Text.Json;
using Seawall.Captures.Records;
using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;
using Seawall.Rehearsal.Replays;
using Seawall.Rehearsal.Targets;
using Seawall.Rehearsal.Traffics;
using Xunit;

namespace Seawall.LabTests.Rehearsal;

/// <summary><c>seawall rehearse replay</c> on real servers: what was planted is found, and a server does not differ from itself.</summary>
public sealed class RehearseReplayTests(LabServers lab)
{
    private const int Pass = 0, Fail = 1, Inconclusive = 2;

    private static readonly TimeSpan s_timeMax = TimeSpan.FromMinutes(5);

    // Latency of servers that are the same is asked of no busy machine, but where a test is about it.
    private const string NoTimes = "slower_digests_max = inf";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Differences_that_were_planted_are_all_found()
    {
        var old = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        await using var @new = await lab.StartAsync(LabKind.MariaDb, Cancel);
        await Plant(old, isNew: false);
        await Plant(@new, isNew: true);
        var capture = Capture();

        var (result, report) = await Replay(old, @new, capture, "");
        var (itself, control) = await Replay(old, old, capture, NoTimes);

        using (report)
        {
            Assert.True(result.Status == Fail, result.ToString());
            Assert.True(report.RootElement.ToString().Contains("slower: ", StringComparison.Ordinal), result.ToString());
            Assert.Matches(@"slower: select.*v_slow", report.Findings("QUERIES", "fail"));
            Assert.Matches(@"select.*gone.*the new server says error 1054", report.Findings("QUERIES", "fail"));
            var results = report.Findings("RESULTS", "fail");
            Assert.Matches(@"select.*folded where.*: [01] and [01] rows", results); // The collation of a column, by what it finds.
            Assert.Matches(@"select.*folded order by.*another order than the one that was asked for", results); // And by what it sorts.
            Assert.Matches(@"select.*cut_short.*other values in 'note'", results);
            Assert.Matches(@"select.*/ .*warnings", results);
            Assert.Matches(@"select.*v_type.*of type", results);
            Assert.Matches(@"select.*moved.*in another order; none was asked for", report.Findings("RESULTS", "note"));
        }
        using (control)
        {
            Assert.True(itself.Status == Pass, itself.ToString());
            Assert.Equal("", control.Findings("RESULTS", "fail") + control.Findings("RESULTS", "note") + control.Findings("QUERIES", "fail"));
        }
    }

    // Something falls into the turn of one server alone: it is the same server both times, so that nothing is slower on either.
    [Fact]
    public async Task Other_work_in_one_turn_makes_no_statement_slower()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        var schema = await Schema(server);
        foreach (var sql in new[]
        {
            $"create table {schema}.pace (id int primary key, seconds double)", $"insert into {schema}.pace values (1, 0.05)",
            $"create view {schema}.v_work as select id, sleep(seconds) as work from {schema}.pace where id = 1",
        })
        {
            await server.ExecuteAsync(sql, Cancel);
        }
        using var capture = new MadeCapture(lab.NewFolder());
        for (var client = 0; client < 4; client++)
        {
            var id = capture.Connect(client * 0.02, schema);
            for (var i = 0; i < 25; i++)
                capture.Query(id, (client * 0.02) + (i * 0.2), "select id, work from v_work", took: 0.05);
            capture.Close(id, 5);
        }
        var json = Path.Combine(lab.NewFolder(), "verdict.json");
        await using var program = LabProgram.Start(Command(server, server, capture.Finish(), Budgets(""), "--passes", "2", "--json", json));
        await program.WaitForLineAsync(line => line.Contains("on the new server", StringComparison.Ordinal), s_timeMax, Cancel);
        await server.ExecuteAsync($"update {schema}.pace set seconds = 0.15", Cancel);
        var turns = 0;
        await program.WaitForLineAsync(line => line.Contains("on the old server", StringComparison.Ordinal) && ++turns == 2, s_timeMax, Cancel);
        await server.ExecuteAsync($"update {schema}.pace set seconds = 0.05", Cancel);
        var result = await program.WaitAsync(s_timeMax, Cancel);

        Assert.True(result.Status == Inconclusive, result.ToString());
        using var report = JsonDocument.Parse(await File.ReadAllBytesAsync(json, Cancel));
        Assert.Equal("", report.Findings("QUERIES", "fail"));
        Assert.Contains("the turns do not agree", report.Findings("QUERIES", "unknown"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_server_does_not_differ_from_itself(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        var schema = await Schema(server);
        using var capture = new MadeCapture(lab.NewFolder());
        for (var client = 0; client < 8; client++)
        {
            var (id, at) = (capture.Connect(client * 0.05, schema, driver: client % 2 == 0 ? "Node-MySQL-2" : "libmariadb"), client * 0.05);
            capture.Query(id, at, "set names utf8");
            capture.Query(id, at, "begin");
            for (var i = 0; i < 10; i++)
            {
                capture.Query(id, at + (i * 0.02), $"select id, name, x, f, now(), rand() from items where id > {i * 3} order by id limit 5",
                    inTransaction: true);
            }
            capture.Query(id, at + 0.3, "commit");
            capture.Prepare(id, at + 0.3, 1, "select id, name, x, f, made from items where id = ?");
            for (var i = 0; i < 10; i++)
                capture.Execute(id, at + 0.3 + (i * 0.01), 1, "select id, name, x, f, made from items where id = ?", i);
            // Prepared before the capture began.
            capture.Execute(id, at + 0.4, 9, "select count(*) from items where id < ? and id > ?", 7, 2);
            capture.Query(id, at + 0.4, "select * from nothing_there");
            capture.Query(id, at + 0.4, "select 1/0");
            capture.Query(id, at + 0.4, "show warnings");
            capture.Close(id, at + 0.5);
        }
        var (result, report) = await Replay(server, server, capture.Finish(), NoTimes);

        using (report)
        {
            Assert.True(result.Status == Pass, result.ToString());
            Assert.Equal("", report.Findings("RESULTS", "fail") + report.Findings("RESULTS", "note") + report.Findings("QUERIES", "fail"));
            Assert.Contains("224 of 224 commands", report.Coverage(), StringComparison.Ordinal);
            Assert.Contains("8 connections", report.Coverage(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task From_5_6_to_9_7_statements_that_upgrades_are_known_for_are_found()
    {
        var old = await lab.SharedAsync(LabKind.MySql56, Cancel);
        var @new = await lab.SharedAsync(LabKind.MySql97, Cancel);
        var schema = await Schema(old);
        await Schema(@new, schema);
        foreach (var server in (LabServer[])[old, @new])
            await server.ExecuteAsync($"insert into {schema}.log (value) values (3), (1), (2), (1)", Cancel);
        using var capture = new MadeCapture(lab.NewFolder());
        var id = capture.Connect(0, schema, driver: "Node-MySQL-2");
        capture.Query(id, 0.1, "select value, count(*) from log group by value");
        capture.Query(id, 0.2, "select id, value from log group by value");
        capture.Query(id, 0.3, "select id from items where id = 1");
        var (result, report) = await Replay(old, @new, capture.Finish(), NoTimes);

        using (report)
        {
            Assert.True(result.Status == Fail, result.ToString());
            Assert.Contains("error 1055", report.Findings("QUERIES", "fail"), StringComparison.Ordinal); // ONLY_FULL_GROUP_BY.
            // GROUP BY no longer sorts; nobody asked for an order.
            Assert.Matches("select value.*in another order; none was asked for", report.Findings("RESULTS", "note"));
            Assert.DoesNotContain("where id =", report.Findings("RESULTS", "fail"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_replay_that_only_reads_writes_nothing_even_through_a_function()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        var schema = await Schema(server);
        await server.ExecuteAsync($"create or replace view {schema}.v as select id from {schema}.items", Cancel);
        using var capture = new MadeCapture(lab.NewFolder());
        var id = capture.Connect(0, schema);
        capture.Query(id, 0, "begin");
        capture.Query(id, 0.01, "insert into items (id) values (1000)", inTransaction: true);
        capture.Query(id, 0.02, "select count(*) from v", inTransaction: true);
        capture.Query(id, 0.03, "select writes(5)", inTransaction: true);
        capture.Query(id, 0.03, "set session transaction read write");
        capture.Query(id, 0.04, "commit");
        capture.Query(id, 0.05, "update items set name = 'x'", state: TextState.Kept);
        capture.Query(id, 0.06, "select ? from items", state: TextState.Redacted);
        capture.Query(id, 0.07, "set global max_connections = 5");
        capture.Query(id, 0.08, "drop table items");
        var before = await server.AskAsync($"checksum table {schema}.items", Cancel);
        var (result, report) = await Replay(server, server, capture.Finish(), NoTimes);

        using (report)
        {
            Assert.True(result.Status == Pass, result.ToString());
            Assert.Equal(before, await server.AskAsync($"checksum table {schema}.items", Cancel));
            var missing = report.NotTested();
            Assert.Contains("4 commands of the capture: it writes, or may", missing, StringComparison.Ordinal);
            Assert.Contains("1 commands of the capture: its values are not in the capture", missing, StringComparison.Ordinal);
            Assert.Contains("it asks for transactions that write", missing, StringComparison.Ordinal);
            Assert.Contains("it changes more than data", missing, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Writes_are_sent_to_marked_servers_only_and_in_the_order_of_their_commits()
    {
        await using var old = await lab.StartAsync(LabKind.MariaDb, Cancel);
        await using var @new = await lab.StartAsync(LabKind.MySql97, Cancel);
        var schema = await Schema(old);
        await Schema(@new, schema);
        using var capture = new MadeCapture(lab.NewFolder());
        var clients = Enumerable.Range(0, 6).Select(at => capture.Connect(at * 0.001, schema)).ToArray();
        // Each overwrites what the one before wrote: only one order ends with the last value.
        for (var i = 0; i < 60; i++)
        {
            var (client, at) = (clients[i % clients.Length], 0.1 + (i * 0.002));
            capture.Query(client, at, "begin");
            capture.Query(client, at + 0.0001, $"insert into log (value) values ({i})", inTransaction: true);
            capture.Query(client, at + 0.0002, "commit", inTransaction: true);
            capture.Query(client, at + 0.0015, $"update items set name = '{i}' where id = 1", took: 0.0001);
        }
        var path = capture.Finish();
        var refused = await Run(old, @new, path, NoTimes, "--write");
        var twice = await Run(old, old, path, NoTimes, "--write");
        await using var oldMark = await RehearsalMarks.PutAsync(old, Cancel);
        await using var newMark = await RehearsalMarks.PutAsync(@new, Cancel);
        var (result, report) = await Replay(old, @new, path, NoTimes, "--write", "--i-mean", oldMark.Name, "--i-mean", newMark.Name);

        Assert.Equal(Inconclusive, refused.Status);
        Assert.Contains("writes are sent to rehearsal targets only", refused.Errors, StringComparison.Ordinal);
        Assert.Equal(Inconclusive, twice.Status);
        Assert.Contains("are one server, and would get each twice", twice.Errors, StringComparison.Ordinal);
        using (report)
        {
            foreach (var server in (LabServer[])[old, @new])
            {
                Assert.Equal("60", await server.AskAsync($"select count(*) from {schema}.log", Cancel));
                Assert.Equal("59", await server.AskAsync($"select name from {schema}.items where id = 1", Cancel));
            }
            Assert.DoesNotContain("the order of", report.NotTested(), StringComparison.Ordinal);
            Assert.Equal("", report.Findings("QUERIES", "fail"));
        }
    }

    [Fact]
    public async Task Interrupted_it_reports_what_it_has_and_leaves_nothing_behind()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        var schema = await Schema(server);
        await using var mark = await RehearsalMarks.PutAsync(server, Cancel);
        using var capture = new MadeCapture(lab.NewFolder());
        var id = capture.Connect(0, schema);
        for (var i = 0; i < 600; i++)
            capture.Query(id, i, "select count(*) from items");
        await using var program = LabProgram.Start(
            Command(server, server, capture.Finish(), Budgets(NoTimes), "--make-accounts", "--i-mean", mark.Name));
        await program.WaitForLineAsync(line => line.Contains("Replaying", StringComparison.Ordinal), s_timeMax, Cancel);
        program.Signal(LabSignal.Interrupt);
        var result = await program.WaitAsync(s_timeMax, Cancel);

        Assert.Equal(Inconclusive, result.Status);
        Assert.Contains("ended before it was done", result.Output, StringComparison.Ordinal);
        Assert.Contains("RESULTS", result.Output, StringComparison.Ordinal);
        Assert.Equal("0", await server.AskAsync("select count(*) from mysql.user where user like 'seawall_rh%'", Cancel));
    }

    // What nobody answers any more is no difference between two servers.
    [Fact]
    public async Task A_server_that_is_lost_during_a_replay_has_no_failing_statements()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        var schema = await Schema(server);
        using var capture = new MadeCapture(lab.NewFolder());
        for (var client = 0; client < 20; client++)
        {
            var id = capture.Connect(client * 0.2, schema);
            for (var i = 0; i < 10; i++)
                capture.Query(id, (client * 0.2) + (i * 0.1), "select count(*) from items");
        }
        await using var relay = new LosingRelay(server.Port);
        var json = Path.Combine(lab.NewFolder(), "verdict.json");
        var command = Command(server, server, capture.Finish(), Budgets(NoTimes), "--json", json);
        var words = command.Arguments.ToList();
        words[words.IndexOf("--new") + 1] = $"mysql://seawall:seawall@127.0.0.1:{relay.Port}";
        await using var program = LabProgram.Start(new LabCommand(command.File, [.. words]));
        await program.WaitForLineAsync(line => line.Contains("on the new server", StringComparison.Ordinal), s_timeMax, Cancel);
        relay.Lose();
        var result = await program.WaitAsync(s_timeMax, Cancel);

        Assert.True(result.Status == Inconclusive, result.ToString());
        using var report = JsonDocument.Parse(await File.ReadAllBytesAsync(json, Cancel));
        Assert.True(report.RootElement.GetProperty("partial").GetBoolean(), result.ToString());
        Assert.DoesNotContain(report.Results(), one => one.Result is "fail" or "pass");
        Assert.Contains($"the new server (127.0.0.1:{relay.Port}) was lost during the replay", report.NotTested(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_missing_index_shows_in_plans_and_rows_whatever_the_machine_does(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        var (with, without) = (await Schema(server), await Schema(server));
        await server.ExecuteAsync($"create index made on {with}.items (made)", Cancel);
        var text = "select count(*) from items where made = '2024-01-05 10:00:00'"u8.ToArray();
        foreach (var (schema, words) in ((string, string)[])[(with, "ref made"), (without, "ALL -")])
        {
            var traffic = new Traffic
            {
                Connections = [new() { At = 0, Schema = schema, Commands = [new() { At = 0, Kind = CommandKind.Query, Text = text }] }],
            };
            var target = new Target("old", Seawall.Rehearsal.Targets.Dsn.Parse(Dsn(server), out _)!);
            var script = ReplayScript.Of(traffic, default, isWriting: false);
            var examination = new Examination(script, TimeProvider.System);
            await examination.Run(target, target, Cancel);
            var section = examination.Make();

            Assert.Equal("0", section.Measures[0].New);
            Assert.Equal(schema == with, IsFew(section.Measures[1].Old));
            Assert.Equal($"items {words}", Assert.Single(examination.Plans));
        }

        // A row more or less at the end of a range or a table is read or not, by version.
        static bool IsFew(string rows) => int.Parse(rows, CultureInfo.InvariantCulture) < 10;
    }

    // More rows than are read of any answer: what is left of them on the connection is the answer to nothing else.
    [Fact]
    public async Task A_statement_with_too_many_rows_ends_its_own_session_alone()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        var schema = await Schema(server);
        const string many = "information_schema.character_sets", few = "select count(*) from items where id = 1";
        var texts = new[] { $"select 1 from {many} a, {many} b, {many} c, {many} d limit 200100", few };
        var traffic = new Traffic
        {
            Connections =
            [
                new()
                {
                    At = 0,
                    Schema = schema,
                    Commands = [.. texts.Select(text => new TrafficCommand { At = 0, Kind = CommandKind.Query, Text = Encoding.UTF8.GetBytes(text) })],
                },
            ],
        };
        var target = new Target("old", Seawall.Rehearsal.Targets.Dsn.Parse(Dsn(server), out _)!);
        await using var session = await target.Open(TimeProvider.System, Cancel);
        var examination = new Examination(ReplayScript.Of(traffic, default, isWriting: false), TimeProvider.System);

        var answer = await session.Ask(texts[0], Cancel);
        await examination.Run(target, target, Cancel);

        Assert.False(answer.IsOk);
        Assert.False((await session.Ask("select 2", Cancel)).IsOk);
        Assert.Equal("items const PRIMARY", examination.Plans.Last());
        Assert.Equal("2 of 2 digests explained, a sample of each", examination.Make().Measures[0].Basis);
    }

    private static async Task Plant(LabServer server, bool isNew)
    {
        foreach (var sql in new[]
        {
            "drop database if exists planted", "create database planted character set utf8mb4",
            $"create table planted.folded (id int primary key, name varchar(20) collate utf8mb4_{(isNew ? "bin" : "general_ci")})",
            "insert into planted.folded values (1, 'alpha'), (2, 'Beta'), (3, 'gamma')",
            "create table planted.cut_short (id int primary key, note varchar(40))",
            $"insert into planted.cut_short values (1, '{(isNew ? "a long wo" : "a long word")}')",
            $"create table planted.moved (a int, b int, primary key ({(isNew ? "b" : "a")}))",
            "insert into planted.moved values (1, 3), (2, 2), (3, 1)",
            $"create view planted.v_type as select cast(7 as {(isNew ? "decimal(10,0)" : "signed")}) as seven",
            // Three tenths more of a tenth of a second, which a busy machine adds little to.
            $"create view planted.v_slow as select id, sleep({(isNew ? "0.13" : "0.1")}) as work from planted.folded where id = 1",
            $"create table planted.changed (id int primary key{(isNew ? "" : ", gone int")})",
            $"set global sql_mode = '{(isNew ? "" : "ERROR_FOR_DIVISION_BY_ZERO,STRICT_TRANS_TABLES")}'",
        })
        {
            await server.ExecuteAsync(sql, Cancel);
        }
    }

    private string Capture()
    {
        using var capture = new MadeCapture(lab.NewFolder());
        string[] all =
        [
            "select id, name from folded where name = 'ALPHA'", "select id, name from folded order by name", "select id, note from cut_short where id = 1",
            "select a, b from moved", "select seven from v_type", "select gone from changed", "select 1/0, 2", "select id from folded where id = 2",
        ];
        for (var client = 0; client < 4; client++)
        {
            var id = capture.Connect(client * 0.02, "planted");
            for (var i = 0; i < 24; i++)
            {
                var at = (client * 0.02) + (i * 0.12);
                capture.Query(id, at, "select id, work from v_slow", took: 0.1);
                capture.Query(id, at + 0.01, all[i % all.Length]);
            }
            capture.Close(id, 3);
        }
        return capture.Finish();
    }

    private static async Task<string> Schema(LabServer server, string? name = null)
    {
        name ??= $"replay_{Guid.NewGuid():n}"[..20];
        foreach (var sql in new[]
        {
            $"create database {name} character set utf8",
            $"create table {name}.items (id int primary key, name varchar(40), x double, f float, made datetime)",
            $"create table {name}.log (id int auto_increment primary key, value int)",
            $"insert into {name}.items values {string.Join(", ", Enumerable.Range(0, 50).Select(i => string.Create(CultureInfo.InvariantCulture,
                $"({i}, 'item {i}', {i / 3.0}, {i / 7.0}, '2024-01-{(i % 28) + 1:00} 10:00:00')")))}",
        })
        {
            await server.ExecuteAsync(sql, Cancel);
        }
        return name;
    }

    private async Task<(LabResult Result, JsonDocument Report)> Replay(LabServer old, LabServer @new, string capture, string budgets, params string[] more)
    {
        var json = Path.Combine(lab.NewFolder(), "verdict.json");
        var result = await Run(old, @new, capture, budgets, [.. more, "--json", json]);
        Assert.True(File.Exists(json), result.ToString());
        return (result, JsonDocument.Parse(await File.ReadAllBytesAsync(json, Cancel)));
    }

    private Task<LabResult> Run(LabServer old, LabServer @new, string capture, string budgets, params string[] more) =>
        LabProgram.RunAsync(
            Command(old, @new, capture, Budgets(budgets), [.. more, "--quiet", "--passes", more.Contains("--write") ? "1" : "2"]), s_timeMax, Cancel);

    private static LabCommand Command(LabServer old, LabServer @new, string capture, string budgets, params string[] more) => new(
        Path.Combine(LabFolders.Repository, "seawall"),
        ["rehearse", "replay", "--old", Dsn(old), "--new", Dsn(@new), "--capture", capture, "--budgets", budgets, .. more]);

    private string Budgets(string lines)
    {
        var file = Path.Combine(lab.NewFolder(), "budgets.toml");
        File.WriteAllText(file, $"[budgets]\ncoverage_percent_min = 0\n{lines}\n");
        return file;
    }

    private static string Dsn(LabServer server) => $"mysql://seawall:seawall@127.0.0.1:{server.Port}";
}
