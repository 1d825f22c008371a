using System.Buffers.Binary;
using System.Text;
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
        using var pair = Pair.Open(server, seawall, dialect);
        foreach (var sql in Statements)
            pair.SameQuery(sql);
        pair.AssertSame();
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public async Task Prepared_statements_are_answered_as_the_server_answers(LabKind kind, Capabilities dialect)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        using var pair = Pair.Open(server, seawall, dialect);
        foreach (var sql in Statements.Where(sql => !sql.Contains(';')))
            pair.SamePrepared(sql, []);
        pair.SamePrepared("select * from types where id = ?", [1]);
        pair.SamePrepared("select ? + ?, ? is null", [1, 2, null]);
        pair.SamePrepared("insert into people (name, age) values (?, ?)", ["Zoë", 77]);
        pair.SamePrepared("insert into people (name, age) values (?, ?)", ["Zoë", null]);
        pair.SamePrepared("insert into people (id, name) values (?, ?)", [1, "twice"]); // 1062
        pair.SamePrepared("select * from nowhere where a = ?", [1]); // 1146, at the preparation
        pair.SamePrepared("update people set age = ? where name = ?", [5, "Ann"]);
        pair.SamePrepared("call two_results(?)", [3]);
        pair.AssertSame();
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Commands_are_answered_as_the_server_answers(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        using var pair = Pair.Open(server, seawall, RawClient.Usual);
        pair.Same(CommandKind.Ping, "");
        pair.Same(CommandKind.InitDb, "information_schema");
        pair.Same(CommandKind.InitDb, "no_such_schema"); // 1049
        pair.SameQuery("select database()");
        pair.Same(CommandKind.InitDb, "");
        pair.Same(CommandKind.Query, ""); // 1065
        pair.Same(CommandKind.Query, ";");
        pair.Same(CommandKind.Query, " /* nothing */ ");
        pair.Same(CommandKind.Query, "\0");
        pair.Same(CommandKind.StatementPrepare, ""); // 1065
        pair.SameQuery("do 0"); // MySQL repeats the warnings of the statement before at COM_SET_OPTION, Seawall does not.
        pair.Same(CommandKind.SetOption, "\0\0");
        pair.Same(CommandKind.SetOption, "\u0001\0");
        pair.SameQuery("select 1; select 2"); // 1064 now
        pair.SameQuery("do 0");
        pair.Same(CommandKind.SetOption, "\0\0");
        pair.SameQuery("select 1; select 2");
        pair.Same((CommandKind)0x40, ""); // 1047
        pair.Same((CommandKind)0x60, ""); // 1047
        pair.Same(CommandKind.Sleep, ""); // 1047
        pair.Same(CommandKind.Time, ""); // 1047
        pair.Same(CommandKind.DelayedInsert, ""); // 1047
        pair.Same(CommandKind.ConnectOut, ""); // 1047
        pair.Same(CommandKind.Daemon, ""); // 1047
        pair.Same(CommandKind.StatementReset, "\u0063\0\0\0"); // 1243
        pair.Same(CommandKind.StatementExecute, "\u0063\0\0\0\0\u0001\0\0\0"); // 1243
        pair.Same(CommandKind.StatementFetch, "\u0063\0\0\0\u0001\0\0\0"); // 1243
        pair.SameQuery("do 0");
        if (kind != LabKind.MySql56)
            pair.Same(CommandKind.ResetConnection, ""); // MySQL 5.6 has no such command; Seawall does it there as well.
        pair.Same(CommandKind.Ping, "");
        pair.AssertSame();
    }

    private static readonly string[] Statements =
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

    /// <summary>The same session twice: at the server and through Seawall.</summary>
    private sealed class Pair(RawClient direct, RawClient through, int port) : IDisposable
    {
        private readonly List<string> _differences = [];

        private static readonly string[] s_content =
        [
            "create table people (id int primary key auto_increment, name varchar(40) not null, age int) engine=innodb",
            "insert into people (name, age) values ('Ann', 30), ('Bob', null), ('Cid', 12), ('Dee', 99)",
            """
            create table types (id int primary key, c_tiny tinyint, c_small smallint unsigned, c_medium mediumint,
              c_big bigint unsigned, c_bit bit(12), c_decimal decimal(20, 6), c_float float, c_double double,
              c_date date, c_time time(3), c_datetime datetime(6), c_timestamp timestamp null, c_year year,
              c_char char(5), c_varchar varchar(20) character set latin1, c_binary binary(4), c_varbinary varbinary(9),
              c_text text, c_blob blob, c_enum enum('a', 'b'), c_set set('x', 'y', 'z')) engine=innodb
            """,
            """
            insert into types values (1, -128, 65535, -8388608, 18446744073709551615, b'101010101010', -1234567.654321,
              1.5, -2.25e100, '2024-02-29', '-837:59:59.5', '2024-02-29 23:59:59.123456', '2020-01-01 00:00:00', 2024,
              'ab', 'héllo', 'ab', x'00ff00', 'text', x'fe00fb', 'b', 'x,z')
            """,
            "insert into types (id) values (2)",
            "create procedure two_results(n int) begin select n, n + 1; select 'second' as s; update people set age = n where id = 1; end",
            "create procedure fails_midway() begin select 'before'; select * from no_such_table; end",
        ];

        internal static Pair Open(LabServer server, SeawallUnderTest seawall, Capabilities dialect)
        {
            var direct = RawClient.Connect(server.Port, "seawall", "seawall", dialect);
            var through = RawClient.Connect(seawall.Port, "seawall", "seawall", dialect);
            Assert.Null(through.Refusal);
            Assert.Equal(direct.ServerVersion, through.ServerVersion);
            Assert.Equal(direct.Agreed, through.Agreed);
            // The same name twice would be the same schema: one after the other.
            foreach (var (client, name) in ((RawClient, string)[])[(direct, "fidelity_d"), (through, "fidelity_s")])
            {
                foreach (var sql in (string[])[$"drop database if exists {name}", $"create database {name} character set utf8mb4", $"use {name}", .. s_content])
                    Assert.Null(client.Query(sql).Error);
            }
            return new Pair(direct, through, server.Port);
        }

        internal void AssertSame() => Assert.True(_differences.Count == 0, string.Join('\n', _differences));

        internal void SameQuery(string sql)
        {
            Same(CommandKind.Query, sql);
            if (sql.StartsWith("use ", StringComparison.Ordinal))
            {
                direct.Query("use fidelity_d");
                through.Query("use fidelity_s");
            }
        }

        internal void Same(CommandKind kind, string body) => Same(kind, Encoding.UTF8.GetBytes(body), Encoding.UTF8.GetBytes(body), body);

        internal void SamePrepared(string sql, object?[] parameters)
        {
            var text = Encoding.UTF8.GetBytes(sql);
            var ids = Same(CommandKind.StatementPrepare, text, text, sql);
            if (ids is not var (directId, throughId))
                return;
            // Twice: the second time without the types, as drivers do.
            foreach (var withTypes in (bool[])[true, false])
            {
                Same(CommandKind.StatementExecute, Execution(directId, parameters, withTypes),
                    Execution(throughId, parameters, withTypes), $"execution of {sql}");
            }
            direct.Send(CommandKind.StatementClose, Number(directId));
            through.Send(CommandKind.StatementClose, Number(throughId));
        }

        public void Dispose()
        {
            direct.Dispose();
            through.Dispose();
            using var cleaner = RawClient.Connect(port, "seawall", "seawall");
            cleaner.Query("drop database if exists fidelity_d");
            cleaner.Query("drop database if exists fidelity_s");
        }

        private (uint Direct, uint Through)? Same(CommandKind kind, byte[] toServer, byte[] toSeawall, string what)
        {
            var expected = direct.Ask(kind, toServer);
            var actual = through.Ask(kind, toSeawall);
            // Names of the two schemas have the same length, so that only their letters differ.
            Compare($"{kind} {what}", expected.Shown(kind), [.. actual.Shown(kind).Select(Alike)]);
            return kind == CommandKind.StatementPrepare && expected.Error is null ? (expected.StatementId, actual.StatementId) : null;
        }

        private void Compare(string what, string[] expected, string[] actual)
        {
            if (expected.SequenceEqual(actual))
                return;
            var at = expected.Zip(actual).TakeWhile(pair => pair.First == pair.Second).Count();
            _differences.Add($"{what}: {expected.Length} packets, {actual.Length} through Seawall; the first that differs\n"
                + $"  server:  {expected.ElementAtOrDefault(at)}\n  Seawall: {actual.ElementAtOrDefault(at)}");
        }

        private static string Alike(string shown) =>
            shown.Replace("fidelity_s", "fidelity_d").Replace("666964656C6974795F73", "666964656C6974795F64");

        private static byte[] Number(uint id)
        {
            var bytes = new byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, id);
            return bytes;
        }

        private static byte[] Execution(uint id, object?[] parameters, bool withTypes)
        {
            var body = new MemoryStream();
            body.Write([.. Number(id), 0, 1, 0, 0, 0]);
            if (parameters.Length == 0)
                return body.ToArray();
            var nulls = new byte[(parameters.Length + 7) / 8];
            for (var i = 0; i < parameters.Length; i++)
                nulls[i / 8] |= (byte)(parameters[i] is null ? 1 << (i % 8) : 0);
            body.Write(nulls);
            body.WriteByte(withTypes ? (byte)1 : (byte)0);
            const byte isLong = 3, isString = 0xFD;
            foreach (var parameter in withTypes ? parameters : [])
                body.Write([parameter is string ? isString : isLong, 0]);
            foreach (var parameter in parameters)
            {
                if (parameter is int number)
                    body.Write(Number((uint)number));
                else if (parameter is string text)
                    body.Write([(byte)Encoding.UTF8.GetByteCount(text), .. Encoding.UTF8.GetBytes(text)]);
            }
            return body.ToArray();
        }
    }
}
