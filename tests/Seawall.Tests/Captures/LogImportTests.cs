using System.Text;
using Seawall.Captures.Files;
using Seawall.Captures.Imports;
using Seawall.Captures.Records;
using Seawall.MySql.Commands;
using Seawall.MySql.Statements;
using Xunit;

namespace Seawall.Tests.Captures;

/// <summary>Logs of servers as they are, and as they should not be.</summary>
public sealed class LogImportTests : IDisposable
{
    private const string MySql56Slow = """
        /usr/sbin/mysqld, Version: 5.6.24-log (MySQL Community Server (GPL)). started with:
        Tcp port: 3306  Unix socket: /tmp/mysql.sock
        Time                 Id Command    Argument
        # Time: 231126 21:00:00
        # User@Host: app[app] @ web1 [10.0.0.7]  Id:     2
        # Query_time: 0.000161  Lock_time: 0.000000 Rows_sent: 1  Rows_examined: 3
        use shop;
        SET timestamp=1700000000;
        select 'it''s',
          name from items;
        # User@Host: app[app] @ web1 [10.0.0.7]  Id:     2
        # Query_time: 0.000100  Lock_time: 0.000000 Rows_sent: 0  Rows_examined: 0
        SET timestamp=1700000000;
        begin;
        # User@Host: app[app] @ web1 [10.0.0.7]  Id:     2
        # Query_time: 0.000100  Lock_time: 0.000000 Rows_sent: 0  Rows_examined: 0
        SET timestamp=1700000001;
        SET PASSWORD = 'Secret7';
        # User@Host: app[app] @ web1 [10.0.0.7]  Id:     2
        # Query_time: 0.000100  Lock_time: 0.000000 Rows_sent: 0  Rows_examined: 0
        SET timestamp=1700000001;
        # administrator command: Quit;
        """;

    private const string MariaDbSlow = """
        /usr/sbin/mariadbd, Version: 10.11.11-MariaDB-log (Debian). started with:
        Tcp port: 3306  Unix socket: /run/mysqld/mysqld.sock
        Time		    Id Command	Argument
        # Time: 231126 21:00:00
        # User@Host: app[app] @ localhost []
        # Thread_id: 9  Schema: shop  QC_hit: No
        # Query_time: 0.000204  Lock_time: 0.000051  Rows_sent: 2  Rows_examined: 2
        # Rows_affected: 0  Bytes_sent: 90
        SET timestamp=1700000000;
        select * from items where id = 7;
        """;

    private const string MySql97Slow = """
        # Time: 2023-11-26T21:00:00.500000Z
        # User@Host: app[app] @ localhost []  Id:    11
        # Query_time: 0.250000  Lock_time: 0.000001 Rows_sent: 1  Rows_examined: 1 Thread_id: 11 Errno: 1062 Killed: 0
        SET timestamp=1701032400;
        insert into items values (7);
        """;

    private const string OldGeneral =
        "/usr/sbin/mysqld, Version: 5.6.24-log (MySQL Community Server (GPL)). started with:\n"
        + "Tcp port: 3306  Unix socket: /tmp/mysql.sock\nTime                 Id Command    Argument\n"
        + "231126 21:00:00\t    2 Connect\tapp@web1 on shop\n\t\t    2 Query\tselect 1,\n  2\n\t\t    2 Init DB\tother\n\t\t    2 Prepare\tselect ?\n"
        + "\t\t    2 Execute\tselect 7\n231126 21:00:01\t    3 Connect\tAccess denied for user 'evil'@'web2' (using password: YES)\n\t\t    2 Quit\t\n";

    private const string NewGeneral =
        "2023-11-26T21:00:00.000001Z\t    8 Connect\tapp@localhost on shop using Socket\n"
        + "2023-11-26T21:00:00.000200Z\t    8 Query\tselect 1\n2023-11-26T21:00:00.000300Z\t    8 Query\tCREATE USER x IDENTIFIED BY 'Secret7'\n"
        + "2023-11-26T21:00:00.000400Z\t    8 Quit\t\n";

    private readonly string _folder = Directory.CreateTempSubdirectory("import").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_slow_log_of_MySQL_5_6_is_read()
    {
        var read = Import(MySql56Slow, SlowLog.Import, keeps: true, out var report);

        var connection = Assert.Single(read.OfType<ConnectionEvent>());
        Assert.Equal((2ul, "app", "10.0.0.7", true),
            (connection.Figures.Connection, connection.User, connection.Source, connection.Figures.WasThere));
        var commands = read.OfType<CommandEvent>().ToArray();
        Assert.Equal(["select 'it''s',\n  name from items", "begin", ""], commands.Select(Text));
        Assert.Equal([TextState.Kept, TextState.Kept, TextState.Withheld], commands.Select(command => command.Figures.Text));
        Assert.Equal([1_700_000_000_000_000, 1_700_000_000_000_001, 1_700_000_001_000_000], commands.Select(command => command.Figures.StartUs));
        Assert.Equal([0u, 1u, 1u], commands.Select(command => command.Figures.Transaction));
        Assert.All(commands, command => Assert.Equal("shop", command.Schema));
        Assert.Equal((161u, 1ul), (commands[0].Figures.DurationUs, commands[0].Figures.Rows));
        Assert.Equal(CloseReason.Goodbye, Assert.Single(read.OfType<ConnectionEnd>()).Figures.Reason);
        Assert.Equal((3, 1, 1), (report.Commands, report.Connections, report.Withheld));
        Assert.Empty(report.Unread);
        Assert.NotEmpty(report.Missing);
    }

    [Fact]
    public void A_slow_log_of_MariaDB_is_read()
    {
        var command = Assert.Single(Import(MariaDbSlow, SlowLog.Import, keeps: false, out _).OfType<CommandEvent>());

        Assert.Equal((9ul, "shop", "select * from items where id = ?"), (command.Figures.Connection, command.Schema, Text(command)));
        Assert.Equal((204u, 2ul, 90ul), (command.Figures.DurationUs, command.Figures.Rows, command.Figures.ResponseBytes));
        Assert.Equal((TextState.Redacted, StatementKind.Select, SampleReason.Import),
            (command.Figures.Text, command.Figures.Verb, command.Figures.Sample));
    }

    [Fact]
    public void A_slow_log_of_MySQL_9_has_the_time_at_which_a_statement_ended()
    {
        var command = Assert.Single(Import(MySql97Slow, SlowLog.Import, keeps: true, out _).OfType<CommandEvent>());

        Assert.Equal(new DateTimeOffset(2023, 11, 26, 21, 0, 0, 250, TimeSpan.Zero), DateTimeOffset.UnixEpoch.AddTicks(command.Figures.StartUs * 10));
        Assert.Equal((11ul, 1062), (command.Figures.Connection, (int)command.Figures.ErrorCode));
    }

    [Fact]
    public void A_general_log_of_before_is_read()
    {
        var read = Import(OldGeneral, GeneralLog.Import, keeps: true, out var report);

        var logins = read.OfType<ConnectionEvent>().ToArray();
        Assert.Equal([("app", "web1", LoginEnd.In), ("evil", "web2", LoginEnd.Refused)],
            logins.Select(login => (login.User, login.Source, login.Figures.End)));
        Assert.False(logins[0].Figures.WasThere);
        var commands = read.OfType<CommandEvent>().ToArray();
        Assert.Equal(["select 1,\n  2", "other", "select 7"], commands.Select(Text));
        Assert.Equal([CommandKind.Query, CommandKind.InitDb, CommandKind.Query], commands.Select(command => command.Figures.Command));
        Assert.Equal(["shop", "shop", "other"], commands.Select(command => command.Schema));
        Assert.Equal(1, report.Unread["commands: Prepare"]);
        Assert.Single(read.OfType<ConnectionEnd>());
    }

    [Fact]
    public void A_general_log_of_now_is_read()
    {
        var read = Import(NewGeneral, GeneralLog.Import, keeps: true, out var report);

        Assert.Equal(("app", "localhost", "shop"),
            read.OfType<ConnectionEvent>().Select(login => (login.User, login.Source, login.Schema)).Single());
        Assert.Equal(["select 1", ""], read.OfType<CommandEvent>().Select(Text));
        Assert.Equal(200, read.OfType<CommandEvent>().First().Figures.StartUs % 1_000_000);
        Assert.Equal(1, report.Withheld);
    }

    [Theory]
    [InlineData("")]
    [InlineData("no log at all\nnot even close")]
    [InlineData("# Query_time: 1e400 Rows_sent: -5\n\n# User@Host: ][\n# Time: yesterday\nSET timestamp=99999999999999999999;\n;")]
    [InlineData("# User@Host: a[a] @ b [c]  Id: 1\n# Query_time: 1  Rows_sent: 99999999999999999999999999999\nuse `x\nSET timestamp=;\n;;;\n")]
    [InlineData("\t\t 99999999999999999999 Query\tx\n231126 99:99:99\t 1 Query\tx\n\t 1 Query\tx\n\t 1 Connect\t@ on \n\t1 Connect\t\n\t 2 Quit")]
    public void What_is_no_log_is_passed_over_and_counted(string text)
    {
        foreach (var import in (Func<Stream, CaptureWriter, bool, ImportReport>[])[SlowLog.Import, GeneralLog.Import])
            Import(text, import, keeps: true, out _);
    }

    [Fact]
    public void Bytes_by_chance_break_nothing()
    {
        var random = new Random(3);
        var logs = new[] { MySql56Slow, MariaDbSlow, MySql97Slow, OldGeneral, NewGeneral };
        for (var i = 0; i < 400; i++)
        {
            var bytes = Encoding.UTF8.GetBytes(logs[i % logs.Length]);
            for (var j = 0; j < 1 + (i % 20); j++)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            var text = Encoding.Latin1.GetString(bytes[..random.Next(bytes.Length)]);
            Import(text, i % 2 == 0 ? SlowLog.Import : GeneralLog.Import, i % 3 == 0, out _);
        }
    }

    private CaptureRecord[] Import(string text, Func<Stream, CaptureWriter, bool, ImportReport> import, bool keeps, out ImportReport report)
    {
        var name = Guid.NewGuid().ToString("N");
        using (var writer = new CaptureWriter(new CaptureForm { Folder = _folder, Head = new CaptureHead { Name = name } }))
        {
            report = import(new MemoryStream(Encoding.UTF8.GetBytes(text)), writer, keeps);
            writer.Flush();
        }
        using var reader = CaptureReader.Open(CaptureFiles.Find(Path.Combine(_folder, name)));
        var records = reader.Rest().ToArray();
        Assert.True(reader.Damage.IsNone);
        Assert.DoesNotContain(records.OfType<CommandEvent>(), command => Text(command).Contains("Secret7", StringComparison.Ordinal));
        return records;
    }

    private static string Text(CommandEvent command) => Encoding.UTF8.GetString(command.Text.Span);
}
