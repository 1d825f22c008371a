using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;
using Seawall.MySql.Handshakes;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// Goal: whatever a client can see of an answer, it sees through Seawall as from the server. Method: the same commands on a
/// direct connection and through Seawall, each in a schema of its own with the same content, every packet compared.
/// </summary>
public sealed class StatementFidelityTests(LabServers lab)
{
    private const Capabilities NoEofMercy = Capabilities.DeprecateEof;

    // Packets differ with what the ends agreed on; each of these changes what Seawall must translate.
    public static TheoryData<LabKind, Capabilities> Dialects()
    {
        var data = new TheoryData<LabKind, Capabilities>();
        foreach (var kind in Enum.GetValues<LabKind>())
        {
            data.Add(kind, RawClient.Usual);
            data.Add(kind, RawClient.Usual & ~NoEofMercy);
            data.Add(kind, RawClient.Usual & ~Capabilities.SessionTrack);
            data.Add(kind, RawClient.Usual & ~(NoEofMercy | Capabilities.SessionTrack) | Capabilities.FoundRows);
            if (kind == LabKind.MySql97)
                data.Add(kind, RawClient.Usual | Capabilities.QueryAttributes);
        }
        return data;
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Dialects))]
    public async Task Text_statements_are_answered_as_the_server_answers(LabKind kind, Capabilities dialect)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        using var twins = TwinSessions.Open(server, seawall, dialect);
        foreach (var sql in Statements)
            twins.SameQuery(sql);
        twins.AssertSame();
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public async Task Prepared_statements_are_answered_as_the_server_answers(LabKind kind, Capabilities dialect)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        using var twins = TwinSessions.Open(server, seawall, dialect);
        foreach (var sql in Statements.Where(sql => !sql.Contains(';')))
            twins.SamePrepared(sql, []);
        twins.SamePrepared("select * from types where id = ?", [1]);
        twins.SamePrepared("select ? + ?, ? is null", [1, 2, null]);
        twins.SamePrepared("insert into people (name, age) values (?, ?)", ["Zoë", 77]);
        twins.SamePrepared("insert into people (name, age) values (?, ?)", ["Zoë", null]);
        twins.SamePrepared("insert into people (id, name) values (?, ?)", [1, "twice"]); // 1062
        twins.SamePrepared("select * from nowhere where a = ?", [1]); // 1146, at the preparation
        twins.SamePrepared("update people set age = ? where name = ?", [5, "Ann"]);
        twins.SamePrepared("call two_results(?)", [3]);
        twins.AssertSame();
    }

    // MySQL knows no such number, and says so.
    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task An_execution_sent_along_runs_the_statement_that_was_prepared_last(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        using var twins = TwinSessions.Open(server, seawall, RawClient.Usual);
        twins.SameLast(); // Nothing was prepared yet.
        twins.SameAhead("select ? + ?", [1, 2]);
        twins.SameQuery("select 1");
        twins.SameLast(3, 4);
        twins.SamePrepared("insert into people (name, age) values (?, ?)", ["Liv", 8]); // Closed when it is done.
        twins.SameLast("Liv", 9);
        twins.SameAhead("insert into people (name, age) values (?, ?)", ["Max", 10]);
        twins.SameAhead("insert into nowhere (name, age) values (?, ?)", ["Ned", 11]); // Runs neither this nor the one before.
        twins.SameQuery("select name, age from people order by id");
        twins.AssertSame();
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Commands_are_answered_as_the_server_answers(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        using var twins = TwinSessions.Open(server, seawall, RawClient.Usual);
        twins.Same(CommandKind.Ping, "");
        twins.Same(CommandKind.InitDb, "information_schema");
        twins.Same(CommandKind.InitDb, "no_such_schema"); // 1049
        twins.SameQuery("select database()");
        twins.Same(CommandKind.InitDb, "");
        twins.Same(CommandKind.Query, ""); // 1065
        twins.Same(CommandKind.Query, ";");
        twins.Same(CommandKind.Query, " /* nothing */ ");
        twins.Same(CommandKind.Query, "\0");
        twins.Same(CommandKind.StatementPrepare, ""); // 1065
        twins.SameQuery("do 0"); // MySQL repeats the warnings of the statement before at COM_SET_OPTION, Seawall does not.
        twins.Same(CommandKind.SetOption, "\0\0");
        twins.Same(CommandKind.SetOption, "\u0001\0");
        twins.SameQuery("select 1; select 2"); // 1064 now
        twins.SameQuery("do 0");
        twins.Same(CommandKind.SetOption, "\0\0");
        twins.SameQuery("select 1; select 2");
        twins.Same((CommandKind)0x40, ""); // 1047
        twins.Same((CommandKind)0x60, ""); // 1047
        twins.Same(CommandKind.Sleep, ""); // 1047
        twins.Same(CommandKind.Time, ""); // 1047
        twins.Same(CommandKind.DelayedInsert, ""); // 1047
        twins.Same(CommandKind.ConnectOut, ""); // 1047
        twins.Same(CommandKind.Daemon, ""); // 1047
        twins.Same(CommandKind.StatementReset, "\u0063\0\0\0"); // 1243
        twins.Same(CommandKind.StatementExecute, "\u0063\0\0\0\0\u0001\0\0\0"); // 1243
        twins.Same(CommandKind.StatementFetch, "\u0063\0\0\0\u0001\0\0\0"); // 1243
        if (kind != LabKind.MariaDb) // It reads what lies behind the packet.
        {
            twins.Same(CommandKind.StatementReset, ""); // 1835
            twins.Same(CommandKind.StatementFetch, "\u0063\0\0\0"); // 1835
        }
        twins.SameQuery("do 0");
        if (kind != LabKind.MySql56)
            twins.Same(CommandKind.ResetConnection, ""); // MySQL 5.6 has no such command; Seawall does it there as well.
        twins.Same(CommandKind.Ping, "");
        twins.AssertSame();
    }

    internal static readonly string[] Statements =
    [
        "select 1",
        "SELECT 1 AS `one`, 'two' AS two, NULL AS three, 4.50 AS four, 5e0 AS five",
        "select * from types order by id",
        "select * from types where 1 = 0",
        "select * from people",
        "select count(*), sum(age), avg(age), min(name), max(name) from people",
        "select p.name n, t.c_varchar v from people p left join types t on t.id = p.id order by p.id",
        "select repeat('x', 300), repeat('y', 70000)",
        "insert into people (name, age) values ('Eve', 31)",
        "insert into people (name, age) values ('Fay', 32), ('Gus', 33), ('Hal', 34)",
        "insert ignore into people (id, name) values (1, 'again')",
        "insert into people (id, name) values (1, 'again')", // 1062
        "insert into people (id, name, age) values (1, 'Ann', 9) on duplicate key update age = values(age)",
        "replace into people (id, name) values (2, 'Bob II')",
        "update people set age = age where id = 1",
        "update people set age = age + 1 where id <= 3",
        "update people set age = 5 where id = -1",
        "delete from people where name = 'Hal'",
        "select last_insert_id(12345)",
        "select cast('abc' as signed), 1/0",
        "select * from no_such_table", // 1146
        "select * from no_such_schema.no_such_table", // 1049 or 1146
        "selec 1", // 1064
        "select no_such_function(1)", // 1305
        "select (select id from people)", // 1242, while rows are being made
        "create table if not exists people (id int)", // a note
        "drop table if exists no_such_table", // a note
        "insert into people (name, age) values ('Ivy', 'not a number')", // 1366
        "call two_results(7)",
        "call has_cursor()",
        "call fails_midway()",
        "call no_such_procedure()", // 1305
        "begin",
        "insert into people (name, age) values ('Joe', 41)",
        "select count(*) from people",
        "savepoint a",
        "rollback to savepoint a",
        "rollback",
        "start transaction read only",
        "insert into people (name) values ('Kim')", // 1792
        "commit",
        "set autocommit = 0",
        "select name from people where id = 1",
        "commit",
        "set autocommit = 1",
        "use information_schema",
        "set @a = 1",
        "set names latin1",
        "select 'caf\u00e9'",
        "set names utf8mb4",
        "set sql_mode = ''",
        "set no_such_variable = 1", // 1193
        "select 1; select 2; select 3",
        "select 1; selec 2; select 3",
        "update fidelity_marker.t set a = 1; select 1",
        "do 0; select 'a' union select 'b'; do 1",
        "explain select 1",
        "show variables like 'sql_mode'",
        "describe information_schema.tables table_name",
        "select 1 limit 0",
        "select '\u00e4\u00f6\u00fc \u4f60\u597d \ud83d\ude00'",
        "analyze table no_such_schema.x",
        "checksum table no_such_schema.x",
        "select ''",
        "select repeat('z', 250), repeat('z', 251), repeat('z', 252)",
    ];
}
