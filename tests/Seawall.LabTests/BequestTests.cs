using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;
using Seawall.MySql.Handshakes;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// What may be asked about the statement before is what the server says on a direct connection, packet by packet, although
/// somebody else has the only server connection between the statement and the question.
/// </summary>
public sealed class BequestTests(LabServers lab)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static readonly string[] s_statements =
    [
        "select * from people", "select * from people where id > 2", "select * from people where id = -1", "select 1",
        "update people set age = age + 1 where id < 3", "update people set age = 7 where id = -1", "delete from people where id = -1",
        "insert into people (name, age) values ('New', 1), ('Newer', 2)", "set @@session.lock_wait_timeout = 9", "do 0", "begin", "commit",
        "select sql_calc_found_rows * from people limit 1", "select * from people limit 1, 2", "select 1 union select 2",
        "select 1 union all select 2 limit 1", "select max(age) from people where id = -1", "create table if not exists extra (a int)",
        "select * from nowhere", "selec", "drop table if exists no_such_table", "select cast('x' as signed)",
        "insert ignore into people (id, name) values (1, 'twice')", "insert into people (id, name) values (1, 'twice')",
        "show tables like 'peop%'", "use fidelity_d", "select count(*) from people; select * from people limit 1",
    ];

    public static TheoryData<LabKind, Capabilities> Dialects()
    {
        var data = new TheoryData<LabKind, Capabilities>();
        foreach (var kind in Enum.GetValues<LabKind>())
        {
            data.Add(kind, RawClient.Usual);
            data.Add(kind, RawClient.Usual & ~Capabilities.DeprecateEof);
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public async Task Counts_and_warnings_are_the_same_after_others_had_the_connection(LabKind kind, Capabilities dialect)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server);
        using var twins = TwinSessions.Open(server, seawall, dialect);
        using var other = RawClient.Connect(seawall.Port, "seawall", "seawall");
        void Others()
        {
            Assert.Null(other.Query("create table if not exists fidelity_s.theirs (id int primary key auto_increment)").Error);
            Assert.Null(other.Query("insert into fidelity_s.theirs values (null), (null)").Error);
            Assert.Equal("1", other.Query("select 1").FirstValue);
        }
        foreach (var statement in s_statements)
        {
            // The EOF packet behind the columns comes from Seawall, and has no warnings.
            if (kind == LabKind.MySql97 && !dialect.HasFlag(Capabilities.DeprecateEof) && statement.Contains("sql_calc", StringComparison.Ordinal))
                continue;
            foreach (var question in (string[])
                [
                    "select row_count()", "select ROW_COUNT ( ) as `n`", "show warnings", "show warnings limit 1", "show errors",
                    "show count(*) warnings", "select @@warning_count w, @@session.error_count", "set @@session.lock_wait_timeout = row_count() + 10",
                    "select if(row_count() > 1, 'many', -row_count()), concat(row_count(), '') as row_count from people limit 1",
                    "select * from (select row_count() + 1) t", "select @@warning_count + 1, @@error_count > 0",
                    "select row_count() /* n */ * 2",
                ])
            {
                // Where a statement without a table keeps the warnings before it: there are none.
                twins.SameQuery("select count(*) from people");
                twins.SameQuery(statement);
                if (statement == "begin")
                    twins.SameQuery("rollback");
                Others();
                twins.SameQuery(question);
                twins.SameQuery("select @@session.lock_wait_timeout");
            }
        }
        twins.AssertSame();
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Errors_that_Seawall_says_itself_are_asked_for_like_the_servers(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server);
        using var twins = TwinSessions.Open(server, seawall, RawClient.Usual & ~Capabilities.LocalFiles);
        using var other = RawClient.Connect(seawall.Port, "seawall", "seawall");
        const string unknown = "\x63\0\0\0", execution = "\0\x01\0\0\0";
        Action[] refusals =
        [
            () => twins.Same(CommandKind.StatementExecute, unknown + execution), () => twins.Same(CommandKind.StatementReset, unknown),
            () => twins.Same(CommandKind.Daemon, ""), () => twins.SameQuery("load data local infile 'x' into table people"),
        ];
        foreach (var refusal in refusals)
        {
            // MySQL keeps what was there before an error of some commands: there must be nothing.
            foreach (var question in (string[])["show warnings", "show errors", "show count(*) errors", "select @@warning_count, row_count()"])
            {
                twins.SameQuery("select count(*) from people");
                refusal();
                twins.Same(CommandKind.Ping, "");
                Assert.Equal("1", other.Query("select 1").FirstValue);
                twins.SameQuery(question);
            }
        }
        twins.AssertSame();
    }

    // MySQL warns that FOUND_ROWS() will go: in the EOF packet behind the columns as well, where Seawall's own has no warnings.
    [Theory]
    [InlineData(LabKind.MariaDb, RawClient.Usual)]
    [InlineData(LabKind.MariaDb, RawClient.Usual & ~Capabilities.DeprecateEof)]
    [InlineData(LabKind.MySql97, RawClient.Usual)]
    [InlineData(LabKind.MySql56, RawClient.Usual)]
    public async Task Found_rows_are_the_same_after_others_had_the_connection(LabKind kind, Capabilities dialect)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server);
        using var twins = TwinSessions.Open(server, seawall, dialect);
        using var other = RawClient.Connect(seawall.Port, "seawall", "seawall");
        foreach (var statement in s_statements.Where(each => each.StartsWith("select", StringComparison.Ordinal) && !each.Contains(';')
            && !each.Contains("nowhere", StringComparison.Ordinal)))
        {
            // Servers before MySQL 5.7 do not always count a row that a function made of none: refused, see docs/compatibility.md.
            if (kind != LabKind.MySql97 && statement.Contains("max(", StringComparison.Ordinal))
                continue;
            foreach (var between in (string[])["", "set @@session.lock_wait_timeout = 9", "show warnings", "commit"])
            {
                twins.SameQuery(statement);
                Assert.Equal("1", other.Query("select 1").FirstValue);
                if (between.Length > 0)
                    twins.SameQuery(between);
                Assert.Equal("1", other.Query("select 1 union select 2").FirstValue);
                twins.SameQuery("select found_rows() as total, row_count(), 7");
                twins.SameQuery(statement);
                Assert.Equal("1", other.Query("select 1 union select 2").FirstValue);
                twins.SameQuery("select if(found_rows() > 1, found_rows() - 1, 'x'), age from people where id < found_rows()");
            }
        }
        twins.AssertSame();
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Prepared_questions_have_the_same_answers(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server);
        using var twins = TwinSessions.Open(server, seawall, RawClient.Usual);
        using var other = RawClient.Connect(seawall.Port, "seawall", "seawall");
        string[] questions = ["select row_count(), found_rows()", "select row_count() + 1, if(found_rows() > 1, 2, 3)"];
        if (kind != LabKind.MySql97) // It prepares no others.
            questions = [.. questions, "select @@warning_count, found_rows()", "show warnings", "show errors", "show count(*) warnings"];
        twins.SameQuery("select 1"); // What FOUND_ROWS() says after a CREATE of somebody's, only the connection knows.
        foreach (var question in questions)
        {
            foreach (var statement in (string[])
                [
                    "select * from people where id < 3", "select 1 union select 2", "select * from nowhere", "drop table if exists no_such_table"
                ])
            {
                await twins.SamePreparedAsync(question, [], between: () =>
                {
                    twins.SameQuery("select * from people");
                    if (!question.Contains("found_rows", StringComparison.Ordinal) || statement.StartsWith("select *", StringComparison.Ordinal))
                        twins.SameQuery(AskableOf(statement, question));
                    Assert.Null(other.Query("update fidelity_s.people set age = age").Error);
                    return Task.CompletedTask;
                });
            }
        }
        twins.AssertSame();
    }

    // Some servers keep warnings over statements without a table. Which those are they know themselves.
    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Warnings_outlast_what_they_outlast_at_the_server(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server);
        using var twins = TwinSessions.Open(server, seawall, RawClient.Usual);
        using var other = RawClient.Connect(seawall.Port, "seawall", "seawall");
        foreach (var between in (string[])
            [
                "select 5; select 6, 7", "select 1; select 2", "select 1; select count(*) from people", "unlock tables",
                "flush status", "do 1; do 2",
            ])
        {
            foreach (var question in (string[])["show warnings", "select @@warning_count", "show count(*) errors"])
            {
                foreach (var others in (bool[])[false, true])
                {
                    twins.SameQuery("drop table if exists no_such_table");
                    twins.SameQuery(between);
                    if (others)
                        Assert.Null(other.Query("update fidelity_s.people set age = age").Error);
                    twins.SameQuery(question);
                }
            }
        }
        twins.AssertSame();
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Who_was_refused_once_is_answered_as_the_server_does_from_then_on(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server);
        using var other = RawClient.Connect(seawall.Port, "seawall", "seawall");
        using var twins = TwinSessions.Open(server, seawall, RawClient.Usual);
        twins.SameQuery("update people set age = 7");
        Assert.Null(other.Query("do 1").Error);
        Assert.Equal(1235, twins.Through.Query("select row_count() /* row_count */").Error?.Code);
        if (kind == LabKind.MariaDb)
            twins.SameQuery("create sequence s");
        // From one to the next nobody else gets in.
        var waiting = Task.CompletedTask;
        foreach (var (statement, question) in (IEnumerable<(string, string)>)
            [
                ("update people set age = 8", "select row_count() /* row_count */"), ("select * from nowhere", "select found_rows() /* found_rows */"),
                ("show tables like 'peop%'", "select found_rows()"), ("call two_results(5)", "select found_rows(), row_count()"),
                ("select * from people; select 1", "select found_rows()"), ("select * from nowhere", "get diagnostics @n = number"),
                (kind == LabKind.MariaDb ? "select nextval(s)" : "do 1", kind == LabKind.MariaDb ? "select lastval(s)" : "do 2"),
            ])
        {
            twins.SameQuery(statement);
            if (waiting.IsCompleted)
                waiting = Task.Run(() => other.Query("select 'x' union select 'y'"), Cancel);
            twins.SameQuery(question);
        }
        twins.SameQuery("select @n");
        twins.AssertSame();
        twins.Dispose();
        await waiting;
    }

    // On another connection it is the preparation that hears of it.
    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task An_error_of_a_prepared_statement_whose_table_is_gone_can_be_asked_about(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server);
        using var twins = TwinSessions.Open(server, seawall, RawClient.Usual);
        using var other = RawClient.Connect(seawall.Port, "seawall", "seawall");
        foreach (var (question, others) in (IEnumerable<(string, bool)>)
            [
                ("show warnings", false), ("show warnings", true), ("select row_count()", false), ("select row_count(), @@error_count", true),
            ])
        {
            twins.SameQuery("create table gone (a int)");
            await twins.SamePreparedAsync("select * from gone", [], between: async () =>
            {
                twins.SameQuery("drop table gone");
                await seawall.LoseConnectionAsync(server, other, Cancel);
            });
            if (others)
                Assert.Null(other.Query("update fidelity_s.people set age = age").Error);
            twins.SameQuery(question);
        }
        twins.AssertSame();
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task The_insert_id_is_the_same_whoever_chose_it_and_whoever_had_the_connection(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server);
        using var twins = TwinSessions.Open(server, seawall, RawClient.Usual);
        using var other = RawClient.Connect(seawall.Port, "seawall", "seawall");
        string[] inserts =
        [
            "insert into ids (n) values (1)", "insert into ids (id, n) values (200, 1)", "insert into ids (n) values (1), (2), (3)",
            "insert into ids (id, n) values (300, 1), (null, 1), (400, 2), (null, 1)", "insert into ids (id, n) values (null, 1), (500, 1)",
            "insert into ids (id, n) values (500, 1)", "insert into ids (n, u) values (5, 5)", "insert into ids (n, u) values (5, 5)",
            "insert ignore into ids (n, u) values (5, 5)", "insert into ids (n, u) values (5, 5) on duplicate key update n = n + 1",
            "insert into ids (n, u) values (5, 5) on duplicate key update n = n + 1, id = last_insert_id(id)",
            "replace into ids (n, u) values (7, 5)",
            "replace into ids (id, n, u) values (800, 7, 5)", "update ids set n = last_insert_id(55) where id = 1", "update ids set n = 3 where id = 2",
            "insert into ids (n) select 3 from ids limit 2", "insert into ids (id, n) select 1000 + id, 3 from ids limit 2",
            "insert into ids values (0, 1, null)", "insert into ids (id) values ('2.0e3')", "insert into ids (id) values (100 * 30)",
            "insert into ids (n, u) values (1, 9), (2, 9)", "insert into ids (n) values (9)", "delete from ids where id = 1",
            "set last_insert_id = 66", "select last_insert_id(67)", "set @@session.lock_wait_timeout = last_insert_id(68)",
            "do last_insert_id(69)",
            "insert into ids (n) values (9); insert into ids (id) values (9999)", "insert into ids (n) values (now())",
            kind == LabKind.MariaDb ? "insert into ids (n) values (7) returning n" : "insert into ids (n) values (7)",
        ];
        foreach (var others in (bool[])[false, true])
        {
            twins.SameQuery("drop table if exists ids");
            twins.SameQuery("create table ids (id int primary key auto_increment, n bigint, u int unique) engine=innodb");
            foreach (var insert in inserts)
            {
                Others(others);
                twins.SameQuery(insert);
                Others(others);
                twins.SameQuery("select last_insert_id(), @@identity");
                twins.SameQuery("select n, last_insert_id() from ids where id = last_insert_id()");
            }
            foreach (var parameters in (object?[][])[[1, 2], [20_000, 1], [null, 1], ["30000", 1], [null, "abc"], [40_000.0, 1]])
            {
                Others(others);
                twins.SamePrepared("insert into ids (id, n) values (?, ?) on duplicate key update n = 5", parameters);
                Others(others);
                twins.SameQuery("select last_insert_id()");
                twins.SamePrepared("insert into ids (n, u) values (?, ?)", [parameters[1], null]);
                Others(others);
                twins.SamePrepared("select last_insert_id()", []);
            }
        }
        twins.AssertSame();

        void Others(bool doThey)
        {
            if (!doThey)
                return;
            Assert.Null(other.Query("create table if not exists fidelity_s.theirs (id int primary key auto_increment) auto_increment = 700000").Error);
            Assert.Null(other.Query("insert into fidelity_s.theirs values (null)").Error);
        }
    }

    // Servers before MySQL 5.7 keep warnings over statements without a table: also over those of the next session.
    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Warnings_outlive_what_they_outlive_at_the_server_and_nobody_else_sees_them(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server);
        using var twins = TwinSessions.Open(server, seawall, RawClient.Usual);
        using var other = RawClient.Connect(seawall.Port, "seawall", "seawall");
        foreach (var harmless in (string[])
            [
                "select 1", "do 0", "set @@session.lock_wait_timeout = 9", "begin", "commit", "use fidelity_d", "select 1 from people"
            ])
        {
            twins.SameQuery("drop table if exists no_such_table");
            Assert.Equal("1", other.Query("select 1").FirstValue);
            Assert.Null(other.Query("show warnings").FirstValue);
            Assert.Equal("0", other.Query("select @@warning_count").FirstValue);
            twins.SameQuery(harmless);
            Assert.Equal("1", harmless == "begin" ? "1" : other.Query("select 1").FirstValue);
            twins.SameQuery("show warnings");
            twins.SameQuery("show warnings");
            twins.SameQuery("select @@warning_count");
            twins.SameQuery("commit");
        }
        twins.AssertSame();
    }

    // The question is what the settings are, and not what the client's own statement was.
    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Questions_of_seawalls_own_are_not_seen(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server);
        using var twins = TwinSessions.Open(server, seawall, RawClient.Usual);
        foreach (var question in (string[])["show warnings", "select row_count()", "select found_rows()", "select @@warning_count"])
        {
            twins.SameQuery("select * from people");
            twins.SameQuery("set names utf8"); // MySQL 9.7 warns.
            twins.SameQuery(question);
            twins.Same(CommandKind.Query, "select * from people");
            twins.Same(CommandKind.Ping, "");
            twins.SameQuery(question);
        }
        twins.AssertSame();
    }

    // What FOUND_ROWS() says after an error, only the connection knows.
    private static string AskableOf(string statement, string question) =>
        statement.Contains("nowhere", StringComparison.Ordinal) && question.Contains("found", StringComparison.Ordinal)
            ? "select 1" : statement;

    private static Task<SeawallUnderTest> StartAsync(LabServer server) => SeawallUnderTest.StartAsync(
        server, Cancel, options => options with { Pools = options.Pools with { SizeMax = 1, WaitMsMax = 15_000 } });
}
