using System.Text.Json;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests.Rehearsal;

/// <summary>
/// <c>seawall rehearse replay</c> where it is about what takes longer: what was planted is found, and other work in one turn is no slower statement.
/// Nothing else runs beside this (lab/test-times.tsv).
/// </summary>
public sealed class ReplayedTimesTests(LabServers lab) : ReplaysOnServers(lab)
{
    [Fact]
    public async Task Differences_that_were_planted_are_all_found()
    {
        var old = await Servers.SharedAsync(LabKind.MariaDb, Cancel);
        await using var @new = await Servers.StartAsync(LabKind.MariaDb, Cancel);
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
        var server = await Servers.SharedAsync(LabKind.MariaDb, Cancel);
        var schema = await Schema(server);
        foreach (var sql in new[]
        {
            $"create table {schema}.pace (id int primary key, seconds double)", $"insert into {schema}.pace values (1, 0.05)",
            $"create view {schema}.v_work as select id, sleep(seconds) as work from {schema}.pace where id = 1",
        })
        {
            await server.ExecuteAsync(sql, Cancel);
        }
        using var capture = new MadeCapture(Servers.NewFolder());
        for (var client = 0; client < 4; client++)
        {
            var id = capture.Connect(client * 0.02, schema);
            for (var i = 0; i < 25; i++)
                capture.Query(id, (client * 0.02) + (i * 0.2), "select id, work from v_work", took: 0.05);
            capture.Close(id, 5);
        }
        var json = Path.Combine(Servers.NewFolder(), "verdict.json");
        await using var program = LabProgram.Start(Command(server, server, capture.Finish(), Budgets(""), "--passes", "2", "--json", json));
        await program.WaitForLineAsync(line => line.Contains("on the new server", StringComparison.Ordinal), TimeMax, Cancel);
        await server.ExecuteAsync($"update {schema}.pace set seconds = 0.15", Cancel);
        var turns = 0;
        await program.WaitForLineAsync(line => line.Contains("on the old server", StringComparison.Ordinal) && ++turns == 2, TimeMax, Cancel);
        await server.ExecuteAsync($"update {schema}.pace set seconds = 0.05", Cancel);
        var result = await program.WaitAsync(TimeMax, Cancel);

        Assert.True(result.Status == Inconclusive, result.ToString());
        using var report = JsonDocument.Parse(await File.ReadAllBytesAsync(json, Cancel));
        Assert.Equal("", report.Findings("QUERIES", "fail"));
        Assert.Contains("the turns do not agree", report.Findings("QUERIES", "unknown"), StringComparison.Ordinal);
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
        using var capture = new MadeCapture(Servers.NewFolder());
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
}
