using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// Routines and texts that are run from variables ask for the counts of the statement before, and triggers set user variables: on
/// real servers, with one connection for two sessions, neither learns anything of the other.
/// </summary>
public sealed class LeftoversTests(LabServers lab)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // Of SET in a trigger servers tell, which pins; of INTO they do not.
    private static readonly string[] s_content =
    [
        "drop database if exists leftovers", "create database leftovers", "use leftovers",
        "create table log (id int primary key auto_increment, a int)", "create table empty_one (id int)",
        "create trigger g before insert on log for each row select new.a into @secret",
        "create function f_row_count() returns bigint no sql return row_count()",
        "create function f_found_rows() returns bigint no sql return found_rows()",
        "create function f_secret() returns varchar(20) no sql return @secret",
        "create procedure p_row_count() select row_count()", "create procedure p_found_rows() select found_rows()",
        "create procedure p_id() select last_insert_id()", "create procedure p_warnings() select @@warning_count",
        "create procedure p_secret() select @secret",
        "create procedure p_diagnostics() begin declare n, r int; get diagnostics n = number, r = row_count; select concat(n, ',', r); end",
    ];

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task What_cannot_be_seen_asks_for_nothing_of_others(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server);
        using var client = RawClient.Connect(seawall.Port, "seawall", "seawall");
        using var other = RawClient.Connect(seawall.Port, "seawall", "seawall");
        Fill(client);
        List<(string Question, string?[] May)> questions =
        [
            ("call p_row_count()", ["0", "-1"]), ("call p_found_rows()", ["0", "1"]), ("call p_id()", ["0"]), ("call p_warnings()", ["0"]),
            ("call p_diagnostics()", ["0,0", "0,-1"]), ("call p_secret()", [null]), ("select f_row_count()", ["0", "-1"]),
            ("select f_found_rows()", ["0", "1"]), ("select f_secret()", [null]), ("select @secret", [null]),
        ];
        if (kind == LabKind.MariaDb)
        {
            questions.AddRange(
            [
                ("execute immediate 'select row_count()'", ["0", "-1"]), ("execute immediate 'select found_rows()'", ["0", "1"]),
                ("execute immediate 'select last_insert_id()'", ["0"]), ("execute immediate 'select @@last_gtid'", [""]),
                ("begin not atomic execute immediate 'select row_count()'; end", ["0", "-1"]),
                ("begin not atomic execute immediate 'select found_rows()'; end", ["0", "1"]),
                ("begin not atomic execute immediate 'select @@warning_count'; end", ["0"]),
            ]);
        }
        foreach (var begin in (string?[])[null, "begin", "set autocommit = 0"])
        {
            foreach (var (question, may) in questions)
            {
                var isLeftToFirst = question.Contains("secret", StringComparison.Ordinal) || question.Contains("gtid", StringComparison.Ordinal);
                if (begin is not null && isLeftToFirst)
                    continue;
                Assert.Null(client.Query("use leftovers").Error);
                Others();
                if (begin is not null)
                    Assert.Null(client.Query(begin).Error);
                var answer = client.Query(question);
                Assert.True(answer.Error is null, $"{begin}: {question}: {answer.Error}");
                Assert.True(may.Contains(answer.FirstValue), $"{begin}: {question}: {answer.FirstValue}");
                Reset(client);
            }
        }

        // Five rows, three with a warning (where the server has one), and a number; the rows are the last that is counted.
        void Others()
        {
            foreach (var sql in (string[])
                [
                    "use leftovers", "insert into log (a) values (1), (2), (3), (4), (5)", "select * from log limit 3",
                    "insert ignore into log (id, a) values (1, 0), (2, 0), (null, 8), (null, 9)",
                ])
                Assert.True(other.Query(sql).Error is null, sql);
        }
    }

    [Fact]
    public async Task A_trace_is_of_what_the_session_ran_and_of_no_question_of_Seawalls()
    {
        var server = await lab.SharedAsync(LabKind.MySql97, Cancel);
        await using var seawall = await StartAsync(server);
        using var client = RawClient.Connect(seawall.Port, "seawall", "seawall");
        using var other = RawClient.Connect(seawall.Port, "seawall", "seawall");
        Fill(client);
        Run("use leftovers");
        Run("create function traced(t longtext) returns longtext no sql return t");
        Assert.Null(other.Query("use leftovers").Error);
        string[] all =
        [
            "select count(*) + 4712 from empty_one", "select sin(id) from empty_one group by id", "insert into empty_one values (4713)",
            "update log set a = 4714 limit 0", "do (select count(*) from empty_one)", "select missing from empty_one",
        ];
        foreach (var asked in all)
        {
            Begin("set optimizer_trace = 'enabled=on'");
            _ = client.Query(asked);
            var traced = client.Query("select traced(query) from information_schema.optimizer_trace");
            Assert.True(traced.FirstValue == asked, $"{asked}: {traced.Error} {traced.FirstValue}");
            Reset(client);
        }

        // The number that others have got: from then on nobody can tell LAST_INSERT_ID(), and a routine may ask for it.
        Run("use leftovers");
        Run("create table own (id int primary key auto_increment)");
        Assert.Null(other.Query("insert into log (a) values (1)").Error);
        Run($"insert into own values ({other.Query("select last_insert_id()").FirstValue})");
        Run("set optimizer_trace = 'enabled=on'");
        foreach (var asked in (string[])["insert into own values (100000)", "insert into own values (100001)"])
        {
            Run(asked);
            Assert.Equal(asked, client.Query("select traced(query) from information_schema.optimizer_trace").FirstValue);
        }

        void Begin(string sql)
        {
            Assert.Null(other.Query("insert into log (a) values (1)").Error);
            Run("use leftovers");
            Run(sql);
        }

        void Run(string sql) => Assert.Null(client.Query(sql).Error);
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Insert_ids_outlive_the_reset_before_a_variable_is_read(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server);
        using var client = RawClient.Connect(seawall.Port, "seawall", "seawall");
        using var other = RawClient.Connect(seawall.Port, "seawall", "seawall");
        Fill(client);
        Assert.Null(client.Query("use leftovers").Error);
        foreach (var id in (int[])[500, 600])
        {
            Assert.Null(other.Query("use leftovers").Error);
            Assert.Null(other.Query("insert into log (a) values (1), (2)").Error);
            Assert.Null(client.Query("insert into log (a) values (3)").Error);
            var made = client.Query("select last_insert_id()").FirstValue;
            Assert.Null(other.Query("insert into log (a) values (1), (2)").Error);
            Assert.Null(client.Query($"insert into log (id, a) values ({id}, 4)").Error); // Its own number: LAST_INSERT_ID() stays.
            Assert.Contains(client.Query("select @secret").FirstValue, (string?[])[null, "4"]);
            Assert.Equal(made, client.Query("select last_insert_id()").FirstValue);
        }
    }

    private static void Fill(RawClient client)
    {
        foreach (var sql in s_content)
            Assert.True(client.Query(sql).Error is null, sql);
        Reset(client);
    }

    private static void Reset(RawClient client) => Assert.Null(client.Ask(CommandKind.ResetConnection, default).Error);

    private static Task<SeawallUnderTest> StartAsync(LabServer server) => SeawallUnderTest.StartAsync(
        server, Cancel, options => options with { Pools = options.Pools with { SizeMax = 1, WaitMsMax = 15_000 } });
}
