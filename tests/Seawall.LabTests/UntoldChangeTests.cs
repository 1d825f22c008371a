using System.Buffers.Binary;
using System.Text;
using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;
using Seawall.MySql.Handshakes;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// What a server tells of a session later, or not at all: changes that it reports with the next report, flags after an error. The same
/// session on a direct connection and through Seawall, where another client has the one server connection between its steps.
/// </summary>
public sealed class UntoldChangeTests(LabServers lab)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static readonly string[] s_content =
    [
        "drop database if exists untold", "drop database if exists untold_b", "create database untold", "create database untold_b", "use untold",
        "create table t (id int primary key auto_increment, n int)", "insert into t (n) values (1), (null), (3)",
        "create function f_tells() returns int no sql begin set session time_zone = '+01:00'; return 1; end",
        "create procedure p_tells() begin select f_tells(); select 2; select 3; end",
        "create procedure p_fails() begin select 1; set session time_zone = '+03:00'; select * from nothing; end",
    ];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_not_told_is_told_with_the_next_report_as_by_the_server(bool deprecatesEof)
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel, options => options with { Loops = 1 });
        using var twins = new Twins(server, seawall, deprecatesEof);
        string[] reports = ["set sql_notes = 1", "set autocommit = 1", "select 1"];
        foreach (var sql in (string[])
            ["select f_tells()", "call p_tells()", "use untold_b", "call untold.p_tells()", "call untold.p_fails()", "select database()",
                "set statement time_zone = '+05:00' for select 1", "set statement time_zone = '+05:00', sql_notes = 0 for do 0",
                "set session_track_system_variables = 'time_zone,sql_notes'", "call untold.p_fails()", "use untold", "begin not atomic call p_fails(); end",
                "do 0; select f_tells(); select 2; do 1", "set statement sql_notes = 0 for select * from nothing"])
        {
            twins.Same(sql);
            Array.ForEach(reports, twins.Same);
        }
        twins.AssertSame();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_prepared_statement_that_fails_leaves_the_schema_to_be_told(bool deprecatesEof)
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel, options => options with { Loops = 1 });
        using var twins = new Twins(server, seawall, deprecatesEof);
        twins.Prepare("set sql_mode = 'nonsense'");
        twins.Same("use untold_b");
        twins.Same(CommandKind.StatementExecute, twins.Number(0), [0, 1, 0, 0, 0]);
        twins.Same("set sql_notes = 1");
        twins.Same("set time_zone = '+02:00'");
        twins.Same("select database()");
        twins.AssertSame();
    }

    // An error has no flags: ALTER has ended the transaction before it failed.
    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task The_flags_after_an_error_are_those_of_the_server(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        using var twins = new Twins(server, seawall, deprecatesEof: false, tracks: false);
        foreach (var (failing, commands) in ((string, CommandKind[])[])
            [("alter table nothing rename to nobody", [CommandKind.SetOption]), ("alter table nothing rename to nobody", [CommandKind.Ping]),
                ("select * from nothing", [CommandKind.SetOption, CommandKind.Ping])])
        {
            twins.Same("begin");
            twins.Same(failing);
            foreach (var command in commands)
                twins.Same(command, command == CommandKind.SetOption ? [0, 0] : [], []);
            twins.Same("rollback");
        }
        twins.Same("begin");
        twins.Same("alter table nothing rename to nobody");
        twins.Prepare("select n from t where id = ?");
        twins.Same("select row_count()");
        twins.AssertSame();
    }

    // Settings are asked for where they are not reported; a limit of no rows is one of them.
    [Fact]
    public async Task Questions_of_its_own_are_answered_whatever_limit_is_set()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel,
            options => options with { Loops = 1, Pools = options.Pools with { SizeMax = 1 } });
        using var twins = new Twins(server, seawall, deprecatesEof: true);
        foreach (var sql in (string[])
            ["set @@local.sql_select_limit = 0", "set session_track_system_variables = 'sql_mode,autocommit'",
                "set character_set_connection = 'latin1'", "set sql_mode = ''"])
        {
            twins.Same(sql);
            twins.Disturb();
        }
        twins.AssertSame();
    }

    // The connection on which it is executed next does not know it, and cannot learn it.
    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_statement_that_cannot_be_prepared_any_more_can_be_reset(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel,
            options => options with { Loops = 1, Pools = options.Pools with { SizeMax = 2 } });
        using var twins = new Twins(server, seawall, deprecatesEof: true);
        twins.Prepare("select * from t");
        twins.TakeConnection();
        twins.Same("xa start 'untold#'");
        twins.Same("xa end 'untold#'");
        twins.Same(CommandKind.StatementReset, twins.Number(0), []);
        twins.Same("xa rollback 'untold#'");
        twins.AssertSame();
    }

    // MariaDB takes no schema for one when the last statement began WITH.
    [Fact]
    public async Task A_list_of_fields_may_be_answered_with_nothing_but_OK()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        using var client = RawClient.Connect(seawall.Port, "seawall", "seawall");
        Assert.Null(client.Query("with q as (select 1) select * from q").Error);

        Assert.Null(client.Ask(CommandKind.FieldList, "t\0"u8).Error);

        Assert.Equal("1", client.Query("select 1").FirstValue);
    }

    private sealed class Twins : IDisposable
    {
        private readonly RawClient _direct;
        private readonly RawClient _through;
        private readonly RawClient _other;
        private readonly List<(uint Direct, uint Through)> _prepared = [];
        private readonly List<string> _differences = [];

        internal Twins(LabServer server, SeawallUnderTest seawall, bool deprecatesEof, bool tracks = true)
        {
            using (var keeper = RawClient.Connect(server.Port, "seawall", "seawall"))
            {
                foreach (var sql in s_content)
                    Assert.Null(keeper.Query(sql).Error);
            }
            var dialect = RawClient.Usual & ~(deprecatesEof ? 0 : Capabilities.DeprecateEof) & ~(tracks ? 0 : Capabilities.SessionTrack);
            _direct = RawClient.Connect(server.Port, "seawall", "seawall", dialect, "untold");
            _through = RawClient.Connect(seawall.Port, "seawall", "seawall", dialect, "untold");
            _other = RawClient.Connect(seawall.Port, "seawall", "seawall", schema: "untold");
        }

        /// <summary>Each side has a letter of its own.</summary>
        internal void Same(string sql) => Compare(CommandKind.Query, sql,
            _direct.Query(sql.Replace('#', 'd')), _through.Query(sql.Replace('#', 's')));

        /// <summary>With the number that each side has given to a prepared statement before the rest, if there is one.</summary>
        internal void Same(CommandKind kind, (uint Direct, uint Through) number, byte[] rest) =>
            Compare(kind, "", _direct.Ask(kind, [.. Bytes(number.Direct), .. rest]), _through.Ask(kind, [.. Bytes(number.Through), .. rest]));

        internal void Same(CommandKind kind, byte[] body, byte[] rest) =>
            Compare(kind, "", _direct.Ask(kind, [.. body, .. rest]), _through.Ask(kind, [.. body, .. rest]));

        internal void Prepare(string sql)
        {
            var (direct, through) = (_direct.Ask(CommandKind.StatementPrepare, Encoding.UTF8.GetBytes(sql)),
                _through.Ask(CommandKind.StatementPrepare, Encoding.UTF8.GetBytes(sql)));
            Compare(CommandKind.StatementPrepare, sql, direct, through);
            _prepared.Add((direct.StatementId, through.StatementId));
        }

        internal (uint Direct, uint Through) Number(int index) => _prepared[index];

        /// <summary>Somebody else has the connection in between.</summary>
        internal void Disturb() => Assert.Null(_other.Query("select 1 from t limit 1").Error);

        /// <summary>Somebody else keeps the connection that was used last.</summary>
        internal void TakeConnection() => Assert.Null(_other.Query("begin").Error);

        internal void AssertSame() => Assert.True(_differences.Count == 0, string.Join('\n', _differences));

        public void Dispose()
        {
            _direct.Dispose();
            _through.Dispose();
            _other.Dispose();
        }

        private void Compare(CommandKind kind, string what, RawAnswer server, RawAnswer seawall)
        {
            var (expected, actual) = (Shown(server, kind), Shown(seawall, kind));
            if (!expected.SequenceEqual(actual))
                _differences.Add($"{kind} {what}\n  server:  {string.Join("\n           ", expected)}\n  Seawall: {string.Join("\n           ", actual)}");
        }

        // What is said behind columns may be known only later.
        private static string[] Shown(RawAnswer answer, CommandKind kind)
        {
            var shown = answer.Shown(kind);
            for (var i = 1; i < shown.Length && answer.Error is null; i++)
            {
                if (kind == CommandKind.Query && shown[i].Contains(":EOF ", default) && shown[i - 1].Contains("def", default))
                    shown[i] = shown[i].Replace(", SessionStateChanged", "", default);
            }
            return answer.Error is null ? shown : [.. shown.Where(line => !line.Contains(":EOF ", default))];
        }

        private static byte[] Bytes(uint number)
        {
            var bytes = new byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, number);
            return bytes;
        }
    }
}
