using System.Globalization;
using MySqlConnector;
using Seawall.Captures.Files;
using Seawall.Captures.Imports;
using Seawall.Captures.Records;
using Seawall.Engine.Captures;
using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;
using Seawall.MySql.Statements;
using Xunit;

namespace Seawall.LabTests;

/// <summary>What the front door writes down of real clients and servers.</summary>
public sealed class CaptureTests(LabServers lab)
{
    private const string Schema = "captured";

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);
    private static readonly string s_seawall = Path.Combine(LabFolders.Repository, "seawall");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_sysbench_run_is_captured_as_the_server_counts_it(LabKind kind)
    {
        await lab.RequireAsync("tools", Cancel);
        await using var server = await lab.StartAsync(kind, Cancel);
        await server.ExecuteAsync($"create database {Schema}", Cancel);
        await using var seawall = await StartAsync(server, out var folder);
        foreach (var prepared in (string[])["auto", "disable"])
        {
            if (prepared == "auto")
                await SysbenchAsync("prepare", seawall, prepared);
            var before = await CountsAsync(server);
            Assert.True(seawall.Engine.Captures.Start($"run-{prepared}", null, 1).IsDone);
            await SysbenchAsync("run", seawall, prepared);
            await LabCapture.StopAsync(seawall, Cancel);
            var after = await CountsAsync(server);

            var records = LabCapture.Read(folder, $"run-{prepared}");
            Assert.Equal(0ul, records.OfType<CaptureEnd>().Single().Dropped);
            var ran = records.OfType<CommandEvent>().Where(command =>
                command.Figures.Command is CommandKind.Query or CommandKind.StatementExecute && command.Figures.End == CommandEnd.Answered).ToArray();
            foreach (var (name, verb) in new[] { ("update", StatementKind.Update), ("delete", StatementKind.Delete), ("insert", StatementKind.Insert),
                ("commit", StatementKind.Commit), ("begin", StatementKind.Begin) })
            {
                Assert.Equal(after[name] - before[name], ran.Count(command => command.Figures.Verb == verb));
            }
            Assert.True(ran.Count(command => command.Figures.Verb == StatementKind.Commit) > 10, "nothing ran");
            // Each transaction of sysbench is one of the capture: it begins, and has all of its statements up to its end.
            var whole = ran.GroupBy(command => (command.Figures.Connection, command.Figures.Transaction)).Where(group => group.Key.Transaction > 0)
                .Where(group => group.Last().Figures.Verb == StatementKind.Commit).ToArray();
            Assert.All(whole, group => Assert.Equal((StatementKind.Begin, 20), (group.First().Figures.Verb, group.Count())));
            Assert.All(ran.Where(command => command.Figures.Verb == StatementKind.Select), command => Assert.Equal(
                (true, true), (command.Figures.Rows > 0, command.Figures.RowsInOrder != 0)));
            Assert.All(ran, command => Assert.Equal((TextState.Kept, Schema), (command.Figures.Text, command.Schema)));
        }
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task The_same_rows_have_the_same_hash_and_others_have_another(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server, out var folder);
        Assert.True(seawall.Engine.Captures.Start("rows", null, 1).IsDone);
        await using (var client = await LabDriver.ConnectAsync(seawall.Port, Cancel))
        {
            foreach (var text in (string[])["select 1 as a union all select 2", "select 2 as a union all select 1", "select 1 as a union all select 3",
                "select 1 as a union all select 2", "select repeat('x', 200000) as a", "select repeat('x', 200000) as a", "select cast('a' as signed)"])
            {
                await using var command = new MySqlCommand(text, client);
                await using var reader = await command.ExecuteReaderAsync(Cancel);
                while (await reader.ReadAsync(Cancel))
                {
                }
            }
            await using var prepared = new MySqlCommand("select ? + 1", client);
            prepared.Parameters.AddWithValue("", 41);
            await prepared.PrepareAsync(Cancel);
            Assert.Equal("42", Convert.ToString(await prepared.ExecuteScalarAsync(Cancel), CultureInfo.InvariantCulture));
        }
        await LabCapture.StopAsync(seawall, Cancel);

        var records = LabCapture.Read(folder, "rows");
        var login = Assert.Single(records.OfType<ConnectionEvent>(), connection => !connection.Figures.WasThere);
        Assert.Equal(("seawall", LoginEnd.In), (login.User, login.Figures.End));
        Assert.NotEqual(0ul, login.Figures.Capabilities);
        var all = records.OfType<CommandEvent>().ToArray();
        var asked = all.Where(command => command.Figures is { Command: CommandKind.Query, Verb: StatementKind.Select })
            .Select(command => command.Figures).TakeLast(7).ToArray();
        Assert.Equal(asked[0].RowsInOrder, asked[3].RowsInOrder);
        Assert.Equal(asked[0].RowsInAnyOrder, asked[1].RowsInAnyOrder);
        Assert.NotEqual(asked[0].RowsInOrder, asked[1].RowsInOrder);
        Assert.NotEqual(asked[0].RowsInAnyOrder, asked[2].RowsInAnyOrder);
        Assert.Equal((asked[4].RowsInOrder, asked[4].Columns), (asked[5].RowsInOrder, asked[5].Columns)); // In pieces, cut elsewhere each time.
        Assert.True(asked[4].ResponseBytes > 200_000);
        Assert.Equal(1, asked[6].Warnings);
        var execution = Assert.Single(all, command => command.Figures.Command == CommandKind.StatementExecute);
        Assert.Equal((TextState.Kept, 1), (execution.Figures.Text, (int)execution.Figures.ParameterCount));
        Assert.True(execution.Parameters.Length >= 1 + 1 + 2 + 4, "the values of an execution are not here");
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Logs_of_servers_become_captures_with_what_was_done(LabKind kind)
    {
        var folder = lab.NewFolder();
        var (slow, general) = (Path.Combine(folder, "slow.log"), Path.Combine(folder, "general.log"));
        await using var server = await lab.StartAsync(kind, new()
        {
            Options = ["--general-log=1", $"--general-log-file={general}", "--slow-query-log=1", $"--slow-query-log-file={slow}", "--long-query-time=0"],
        }, Cancel);
        await server.ExecuteAsync($"create database {Schema}; create table {Schema}.t (a int primary key, b text) engine=innodb", Cancel);
        await using (var client = await server.ConnectAsync(Cancel))
        {
            await client.ChangeDatabaseAsync(Schema, Cancel);
            await LabDriver.AskAsync(client, "begin", Cancel);
            await LabDriver.AskAsync(client, "insert into t values (7, 'it''s\n# Time: no time')", Cancel);
            await LabDriver.AskAsync(client, "commit", Cancel);
            Assert.Equal("7", await LabDriver.AskAsync(client, "select a\n  from t /* marked */", Cancel));
            await using var prepared = new MySqlCommand("select a + ? from t", client);
            prepared.Parameters.AddWithValue("", 35);
            await prepared.PrepareAsync(Cancel);
            Assert.Equal("42", Convert.ToString(await prepared.ExecuteScalarAsync(Cancel), CultureInfo.InvariantCulture));
            await Assert.ThrowsAsync<MySqlException>(() => LabDriver.AskAsync(client, "set password = 'Secret7'; syntax error", Cancel));
        }
        await server.StopAsync(Cancel);

        foreach (var (name, log, import) in new (string, string, Func<Stream, CaptureWriter, bool, ImportReport>)[]
            { ("slow", slow, SlowLog.Import), ("general", general, GeneralLog.Import) })
        {
            var report = LabCapture.Import(log, folder, name, import);
            var read = LabCapture.Read(folder, name);
            var own = read.OfType<CommandEvent>().Single(command => LabCapture.Text(command).Contains("/* marked */", StringComparison.Ordinal));
            Assert.Equal("select a\n  from t /* marked */", LabCapture.Text(own));
            Assert.Equal((Schema, StatementKind.Select), (own.Schema, own.Figures.Verb));
            var commands = read.OfType<CommandEvent>().Where(command => command.Figures.Connection == own.Figures.Connection).ToArray();
            var insert = Assert.Single(commands, command => command.Figures.Verb == StatementKind.Insert);
            Assert.Contains("'it''s\n# Time: no time'", LabCapture.Text(insert), StringComparison.Ordinal);
            Assert.Equal(1u, insert.Figures.Transaction);
            Assert.Equal([StatementKind.Begin, StatementKind.Insert, StatementKind.Commit],
                commands.Where(command => command.Figures.Transaction == 1).Select(command => command.Figures.Verb));
            Assert.Contains(commands, command => LabCapture.Text(command) == "select a + 35 from t");
            Assert.DoesNotContain(read.OfType<CommandEvent>(), command => LabCapture.Text(command).Contains("Secret7", StringComparison.Ordinal));
            Assert.Contains(read.OfType<ConnectionEvent>(), connection =>
                connection.Figures.Connection == own.Figures.Connection && connection.User == "seawall" && connection.Figures.WasThere == (name == "slow"));
            Assert.DoesNotContain("lines outside of any entry", report.Unread.Keys);
        }
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Packets_become_the_same_capture_as_the_front_doors(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server, out var folder);
        Assert.True(seawall.Engine.Captures.Start("door", null, 1).IsDone);
        await using var packets = await PacketCapture.StartAsync(lab, [seawall.Port], Cancel);
        await using (var client = await LabDriver.ConnectAsync(seawall.Port, Cancel))
        {
            foreach (var text in (string[])["begin", "select 1 as a union all select 2", "select repeat('x', 200000)", "commit", "select 3; select 4, 'b'"])
                await LabDriver.AskAsync(client, text, Cancel);
            await Assert.ThrowsAsync<MySqlException>(() => LabDriver.AskAsync(client, "select nowhere", Cancel));
            await using var prepared = new MySqlCommand("select ? + 1, ?", client);
            prepared.Parameters.AddWithValue("", 41);
            prepared.Parameters.AddWithValue("", "text");
            await prepared.PrepareAsync(Cancel);
            for (var i = 0; i < 3; i++)
                await prepared.ExecuteScalarAsync(Cancel);
        }
        await packets.StopAsync(Cancel);
        await LabCapture.StopAsync(seawall, Cancel);

        LabCapture.Import(packets.File, folder, "wire", (from, writer, keeps) => PacketLog.Import(from, writer, keeps, seawall.Port));
        var (door, wire) = (LabCapture.Read(folder, "door"), LabCapture.Read(folder, "wire"));
        var (entered, seen) = (Assert.Single(door.OfType<ConnectionEvent>()), Assert.Single(wire.OfType<ConnectionEvent>()));
        Assert.Equal((entered.User, entered.FirstPlugin, entered.Figures.Capabilities & 0xFFFF_FFFF, entered.Figures.Collation, entered.Figures.PacketsIn),
            (seen.User, seen.FirstPlugin, seen.Figures.Capabilities & 0xFFFF_FFFF, seen.Figures.Collation, seen.Figures.PacketsIn));
        Assert.Equal(Seen(door), Seen(wire));

        static IEnumerable<string> Seen(CaptureRecord[] records) => records.OfType<CommandEvent>()
            .Where(command => command.Figures.Command is CommandKind.Query or CommandKind.StatementPrepare or CommandKind.StatementExecute)
            .Select(command => (command, figures: command.Figures)).Select(one => string.Join(
                ' ', one.figures.Command, one.figures.Verb, LabCapture.Text(one.command), Convert.ToHexString(one.command.Parameters.Span),
                one.figures.Rows, one.figures.RowsInOrder, one.figures.RowsInAnyOrder, one.figures.Columns, one.figures.ErrorCode, one.command.SqlState,
                one.figures.Warnings, one.figures.Transaction, one.figures.Results, one.figures.Digest));
    }

    [Fact]
    public async Task A_kill_loses_no_more_than_the_last_second()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        using var port = new LabPort();
        using var admin = new LabPort();
        var folder = lab.NewFolder();
        var settings = Path.Combine(folder, "seawall.toml");
        var captures = Path.Combine(folder, "captures");
        LabFolders.WritePrivate(settings, string.Create(CultureInfo.InvariantCulture, $"""
            [clients]
            listen = ["127.0.0.1:{port.Number}"]
            [[servers]]
            name = "primary"
            address = "127.0.0.1:{server.Port}"
            tls = "off"
            [monitor]
            user = "seawall"
            password = "seawall"
            [admin]
            listen = "127.0.0.1:{admin.Number}"
            password = "{ProcessUnderTest.AdminPassword}"
            [metrics]
            listen = "off"
            [capture]
            dir = "{captures}"
            literals = "keep"
            free_min = 0
            """));
        await using var seawall = LabProgram.Start(new LabCommand(s_seawall, "run", "-c", settings));
        await seawall.WaitForLineAsync(line => line.Contains("is up", StringComparison.Ordinal), s_patience, Cancel);
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                await (await LabDriver.ConnectAsync(port.Number, Cancel)).DisposeAsync();
                return true;
            }
            catch (MySqlException)
            {
                return false; // It has not seen its server yet.
            }
        }, s_patience, Cancel, () => seawall.Errors);
        await using var client = await LabDriver.ConnectAsync(port.Number, Cancel);
        await using (var desk = new MySqlConnection(
            $"Server=127.0.0.1;Port={admin.Number};User ID=admin;Password={ProcessUnderTest.AdminPassword};SslMode=None;AllowPublicKeyRetrieval=true"))
        {
            await desk.OpenAsync(Cancel);
            await LabDriver.AskAsync(desk, "CAPTURE START 'killed' FOR 10 MINUTES", Cancel);
        }
        var answered = new List<long>(); // When the answer to number i was here, in microseconds since 1970.
        var clock = TimeProvider.System;
        var until = clock.GetTimestamp();
        while (clock.GetElapsedTime(until) < TimeSpan.FromSeconds(4))
        {
            Assert.Equal("1", await LabDriver.AskAsync(client, $"select {answered.Count} = {answered.Count}", Cancel));
            answered.Add((clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / 10);
        }
        var killedUs = (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / 10;
        await seawall.KillAsync();

        using var reader = CaptureReader.Open(CaptureFiles.Find(Path.Combine(captures, "killed")));
        var there = reader.Rest().OfType<CommandEvent>().Where(command => command.Figures.Verb == StatementKind.Select)
            .Select(LabCapture.Text).ToHashSet();
        Assert.Null(reader.Damage.Problem);
        Assert.True(answered.Count > 10, "nothing was asked");
        var owed = answered.Select((at, number) => (at, number)).Where(one => one.at < killedUs - 2_000_000).ToArray(); // The second, and a busy machine.
        Assert.Equal([], owed.Where(one => !there.Contains($"select {one.number} = {one.number}")));
    }

    [Fact]
    public async Task A_disk_that_is_full_ends_the_capture_and_no_client_notices()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        var disk = lab.NewFolder();
        var mounted = await LabProgram.RunAsync(new LabCommand("mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", disk), s_patience, Cancel);
        Assert.SkipUnless(mounted.IsSuccess, $"a small disk cannot be made here: {mounted.Errors}");
        try
        {
            await using var seawall = await StartAsync(server, out _, disk);
            Assert.True(seawall.Engine.Captures.Start("full", null, 1).IsDone);
            await using var client = await LabDriver.ConnectAsync(seawall.Port, Cancel);
            var (random, asked) = (new Random(1), new List<string>());
            await Eventually.TrueAsync(async () =>
            {
                var noise = new byte[8192];
                random.NextBytes(noise);
                asked.Add($"select '{Convert.ToHexString(noise)}' <> ''");
                Assert.Equal("1", await LabDriver.AskAsync(client, asked[^1], Cancel));
                return seawall.Engine.Captures.Views()[0].State == CaptureState.Failed;
            }, s_patience, Cancel);
            Assert.Equal("1", await LabDriver.AskAsync(client, "select 1", Cancel));
            Assert.Equal(1, seawall.Engine.Captures.Totals().Failed);
            Assert.Contains(seawall.Log, line => line.Contains("'full' does not go on", StringComparison.Ordinal));
            using var reader = CaptureReader.Open(CaptureFiles.Find(Path.Combine(disk, "full")));
            // What is lost is what was on the way when the disk was full: all that was asked before is there, as far as the disk had room.
            var there = reader.Rest().OfType<CommandEvent>().Select(LabCapture.Text).Where(text => text.Contains("<> ''", StringComparison.Ordinal)).ToArray();
            Assert.NotEmpty(there);
            Assert.Equal(asked.Take(there.Length), there);
            Assert.InRange(Directory.EnumerateFiles(disk, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length), 256 * 1024, 512 * 1024);
        }
        finally
        {
            await LabProgram.RunAsync(new LabCommand("umount", "-l", disk), s_patience, Cancel);
        }
    }

    private Task<SeawallUnderTest> StartAsync(LabServer server, out string folder, string? given = null)
    {
        var where = folder = given ?? lab.NewFolder();
        return SeawallUnderTest.StartAsync(server, Cancel, options => options with { Capture = LabCapture.Into(where) });
    }

    private static async Task<Dictionary<string, long>> CountsAsync(LabServer server)
    {
        var counts = new Dictionary<string, long>();
        await using var connection = await server.ConnectAsync(Cancel);
        foreach (var name in (string[])["update", "delete", "insert", "commit", "begin"])
        {
            await using var command = new MySqlCommand($"show global status like 'Com_{name}'", connection);
            await using var reader = await command.ExecuteReaderAsync(Cancel);
            Assert.True(await reader.ReadAsync(Cancel));
            counts[name] = long.Parse(reader.GetString(1), CultureInfo.InvariantCulture);
        }
        return counts;
    }

    private static Task<string> SysbenchAsync(string step, SeawallUnderTest seawall, string prepared) => LabSysbench.RunAsync(
        "oltp_read_write", step, seawall.Port, Schema, prepared, Cancel,
        "--tables=1", "--table-size=1000", "--threads=4", "--time=2", "--mysql-ignore-errors=all");
}
