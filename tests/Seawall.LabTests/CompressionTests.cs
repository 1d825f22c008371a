using System.Globalization;
using System.Text;
using MySqlConnector;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops.Tls;
using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;
using Seawall.MySql.Compression;
using Seawall.MySql.Framing;
using Seawall.MySql.Handshakes;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// Compression on either leg alone and on both: answers are those of a direct connection, which is compressed when the
/// client is, and drivers and clients do their work.
/// </summary>
public sealed class CompressionTests(LabServers lab)
{
    private const string Schema = "compressed";

    private static readonly TimeSpan ProgramTimeMax = TimeSpan.FromMinutes(2);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<LabKind, CompressionKind, CompressionKind> Legs()
    {
        var data = new TheoryData<LabKind, CompressionKind, CompressionKind>();
        foreach (var kind in Enum.GetValues<LabKind>())
        {
            foreach (var (client, server) in LegsOf(kind))
                data.Add(kind, client, server);
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Legs))]
    public async Task Answers_are_those_of_a_direct_connection(LabKind kind, CompressionKind client, CompressionKind server)
    {
        var real = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(real, server);
        using var twins = TwinSessions.Open(real, seawall, RawClient.Usual | CompressionKinds.FlagOf(client));
        foreach (var sql in StatementFidelityTests.Statements)
            twins.SameQuery(sql);
        twins.SamePrepared("select * from types where id = ?", [1]);
        twins.SamePrepared("insert into people (name, age) values (?, ?)", ["Zoë", 77]);
        twins.SamePrepared("call two_results(?)", [3]);
        if (kind == LabKind.MariaDb)
            twins.SameAhead("select ? as ahead", [5]);
        var piece = new byte[3_000_000];
        twins.SamePieces("select sha2(?, 256), length(?)", [piece, [], piece], [[1, 2, 3], []]);
        twins.SameQuery("select repeat('x', 50), repeat('y', 49), repeat('z', 51)");
        twins.AssertSame();
        AssertCompressed(seawall, server);
    }

    [Theory]
    [MemberData(nameof(Legs))]
    public async Task Packets_of_every_length_arrive_whole(LabKind kind, CompressionKind client, CompressionKind server)
    {
        const int full = PacketHeader.LengthMax;
        var real = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(real, server);
        using var twins = TwinSessions.Open(real, seawall, RawClient.Usual | CompressionKinds.FlagOf(client));
        // What takes three packets is packed for each way once: most of the time goes there, and none of it depends on the server.
        var takesThree = kind == LabKind.MariaDb || client == CompressionKind.Zstd || server == CompressionKind.Zstd;
        foreach (var length in (int[])[61_441, 70_000, full - 1, full, full + 1, .. takesThree ? [(2 * full) + 5] : (int[])[]])
        {
            const string before = "select sha2('", after = "', 256) as digest, 1 as one";
            twins.SameQuery(before + new string('x', length - 1 - before.Length - after.Length) + after);
        }
        foreach (var length in (int[])[65_536, full - 4, full, .. takesThree ? [(2 * full) - 9] : (int[])[]])
        {
            twins.SameQuery(string.Create(CultureInfo.InvariantCulture,
                $"select repeat('abcdefghij', {length / 10}) union all select 'last'"));
        }
        twins.SameQuery("select 'still in step'");
        twins.AssertSame();
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_file_between_other_statements_is_counted_as_either_side_counts(LabKind kind)
    {
        await using var real = await lab.StartAsync(kind, Cancel);
        await real.ExecuteAsync("CREATE DATABASE lf", Cancel);
        await real.ExecuteAsync("CREATE TABLE lf.t (id INT PRIMARY KEY, body LONGTEXT) ENGINE=InnoDB", Cancel);
        foreach (var (client, server) in LegsOf(kind))
        {
            await using var seawall = await StartAsync(real, server);
            var capabilities = RawClient.Usual & ~Capabilities.SessionTrack | Capabilities.LocalFiles
                | CompressionKinds.FlagOf(client);
            await real.ExecuteAsync("TRUNCATE lf.t", Cancel);
            var expected = LocalFileTests.Converse(real.Port, capabilities);
            await real.ExecuteAsync("TRUNCATE lf.t", Cancel);

            Assert.Equal(expected, LocalFileTests.Converse(seawall.Port, capabilities));
            Assert.Equal("50", await real.AskAsync("SELECT COUNT(*) FROM lf.t", Cancel));
        }
    }

    public static TheoryData<LabKind, string, CompressionKind> NodeDrivers()
    {
        var data = new TheoryData<LabKind, string, CompressionKind>();
        foreach (var kind in Enum.GetValues<LabKind>())
        {
            foreach (var driver in (string[])["mysql2", "mariadb"])
                data.Add(kind, driver, kind == LabKind.MySql97 ? CompressionKind.Zstd : CompressionKind.Zlib);
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(NodeDrivers))]
    public async Task A_node_driver_does_its_work_compressed(LabKind kind, string driver, CompressionKind server)
    {
        await lab.RequireAsync("node", Cancel);
        var real = await lab.SharedAsync(kind, Cancel);
        await real.ExecuteAsync($"create database {Schema} character set utf8mb4", Cancel);
        try
        {
            await using var seawall = await StartAsync(real, server);
            var node = new LabCommand("node", LabFolders.Script(Path.Combine("node", "drivers.mjs")), driver,
                seawall.Port.ToString(CultureInfo.InvariantCulture), "seawall", "seawall", Schema, "compress");
            var seen = (await LabProgram.RunAsync(node, ProgramTimeMax, Cancel)).ShouldSucceed().Output;
            Assert.Equal(driver == "mariadb" ? """{"jobs":400,"amount":5250}""" : """{"jobs":300,"amount":300}""", seen);
            Assert.True(Counted(seawall, bench => bench.FramesReceived) > 1_000);
        }
        finally
        {
            await real.ExecuteAsync($"drop database {Schema}", Cancel);
        }
    }

    [Theory]
    [InlineData(LabKind.MariaDb, CompressionKind.None)]
    [InlineData(LabKind.MySql97, CompressionKind.Zstd)]
    [InlineData(LabKind.MySql56, CompressionKind.Zlib)]
    public async Task MySqlConnector_does_its_work_compressed(LabKind kind, CompressionKind server)
    {
        var real = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(real, server);
        var settings = seawall.ConnectionString();
        settings.UseCompression = true;
        await using var connection = new MySqlConnection(settings.ConnectionString);
        await connection.OpenAsync(Cancel);
        foreach (var length in (int[])[1, 49, 50, 51, 70_000, 5_000_000, 20_000_000])
        {
            await using var command = new MySqlCommand("select @v, length(@v)", connection);
            command.Parameters.AddWithValue("@v", new string('v', length));
            await using var reader = await command.ExecuteReaderAsync(Cancel);
            Assert.True(await reader.ReadAsync(Cancel));
            Assert.Equal(length, reader.GetString(0).Length);
            Assert.Equal(length, Convert.ToInt32(reader.GetValue(1), CultureInfo.InvariantCulture));
        }
        await connection.ResetConnectionAsync(Cancel);
        await connection.ChangeDatabaseAsync("mysql", Cancel);
        await using var last = new MySqlCommand("select database()", connection);
        Assert.Equal("mysql", await last.ExecuteScalarAsync(Cancel));
    }

    [Theory]
    [InlineData(LabKind.MariaDb, "mariadb", "--compress")]
    [InlineData(LabKind.MySql56, "mariadb", "--compress")]
    [InlineData(LabKind.MySql97, "mysql97", "--compression-algorithms=zlib")]
    [InlineData(LabKind.MySql97, "mysql97", "--compression-algorithms=zstd --zstd-compression-level=22")]
    [InlineData(LabKind.MariaDb, "mysql97", "--compression-algorithms=zlib")]
    [InlineData(LabKind.MySql97, "mysql97", "--compression-algorithms=zstd --ssl-mode=REQUIRED")]
    public async Task A_command_line_client_is_answered_compressed(LabKind kind, string program, string options)
    {
        await lab.RequireAsync(program, Cancel);
        var real = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(
            real, CompressionKind.Zlib, tls: options.Contains("ssl-mode", StringComparison.Ordinal));
        string[] client = program == "mariadb" ? ["mariadb", "--no-defaults", "--skip-ssl"]
            : [LabFolders.Script("mysql97"), "mysql", "--get-server-public-key"];
        var script = string.Concat(Enumerable.Repeat("select 'one'; select repeat('long', 30000); ", 40))
            + "select length(repeat('x', 17000000)); set @mine = 5; select @mine;";
        string[] arguments =
        [
            .. client[1..], .. options.Split(' '), "-h127.0.0.1", $"-P{seawall.Port}", "-useawall", "-pseawall", "-N", "-e", script,
        ];
        var result = (await LabProgram.RunAsync(new LabCommand(client[0], arguments), ProgramTimeMax, Cancel)).ShouldSucceed();
        Assert.EndsWith("17000000\n5", result.Output.TrimEnd(), StringComparison.Ordinal);
        var (sent, plain) = (Counted(seawall, bench => bench.FramesSent), Counted(seawall, bench => bench.PlainSent));
        Assert.True(sent < plain / 10, $"{sent} of {plain} bytes");
    }

    [Theory]
    [InlineData(CompressionKind.Zlib)]
    [InlineData(CompressionKind.Zstd)]
    public async Task Frames_to_a_server_go_under_TLS(CompressionKind kind)
    {
        var real = await lab.SharedAsync(LabKind.MySql97, Cancel);
        var load = TlsClientContext.Load(new TlsClientFiles { Verify = ServerVerification.None }, TimeProvider.System);
        Assert.Null(load.Problem);
        await using var seawall = await SeawallUnderTest.StartAsync(real, Cancel, options => options with
        {
            Servers = [options.Servers[0] with { Compression = kind, Tls = ServerTls.Required, TlsContext = load.Context }],
        });
        using var client = RawClient.Connect(seawall.Port, "seawall", "seawall");
        const string cipher = "select variable_value from performance_schema.session_status where variable_name = 'Ssl_cipher'";
        Assert.NotEqual("", client.Query(cipher).FirstValue);
        Assert.Equal("17000000", client.Query($"select length('{new string('x', 17_000_000)}')").FirstValue);
        AssertCompressed(seawall, kind);
    }

    // What a server that sends as fast as it can and a client that takes nothing leave in Seawall: chunks, and no rows.
    [Theory]
    [InlineData(LabKind.MariaDb, CompressionKind.Zlib, CompressionKind.Zlib)]
    [InlineData(LabKind.MySql97, CompressionKind.Zstd, CompressionKind.Zstd)]
    [InlineData(LabKind.MySql97, CompressionKind.None, CompressionKind.Zstd)]
    public async Task A_client_that_takes_nothing_of_a_large_result_holds_little(
        LabKind kind, CompressionKind client, CompressionKind server)
    {
        var real = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(real, server);
        using var slow = RawClient.Connect(seawall.Port, "seawall", "seawall", RawClient.Usual | CompressionKinds.FlagOf(client));
        // 200 MB that compress to a hundredth: all of them would fit into the buffers on the way, compressed.
        slow.Send(CommandKind.Query,
            "select repeat('abcdefghij', 100000) from information_schema.columns a, information_schema.columns b limit 200"u8);
        long Received() => seawall.Count(meter => meter.BytesFromServers);
        long before;
        do
        {
            before = Received();
            await Task.Delay(1_000, Cancel);
        }
        while (before == 0 || Received() > before);
        var memory = GC.GetTotalMemory(forceFullCollection: true);
        Assert.InRange(memory, 0, 400_000_000);
        using var other = RawClient.Connect(seawall.Port, "seawall", "seawall");
        Assert.Equal("1", other.Query("select 1").FirstValue);
        var answer = slow.Read(CommandKind.Query);
        Assert.Null(answer.Error);
        Assert.Equal(203, answer.Packets.Count);
    }

    private static IEnumerable<(CompressionKind Client, CompressionKind Server)> LegsOf(LabKind kind)
    {
        yield return (CompressionKind.Zlib, CompressionKind.None);
        yield return (CompressionKind.None, CompressionKind.Zlib);
        yield return (CompressionKind.Zlib, CompressionKind.Zlib);
        if (kind != LabKind.MySql97)
            yield break;
        yield return (CompressionKind.Zstd, CompressionKind.None);
        yield return (CompressionKind.None, CompressionKind.Zstd);
        yield return (CompressionKind.Zstd, CompressionKind.Zlib);
    }

    // What the server says of the connections that it has from Seawall.
    private static void AssertCompressed(SeawallUnderTest seawall, CompressionKind server)
    {
        using var asks = RawClient.Connect(seawall.Port, "seawall", "seawall");
        var status = Encoding.ASCII.GetString(asks.Query("show status like 'Compression'").Packets[^2].Head);
        Assert.EndsWith(server == CompressionKind.None ? "OFF" : "ON", status, StringComparison.Ordinal);
        Assert.True(Counted(seawall, bench => bench.PlainSent) > 0);
    }

    private static long Counted(SeawallUnderTest seawall, Func<CompressionBench, long> what) =>
        seawall.Count(meter => meter.Compression is { } bench ? what(bench) : 0);

    private static Task<SeawallUnderTest> StartAsync(LabServer real, CompressionKind server, bool tls = false) =>
        SeawallUnderTest.StartAsync(real, Cancel, options => options with
        {
            Clients = options.Clients with { Tls = tls ? TlsServerContext.SelfSigned(TimeProvider.System).Context : null },
            Servers = [options.Servers[0] with { Compression = server }],
            Pools = options.Pools with { SizeMax = 4, WaitMsMax = 30_000 },
        });
}
