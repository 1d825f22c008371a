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

/// <summary>
/// <c>seawall rehearse replay</c> on real servers, judged by what statements answer alone, so that a busy machine changes nothing: a server does not
/// differ from itself. What is planted, and is slower among it: <see cref="ReplayedTimesTests"/>.
/// </summary>
public sealed class RehearseReplayTests(LabServers lab) : ReplaysOnServers(lab)
{
    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_server_does_not_differ_from_itself(LabKind kind)
    {
        var server = await Servers.SharedAsync(kind, Cancel);
        var schema = await Schema(server);
        using var capture = new MadeCapture(Servers.NewFolder());
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
        var old = await Servers.SharedAsync(LabKind.MySql56, Cancel);
        var @new = await Servers.SharedAsync(LabKind.MySql97, Cancel);
        var schema = await Schema(old);
        await Schema(@new, schema);
        foreach (var server in (LabServer[])[old, @new])
            await server.ExecuteAsync($"insert into {schema}.log (value) values (3), (1), (2), (1)", Cancel);
        using var capture = new MadeCapture(Servers.NewFolder());
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
        var server = await Servers.SharedAsync(LabKind.MariaDb, Cancel);
        var schema = await Schema(server);
        await server.ExecuteAsync($"create or replace view {schema}.v as select id from {schema}.items", Cancel);
        using var capture = new MadeCapture(Servers.NewFolder());
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
        await using var old = await Servers.StartAsync(LabKind.MariaDb, Cancel);
        await using var @new = await Servers.StartAsync(LabKind.MySql97, Cancel);
        var schema = await Schema(old);
        await Schema(@new, schema);
        using var capture = new MadeCapture(Servers.NewFolder());
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
        var server = await Servers.SharedAsync(LabKind.MariaDb, Cancel);
        var schema = await Schema(server);
        await using var mark = await RehearsalMarks.PutAsync(server, Cancel);
        using var capture = new MadeCapture(Servers.NewFolder());
        var id = capture.Connect(0, schema);
        for (var i = 0; i < 600; i++)
            capture.Query(id, i, "select count(*) from items");
        await using var program = LabProgram.Start(
            Command(server, server, capture.Finish(), Budgets(NoTimes), "--make-accounts", "--i-mean", mark.Name));
        await program.WaitForLineAsync(line => line.Contains("Replaying", StringComparison.Ordinal), TimeMax, Cancel);
        program.Signal(LabSignal.Interrupt);
        var result = await program.WaitAsync(TimeMax, Cancel);

        Assert.Equal(Inconclusive, result.Status);
        Assert.Contains("ended before it was done", result.Output, StringComparison.Ordinal);
        Assert.Contains("RESULTS", result.Output, StringComparison.Ordinal);
        Assert.Equal("0", await server.AskAsync("select count(*) from mysql.user where user like 'seawall_rh%'", Cancel));
    }

    // What nobody answers any more is no difference between two servers.
    [Fact]
    public async Task A_server_that_is_lost_during_a_replay_has_no_failing_statements()
    {
        var server = await Servers.SharedAsync(LabKind.MariaDb, Cancel);
        var schema = await Schema(server);
        using var capture = new MadeCapture(Servers.NewFolder());
        for (var client = 0; client < 20; client++)
        {
            var id = capture.Connect(client * 0.2, schema);
            for (var i = 0; i < 10; i++)
                capture.Query(id, (client * 0.2) + (i * 0.1), "select count(*) from items");
        }
        await using var relay = new LosingRelay(server.Port);
        var json = Path.Combine(Servers.NewFolder(), "verdict.json");
        var command = Command(server, server, capture.Finish(), Budgets(NoTimes), "--json", json);
        var words = command.Arguments.ToList();
        words[words.IndexOf("--new") + 1] = $"mysql://seawall:seawall@127.0.0.1:{relay.Port}";
        await using var program = LabProgram.Start(new LabCommand(command.File, [.. words]));
        await program.WaitForLineAsync(line => line.Contains("on the new server", StringComparison.Ordinal), TimeMax, Cancel);
        relay.Lose();
        var result = await program.WaitAsync(TimeMax, Cancel);

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
        var server = await Servers.SharedAsync(kind, Cancel);
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
        var server = await Servers.SharedAsync(LabKind.MariaDb, Cancel);
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
}
