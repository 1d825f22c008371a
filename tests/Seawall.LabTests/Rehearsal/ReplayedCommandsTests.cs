using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using MySqlConnector;
using Seawall.Captures.Records;
using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;
using Seawall.MySql.Handshakes;
using Xunit;

namespace Seawall.LabTests.Rehearsal;

/// <summary>
/// What clients do besides texts and plain executions, captured by the front door and replayed: cursors, values in pieces, changes of the user,
/// executions for many sets of values; and statements that give way to locks on one server alone.
/// </summary>
public sealed class ReplayedCommandsTests(LabServers lab)
{
    private const int Pass = 0, Fail = 1, Inconclusive = 2;
    private const string Schema = "commands", Other = "other_user", Password = "pw-of-other";
    private const byte Cursor = 1, VarString = 253, LongBlob = 251, Long = 3;

    // Two passes on each of two servers, which are one. What is sent before, and not measured, comes besides.
    private const int Times = 4;

    private static readonly TimeSpan s_timeMax = TimeSpan.FromMinutes(4);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb, true)]
    [InlineData(LabKind.MySql97, true)]
    [InlineData(LabKind.MySql56, true)]
    [InlineData(LabKind.MariaDb, false)]
    public async Task Cursors_values_in_pieces_and_changes_of_the_user_are_sent_as_they_were_captured(LabKind kind, bool deprecatesEof)
    {
        var folder = lab.NewFolder();
        var log = Path.Combine(folder, "general.log");
        await using var server = await lab.StartAsync(kind, new() { Options = ["--general-log=1", $"--general-log-file={log}"] }, Cancel);
        await Fill(server);
        await using var account = await LabAccount.CreateAsync(server, Other, Password, Cancel);
        await server.ExecuteAsync($"grant select on {Schema}.* to {account}", Cancel);
        await using (var seawall = await SeawallUnderTest.StartAsync(server, Cancel, options => options with { Capture = LabCapture.Into(folder) }))
        {
            Assert.True(seawall.Engine.Captures.Start("run", null, 1).IsDone);
            using var client = RawClient.Connect(seawall.Port, "seawall", "seawall",
                deprecatesEof ? RawClient.Usual : RawClient.Usual & ~Capabilities.DeprecateEof, Schema);
            var id = Prepare(client, "select id, name from items where id > ? order by id");
            Assert.Null(client.Ask(CommandKind.StatementExecute, [.. Head(id, Cursor), 0, 1, Long, 0, .. Int(9)]).Error);
            for (var i = 0; i < 3; i++)
                Assert.Null(client.Ask(CommandKind.StatementFetch, [.. Int(id), .. Int(20)]).Error);
            client.Send(CommandKind.StatementClose, Int(id));
            id = Prepare(client, "select length(?), crc32(?) from items where id = 1");
            foreach (var (parameter, piece) in ((ushort, string)[])[(0, "one, "), (0, "two"), (1, "three")])
                client.Send(CommandKind.StatementSendLongData, [.. Int(id), (byte)parameter, 0, .. Encoding.ASCII.GetBytes(piece)]);
            Assert.Equal(8, Length(client.Ask(CommandKind.StatementExecute, [.. Head(id, 0), 0, 1, LongBlob, 0, LongBlob, 0])));
            Assert.Equal(0, client.ChangeUser(Other, Password, Schema, 45).Head[0]);
            Assert.Null(client.Query("select count(*) from items").Error);
            Assert.Equal(1142, client.Query("insert into items (id) values (1000)").Error?.Code);
            Assert.Equal(0, client.ChangeUser("seawall", "seawall", Schema, 45).Head[0]);
            Assert.Null(client.Query("select max(id) from items").Error);
            await LabCapture.StopAsync(seawall, Cancel);
        }
        var kinds = LabCapture.Read(folder, "run").OfType<CommandEvent>().Select(one => one.Figures.Command).ToArray();
        Assert.Equal((3, 3, 2), (kinds.Count(one => one == CommandKind.StatementFetch), kinds.Count(one => one == CommandKind.StatementSendLongData),
            kinds.Count(one => one == CommandKind.ChangeUser)));
        var passwords = Path.Combine(folder, "passwords");
        LabFolders.WritePrivate(passwords, $"{Other}={Password}\n");
        var (fetched, sent, changed) = (await Count(server, "Com_stmt_fetch"), await Count(server, "Com_stmt_send_long_data"), Changes(log));
        var (result, report) = await Replay(server, server, Path.Combine(folder, "run"), "--accounts", passwords);

        using (report)
        {
            Assert.True(result.Status == Pass, result.ToString());
            Assert.Equal("", report.Findings("RESULTS", "note") + report.Findings("QUERIES", "note"));
            Assert.Contains("1 commands of the capture: it writes, or may", report.NotTested(), StringComparison.Ordinal);
            Assert.Contains($"'{Other}': 0 connections, 1 changes to it, as itself", report.Coverage(), StringComparison.Ordinal);
            // That this machine had too much to do is true, and nothing of the servers.
            Assert.DoesNotContain(report.Findings("NEW CONNECTIONS, REPLAYED", "note").Split('\n', StringSplitOptions.RemoveEmptyEntries),
                words => !words.StartsWith("this machine was late itself", StringComparison.Ordinal));
            Assert.Equal(("0 %", "0 %", "pass"), report.Measure("NEW CONNECTIONS, REPLAYED", "changes of the user that failed"));
            Assert.Equal("2.00", report.Measure("NEW CONNECTIONS, REPLAYED", "round trips of a change of the user").New);
        }
        Assert.True(await Count(server, "Com_stmt_fetch") >= fetched + (3 * Times));
        Assert.True(await Count(server, "Com_stmt_send_long_data") >= sent + (3 * Times));
        Assert.True(Changes(log) >= changed + Times);
    }

    // What differs is told of fetched rows as of others, and a user that is not there any more is a login that fails.
    [Fact]
    public async Task Rows_of_cursors_are_compared_and_changes_of_the_user_that_fail_are_found()
    {
        await using var old = await lab.StartAsync(LabKind.MariaDb, Cancel);
        await using var @new = await lab.StartAsync(LabKind.MariaDb, Cancel);
        await Fill(old);
        await Fill(@new);
        await @new.ExecuteAsync($"update {Schema}.items set name = 'another' where id = 45", Cancel);
        await using var account = await LabAccount.CreateAsync(old, Other, Password, Cancel);
        await old.ExecuteAsync($"grant select on {Schema}.* to {account}", Cancel);
        const string ordered = "select id, name from items order by id", free = "select name from items";
        using var capture = new MadeCapture(lab.NewFolder());
        var id = capture.Connect(0, Schema);
        capture.Execute(id, 0.1, 1, ordered);
        for (var i = 0; i < 3; i++)
            capture.Fetch(id, 0.1 + (i * 0.01), 1, ordered, 20);
        capture.Execute(id, 0.2, 2, free);
        capture.Fetch(id, 0.21, 2, free, 30); // Not all of them, and in no order: which they are is the server's choice.
        capture.ChangeUser(id, 0.3, Other);
        capture.Query(id, 0.4, "select count(*) from items");
        capture.Close(id, 0.5);
        var passwords = Path.Combine(lab.NewFolder(), "passwords");
        LabFolders.WritePrivate(passwords, $"{Other}={Password}\n");
        var (result, report) = await Replay(old, @new, capture.Finish(), "--accounts", passwords);

        using (report)
        {
            Assert.True(result.Status == Fail, result.ToString());
            var found = Assert.Single(report.Findings("RESULTS", "fail").Split('\n'));
            Assert.Matches(@"\(rows of a cursor\) select.*items.*: other values in 'name'", found);
            Assert.Equal(("0 %", "100 %", "fail"), report.Measure("NEW CONNECTIONS, REPLAYED", "changes of the user that failed"));
            Assert.Contains("changes of the user on the new server: refused: 1045", report.Findings("NEW CONNECTIONS, REPLAYED", "note"),
                StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Executions_for_many_sets_of_values_are_replayed_between_servers_of_MariaDB()
    {
        var folder = lab.NewFolder();
        await using var origin = await lab.StartAsync(LabKind.MariaDb, Cancel);
        await using var old = await lab.StartAsync(LabKind.MariaDb, Cancel);
        await using var @new = await lab.StartAsync(LabKind.MariaDb, Cancel);
        foreach (var server in (LabServer[])[origin, old, @new])
            await Fill(server);
        await using (var seawall = await SeawallUnderTest.StartAsync(origin, Cancel, options => options with { Capture = LabCapture.Into(folder) }))
        {
            Assert.True(seawall.Engine.Captures.Start("run", null, 1).IsDone);
            using var client = RawClient.Connect(
                seawall.Port, "seawall", "seawall", (RawClient.Usual & ~Capabilities.ClientMySql) | Capabilities.MariaDbBulk, Schema);
            var id = Prepare(client, "insert into items (id, name) values (?, ?)");
            Assert.Null(client.Ask(CommandKind.StatementBulkExecute, [.. Int(id), 128, 0, Long, 0, VarString, 0, .. Row(1001, "a"), .. Row(1002, "b")]).Error);
            Assert.Null(client.Ask(CommandKind.StatementBulkExecute, [.. Int(id), 0, 0, .. Row(1003, "c"), .. Row(1004, "d"), .. Row(1005, "e")]).Error);
            await LabCapture.StopAsync(seawall, Cancel);
        }
        await using var oldMark = await RehearsalMarks.PutAsync(old, Cancel);
        await using var newMark = await RehearsalMarks.PutAsync(@new, Cancel);
        var (result, report) = await Replay(old, @new, Path.Combine(folder, "run"), "--write", "--i-mean", oldMark.Name, "--i-mean", newMark.Name);

        using (report)
        {
            Assert.True(result.Status == Pass, result.ToString());
            Assert.DoesNotContain("sets of values", report.NotTested(), StringComparison.Ordinal);
            Assert.Contains("2 statements compared", report.Coverage(), StringComparison.Ordinal);
        }
        var left = await origin.AskAsync($"select sum(crc32(concat(id, name))) from {Schema}.items", Cancel);
        Assert.Equal("55", await origin.AskAsync($"select count(*) from {Schema}.items", Cancel));
        foreach (var server in (LabServer[])[old, @new])
        {
            Assert.Equal("55", await server.AskAsync($"select count(*) from {Schema}.items", Cancel));
            Assert.Equal(left, await server.AskAsync($"select sum(crc32(concat(id, name))) from {Schema}.items", Cancel));
        }
    }

    // The capture has that they came, and not the file: they are not sent, and nothing is compared that would find their rows missing on one server alone.
    [Fact]
    public async Task Files_that_clients_load_are_not_in_a_capture_and_how_many_there_were_is_told()
    {
        const string load = "load data local infile 'rows' into table items (id, name)";
        await using var server = await lab.StartAsync(LabKind.MariaDb, Cancel);
        await Fill(server);
        var folder = lab.NewFolder();
        await using (var seawall = await SeawallUnderTest.StartAsync(server, Cancel, options => options with { Capture = LabCapture.Into(folder) }))
        {
            Assert.True(seawall.Engine.Captures.Start("run", null, 1).IsDone);
            using var client = RawClient.Connect(seawall.Port, "seawall", "seawall", RawClient.Usual | Capabilities.LocalFiles, Schema);
            for (var row = 0; row < 2; row++)
            {
                client.Send(CommandKind.Query, Encoding.ASCII.GetBytes(load));
                Assert.Equal(0xFB, client.NextOrEnd()!.Head[0]);
                var line = Encoding.ASCII.GetBytes($"{2000 + row}\tloaded\n");
                client.SendBytes([(byte)line.Length, 0, 0, 2, .. line, 0, 0, 0, 3]);
                Assert.Null(client.Read(CommandKind.Query).Error);
            }
            Assert.Equal("52", client.Query("select count(*) from items").FirstValue);
            await LabCapture.StopAsync(seawall, Cancel);
        }
        Assert.StartsWith(server.Version, LabCapture.Read(folder, "run").OfType<CaptureHead>().First().Server, StringComparison.Ordinal);
        Assert.Equal(2, LabCapture.Read(folder, "run").OfType<CommandEvent>().Count(one => LabCapture.Text(one) == load));
        var (result, report) = await Replay(server, server, Path.Combine(folder, "run"));

        using (report)
        {
            Assert.True(result.Status == Pass, result.ToString());
            Assert.Contains("2 commands of the capture: LOAD DATA LOCAL, whose file is in no capture", report.NotTested(), StringComparison.Ordinal);
            Assert.Contains("1 statements compared", report.Coverage(), StringComparison.Ordinal);
        }
        Assert.Equal("52", await server.AskAsync($"select count(*) from {Schema}.items", Cancel));
    }

    // On the new server a statement waits for a lock for a second at most; nothing else differs.
    [Fact]
    public async Task A_statement_that_gives_way_to_a_lock_is_no_failing_digest_and_many_of_them_are()
    {
        await using var old = await lab.StartAsync(LabKind.MariaDb, Cancel);
        await using var @new = await lab.StartAsync(LabKind.MariaDb, new() { Options = ["--innodb-lock-wait-timeout=1"] }, Cancel);
        foreach (var server in (LabServer[])[old, @new])
        {
            await Fill(server);
            await server.ExecuteAsync($"create table {Schema}.log (id int auto_increment primary key, value int)", Cancel);
        }
        await using var oldMark = await RehearsalMarks.PutAsync(old, Cancel);
        await using var newMark = await RehearsalMarks.PutAsync(@new, Cancel);
        string[] write = ["--write", "--i-mean", oldMark.Name, "--i-mean", newMark.Name];
        using (var capture = new MadeCapture(lab.NewFolder()))
        {
            var (first, second) = (capture.Connect(0, Schema), capture.Connect(0.01, Schema));
            capture.Query(first, 0.1, "begin");
            capture.Query(first, 0.2, "update items set name = 'first' where id = 1", inTransaction: true);
            // It was answered before the other committed, and so nothing keeps it from coming before.
            capture.Query(second, 0.5, "update items set name = 'second' where id = 1");
            capture.Query(first, 3, "commit", inTransaction: true);
            capture.Query(second, 4, "select name from items where id = 1");
            var (result, report) = await Replay(old, @new, capture.Finish(), write);
            using (report)
            {
                Assert.True(result.Status == Inconclusive, result.ToString());
                Assert.Equal("", report.Findings("QUERIES", "fail") + report.Findings("RESULTS", "fail"));
                Assert.Matches("update items.*the old server does it, and the new one says error 1205", report.Findings("QUERIES", "note"));
                Assert.Equal(("0", "1", "pass"), report.Measure("QUERIES", "statements that gave way to others' locks"));
                Assert.Matches("select name.*after a transaction that gave way to locks on one server alone", report.Findings("RESULTS", "unknown"));
            }
        }
        await @new.ExecuteAsync($"create trigger {Schema}.gives_way before insert on {Schema}.log for each row "
            + "signal sqlstate '40001' set mysql_errno = 1213, message_text = 'planted'", Cancel);
        using (var capture = new MadeCapture(lab.NewFolder()))
        {
            var id = capture.Connect(0, Schema);
            for (var i = 0; i < 12; i++)
                capture.Query(id, 0.1 + (i * 0.01), $"insert into log (value) values ({i})");
            var (result, report) = await Replay(old, @new, capture.Finish(), write);
            using (report)
            {
                Assert.True(result.Status == Fail, result.ToString());
                Assert.Equal(("0", "12", "fail"), report.Measure("QUERIES", "statements that gave way to others' locks"));
                Assert.Equal(("0", "0", "pass"), report.Measure("QUERIES", "digests that fail on the new server only"));
            }
        }
    }

    private static async Task Fill(LabServer server)
    {
        foreach (var sql in new[]
        {
            $"create database {Schema}", $"create table {Schema}.items (id int primary key, name varchar(40))",
            $"insert into {Schema}.items values {string.Join(", ", Enumerable.Range(0, 50).Select(i => $"({i}, 'item {i}')"))}",
        })
        {
            await server.ExecuteAsync(sql, Cancel);
        }
    }

    private static uint Prepare(RawClient client, string sql)
    {
        var answer = client.Ask(CommandKind.StatementPrepare, Encoding.UTF8.GetBytes(sql));
        Assert.Null(answer.Error);
        return answer.StatementId;
    }

    private static byte[] Head(uint id, byte flags) => [.. Int(id), flags, .. Int(1)];

    private static byte[] Int(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }

    // Each value has a byte before it that says that it is one.
    private static byte[] Row(uint number, string text) => [0, .. Int(number), 0, (byte)text.Length, .. Encoding.ASCII.GetBytes(text)];

    // The first value of a row, which begins with a zero and a byte of bits for NULL.
    private static int Length(RawAnswer answer)
    {
        Assert.Null(answer.Error);
        return answer.Packets.First(packet => packet.Head[0] == 0).Head[2];
    }

    private static async Task<int> Count(LabServer server, string name)
    {
        await using var client = await server.ConnectAsync(Cancel);
        await using var command = new MySqlCommand($"show global status like '{name}'", client);
        await using var reader = await command.ExecuteReaderAsync(Cancel);
        Assert.True(await reader.ReadAsync(Cancel));
        return int.Parse(reader.GetString(1), CultureInfo.InvariantCulture);
    }

    private static int Changes(string log)
    {
        using var file = new StreamReader(new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return file.ReadToEnd().Split('\n')
            .Count(line => line.Contains("Change user", StringComparison.Ordinal) && line.Contains(Other, StringComparison.Ordinal));
    }

    private async Task<(LabResult Result, JsonDocument Report)> Replay(LabServer old, LabServer @new, string capture, params string[] more)
    {
        var folder = lab.NewFolder();
        var (budgets, json) = (Path.Combine(folder, "budgets.toml"), Path.Combine(folder, "verdict.json"));
        await File.WriteAllTextAsync(budgets, "[budgets]\ncoverage_percent_min = 0\nslower_digests_max = inf\n", Cancel);
        string[] passes = more.Contains("--write") ? [] : ["--passes", "2"];
        var result = await LabProgram.RunAsync(new LabCommand(Path.Combine(LabFolders.Repository, "seawall"),
            ["rehearse", "replay", "--old", Dsn(old), "--new", Dsn(@new), "--capture", capture, "--budgets", budgets, "--quiet", "--json", json,
                .. passes, .. more]), s_timeMax, Cancel);
        Assert.True(File.Exists(json), result.ToString());
        return (result, JsonDocument.Parse(await File.ReadAllBytesAsync(json, Cancel)));
    }

    private static string Dsn(LabServer server) => $"mysql://seawall:seawall@127.0.0.1:{server.Port}";
}
