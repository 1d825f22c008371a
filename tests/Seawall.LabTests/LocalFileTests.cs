using System.Text;
using MySqlConnector;
using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;
using Seawall.MySql.Handshakes;
using Xunit;

namespace Seawall.LabTests;

/// <summary><c>LOAD DATA LOCAL</c> through Seawall: the client's file reaches the server, whole or not at all.</summary>
public sealed class LocalFileTests(LabServers lab)
{
    private const string Table = "CREATE DATABASE lf; CREATE TABLE lf.t (id INT PRIMARY KEY, body LONGTEXT) ENGINE=InnoDB";
    private const string Digest = "SELECT CONCAT(COUNT(*), ' ', SUM(LENGTH(body)), ' ', SUM(id * CRC32(body))) FROM lf.t";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_file_arrives_as_it_does_at_the_server(LabKind kind)
    {
        await using var server = await Prepared(kind);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        var file = Rows(rows: 24, rowBytes: 1_000_000);
        var direct = await Load(server.ConnectionString(), file);
        var expected = await server.AskAsync(Digest, Cancel);
        await server.ExecuteAsync("TRUNCATE lf.t", Cancel);

        Assert.Equal(direct, await Load(seawall.ConnectionString(), file));
        Assert.Equal(expected, await server.AskAsync(Digest, Cancel));
        Assert.Equal(24, direct);
    }

    // A client and a server that end results differently number their packets differently, those of the file as well.
    [Theory]
    [InlineData(LabKind.MariaDb, false)]
    [InlineData(LabKind.MariaDb, true)]
    [InlineData(LabKind.MySql97, false)]
    [InlineData(LabKind.MySql97, true)]
    [InlineData(LabKind.MySql56, false)]
    public async Task A_file_in_the_middle_of_several_statements_keeps_their_order_and_numbers(LabKind kind, bool deprecatesEof)
    {
        await using var server = await Prepared(kind);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        var capabilities = RawClient.Usual & ~(Capabilities.SessionTrack | Capabilities.DeprecateEof) | Capabilities.LocalFiles
            | (deprecatesEof ? Capabilities.DeprecateEof : 0);
        var expected = Converse(server.Port, capabilities);
        await server.ExecuteAsync("TRUNCATE lf.t", Cancel);

        Assert.Equal(expected, Converse(seawall.Port, capabilities));
        Assert.Equal("50", await server.AskAsync("SELECT COUNT(*) FROM lf.t", Cancel));
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_client_that_sends_no_files_hears_what_the_server_would_say(LabKind kind)
    {
        await using var server = await Prepared(kind);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        const string sql = "LOAD DATA LOCAL INFILE '/nowhere' INTO TABLE lf.t";
        using var direct = RawClient.Connect(server.Port, "seawall", "seawall");
        using var through = RawClient.Connect(seawall.Port, "seawall", "seawall");

        Assert.Equal(direct.Query(sql).Error, through.Query(sql).Error);
        Assert.Equal("1", through.Query("SELECT 1").FirstValue);
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Half_a_file_is_never_taken_for_the_whole(LabKind kind)
    {
        await using var server = await Prepared(kind);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        using (var client = RawClient.Connect(seawall.Port, "seawall", "seawall", RawClient.Usual | Capabilities.LocalFiles))
        {
            client.Send(CommandKind.Query, "LOAD DATA LOCAL INFILE 'rows' INTO TABLE lf.t"u8);
            Assert.Equal(0xFB, client.NextOrEnd()!.Head[0]);
            var rows = Rows(rows: 10, rowBytes: 20);
            client.SendBytes([.. Header(rows.Length, 2), .. rows]);
            client.SendBytes([.. Header(rows.Length, 3), .. rows.AsSpan(0, 5)]);
        }

        await Eventually.TrueAsync(() => seawall.ServerConnections == 0 && seawall.Engine.ClientCount == 0,
            TimeSpan.FromSeconds(20), Cancel);
        Assert.Equal("0", await server.AskAsync("SELECT COUNT(*) FROM lf.t", Cancel));
        await using var other = await seawall.ConnectAsync(Cancel);
        await using var query = new MySqlCommand("SELECT COUNT(*) FROM lf.t", other);
        Assert.Equal(0L, await query.ExecuteScalarAsync(Cancel));
    }

    // The answer to LOAD DATA has no number, whatever numbers it has made.
    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task The_number_that_a_file_has_made_can_be_asked_for_after_others_had_the_connection(LabKind kind)
    {
        await using var server = await Prepared(kind);
        await server.ExecuteAsync("CREATE TABLE lf.made (id INT PRIMARY KEY AUTO_INCREMENT, n INT)", Cancel);
        await server.ExecuteAsync("CREATE TABLE lf.others (id INT PRIMARY KEY AUTO_INCREMENT) AUTO_INCREMENT = 7000", Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(
            server, Cancel, options => options with { Pools = options.Pools with { SizeMax = 1, WaitMsMax = 15_000 } });
        using var other = RawClient.Connect(seawall.Port, "seawall", "seawall");
        using var direct = RawClient.Connect(server.Port, "seawall", "seawall", RawClient.Usual | Capabilities.LocalFiles);
        using var through = RawClient.Connect(seawall.Port, "seawall", "seawall", RawClient.Usual | Capabilities.LocalFiles);
        foreach (var client in (RawClient[])[direct, through])
        {
            Assert.Null(client.Query("TRUNCATE lf.made").Error);
            // How far a number is from the one before is the server's affair.
            foreach (var (file, first) in ((string, int)[])[("1\n2\n", 1), ("3\n", 3), ("", 3)])
            {
                Assert.Null(other.Query("INSERT INTO lf.others VALUES (NULL), (NULL)").Error);
                client.Send(CommandKind.Query, "LOAD DATA LOCAL INFILE 'rows' INTO TABLE lf.made (n)"u8);
                Assert.Equal(0xFB, client.NextOrEnd()!.Head[0]);
                client.SendBytes(file.Length > 0 ? [.. Header(file.Length, 2), .. Encoding.ASCII.GetBytes(file), .. Header(0, 3)] : Header(0, 2));
                Assert.Null(client.Read(CommandKind.Query).Error);
                Assert.Null(other.Query("INSERT INTO lf.others VALUES (NULL), (NULL)").Error);
                Assert.Equal("1", client.Query($"SELECT id = LAST_INSERT_ID() FROM lf.made WHERE n = {first}").FirstValue);
            }
        }
    }

    // MySQL prepares no LOAD DATA. MariaDB does, and asks for the file at each execution.
    [Theory]
    [InlineData(LabKind.MariaDb, true)]
    [InlineData(LabKind.MariaDb, false)]
    [InlineData(LabKind.MySql97, true)]
    [InlineData(LabKind.MySql56, true)]
    public async Task A_prepared_statement_asks_for_its_file_as_it_does_at_the_server(LabKind kind, bool allowsFiles)
    {
        await using var server = await Prepared(kind);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel, options => options with
        {
            Pools = options.Pools with { SizeMax = 1, WaitMsMax = 15_000 },
        });
        var capabilities = allowsFiles ? RawClient.Usual | Capabilities.LocalFiles : RawClient.Usual & ~Capabilities.LocalFiles;
        using var other = RawClient.Connect(seawall.Port, "seawall", "seawall");
        var sides = new List<List<string>>();
        foreach (var port in (int[])[server.Port, seawall.Port])
        {
            await server.ExecuteAsync("TRUNCATE lf.t", Cancel);
            using var client = RawClient.Connect(port, "seawall", "seawall", capabilities);
            var said = new List<string>();
            sides.Add(said);
            void Take(CommandKind command, byte[] body, string file)
            {
                client.Send(command, body);
                var first = client.NextOrEnd();
                if (first?.Head[0] == 0xFB)
                {
                    said.Add($"{first.Sequence}: {first.Text}");
                    client.SendBytes([.. Header(file.Length, (byte)(first.Sequence + 1)), .. Encoding.ASCII.GetBytes(file)]);
                    client.SendBytes(Header(0, (byte)(first.Sequence + 2)));
                    said.AddRange(client.Read(CommandKind.Query).Packets.Select(packet => packet.Text));
                }
                else
                    said.Add(first?.Text ?? "closed");
            }
            Take(CommandKind.Query, "PREPARE p FROM \"LOAD DATA LOCAL INFILE 'rows' INTO TABLE lf.t\""u8.ToArray(), "");
            Take(CommandKind.Query, "EXECUTE p"u8.ToArray(), "1\ta\n");
            Take(CommandKind.Query, "DEALLOCATE PREPARE p"u8.ToArray(), "");
            var prepared = client.Ask(CommandKind.StatementPrepare, "LOAD DATA LOCAL INFILE 'more' INTO TABLE lf.t"u8);
            said.Add(prepared.Error?.ToString() ?? $"{prepared.Packets[0].Length}");
            byte[] number = prepared.Error is null ? BitConverter.GetBytes(prepared.StatementId) : [9, 9, 9, 9];
            byte[] execution = [.. number, 0, 1, 0, 0, 0];
            if (prepared.Error is null)
            {
                Take(CommandKind.StatementExecute, execution, "2\tb\n3\tc\n");
                // Others have the connection in between, where nothing pins.
                Assert.Null(client.Ask(CommandKind.ResetConnection, default).Error);
                prepared = client.Ask(CommandKind.StatementPrepare, "LOAD DATA LOCAL INFILE 'more' INTO TABLE lf.t"u8);
                execution = [.. BitConverter.GetBytes(prepared.StatementId), 0, 1, 0, 0, 0];
                Assert.Equal("1", other.Query("SELECT 1").FirstValue);
                Take(CommandKind.StatementExecute, execution, "4\td\n");
                Take(CommandKind.StatementExecute, execution, "5\te\n6\tf\n");
            }
            said.Add(await server.AskAsync("SELECT CAST(CONCAT(COUNT(*), ' ', IFNULL(SUM(id), 0)) AS CHAR) FROM lf.t", Cancel) ?? "");
        }
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join('\n', sides[0]));
        Assert.Equal(sides[0], sides[1]);
        Assert.Equal(kind == LabKind.MariaDb && allowsFiles ? "6 21" : "0 0", sides[0][^1]);
    }

    // MySQL prepares none.
    [Fact]
    public async Task What_is_executed_by_its_name_asks_a_client_without_files_for_none()
    {
        await using var server = await Prepared(LabKind.MariaDb);
        await server.ExecuteAsync("create procedure lf.others() begin prepare p from 'select 3'; end", Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        using var twins = TwinSessions.Open(server, seawall, RawClient.Usual);
        foreach (var sql in (string[])
            [
                "prepare p from \"load data local infile 'rows' into table lf.t\"", "select name from people", "execute p", "show warnings",
                "select row_count(), found_rows()", "EXECUTE `P`", "show count(*) errors",
                "prepare q from 'select 1'", "execute q", "execute q", "execute p", "begin", "insert into people (name) values ('Eve')", "execute p",
                "select count(*) from people", "rollback", "select count(*) from people",
                "execute immediate 'load data low_priority local infile \"rows\" into table lf.t'", "execute immediate 'select 5'", "execute p",
                "prepare p from 'select ''it'''", "execute p", "prepare p from 'load data local infile ''rows'' into table lf.t'", "execute p",
                "prepare p from 'selec'", "execute p", "prepare p from 'load xml local infile \"rows\" into table lf.t'", "execute p",
                "deallocate prepare p", "execute p", "prepare p from 'load data local infile \"rows\" into table lf.t (id) set body = ?'", "execute p",
                // A procedure may have prepared another one under that name.
                "prepare p from 'load data local infile \"rows\" into table lf.t'", "call lf.others()", "execute p",
                "prepare p from 'load data local infile \"rows\" into table lf.t'", "prepare q from 'call lf.others()'", "execute q", "execute p",
                "select count(*) from lf.t",
            ])
        {
            twins.SameQuery(sql);
        }
        twins.AssertSame();
    }

    private static byte[] Header(int length, byte sequence) =>
        [(byte)length, (byte)(length >> 8), (byte)(length >> 16), sequence];

    private async Task<LabServer> Prepared(LabKind kind)
    {
        var server = await lab.StartAsync(kind, Cancel);
        foreach (var sql in Table.Split(';'))
            await server.ExecuteAsync(sql, Cancel);
        return server;
    }

    private static byte[] Rows(int rows, int rowBytes)
    {
        var text = new StringBuilder();
        for (var i = 0; i < rows; i++)
            text.Append(i).Append('\t').Append((char)('a' + (i % 26)), rowBytes).Append('\n');
        return Encoding.ASCII.GetBytes(text.ToString());
    }

    private static async Task<int> Load(MySqlConnectionStringBuilder where, byte[] file)
    {
        where.AllowLoadLocalInfile = true;
        await using var connection = new MySqlConnection(where.ConnectionString);
        await connection.OpenAsync(Cancel);
        var loader = new MySqlBulkLoader(connection)
        {
            TableName = "lf.t",
            Local = true,
            SourceStream = new MemoryStream(file),
            FieldTerminator = "\t",
            LineTerminator = "\n",
        };
        return await loader.LoadAsync(Cancel);
    }

    // Every packet that came, as number, length and digest.
    internal static List<string> Converse(int port, Capabilities capabilities)
    {
        using var client = RawClient.Connect(port, "seawall", "seawall", capabilities);
        client.Send(CommandKind.Query, Encoding.ASCII.GetBytes("SELECT 'before'; LOAD DATA LOCAL INFILE 'rows' INTO TABLE lf.t; "
            + "SELECT COUNT(*) FROM lf.t; DELETE FROM lf.t WHERE id < 50; SELECT COUNT(*) FROM lf.t"));
        var seen = new List<RawPacket>();
        do
            seen.Add(client.NextOrEnd()!);
        while (seen[^1].Head[0] != 0xFB);
        var rows = Rows(rows: 100, rowBytes: 50);
        var sequence = (byte)(seen[^1].Sequence + 1);
        client.SendBytes([.. Header(1000, sequence), .. rows.AsSpan(0, 1000)]);
        client.SendBytes([.. Header(rows.Length - 1000, (byte)(sequence + 1)), .. rows.AsSpan(1000)]);
        client.SendBytes(Header(0, (byte)(sequence + 2)));
        seen.AddRange(client.Read(CommandKind.Query).Packets);
        // The flags of an EOF packet are those of the moment, which a server that sends none behind columns does not tell.
        return [.. seen.Select(packet => packet is { Length: 5, Head: [0xFE, ..] } ? $"{packet.Sequence}:EOF" : packet.ToString())];
    }
}
