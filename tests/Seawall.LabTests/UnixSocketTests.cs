using System.Globalization;
using MySqlConnector;
using Seawall.Engine.Loops;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>Unix sockets on both legs, with real clients and real servers. None of these connections is made over TCP.</summary>
public sealed class UnixSocketTests(LabServers lab)
{
    private const string Schema = "sockets";

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Command_line_clients_and_MySqlConnector_log_in_and_are_localhost(LabKind kind)
    {
        await lab.RequireAsync("mysql97", Cancel);
        var server = await lab.SharedAsync(kind, Cancel);
        await using var account = await LabAccount.CreateAsync(server, "bysocket", "right", Cancel);
        var socket = Path.Combine(lab.NewFolder(), "s.sock");
        await using var seawall = await StartAsync(server, socket);

        string[] who = ["-S", socket, $"-u{account.User}", "-pright", "-N", "-B", "-e", "select user()"];
        var mariadb = await LabProgram.RunAsync(new LabCommand("mariadb", ["--no-defaults", .. who]), s_patience, Cancel);
        var mysql = await LabProgram.RunAsync(
            new LabCommand(LabFolders.Script("mysql97"), ["mysql", .. who, "--protocol=socket"]), s_patience, Cancel);
        await using var connector = new MySqlConnection(new MySqlConnectionStringBuilder
        {
            Server = socket,
            ConnectionProtocol = MySqlConnectionProtocol.UnixSocket,
            UserID = account.User,
            Password = "right",
            Pooling = false,
        }.ConnectionString);
        await connector.OpenAsync(Cancel);
        await using var command = new MySqlCommand("select user()", connector);

        // Whom the server sees is Seawall, which comes by a socket as well.
        Assert.Equal("bysocket@localhost", mariadb.ShouldSucceed().Output);
        Assert.Equal("bysocket@localhost", mysql.ShouldSucceed().Output);
        Assert.Equal("bysocket@localhost", await command.ExecuteScalarAsync(Cancel));
        Assert.Equal("0", await server.AskAsync(
            "select count(*) from information_schema.processlist where user = 'bysocket' and host like '%:%'", Cancel));
        Assert.Equal(0, seawall.Count(meter => meter.TlsHandshakes));
    }

    [Theory]
    [InlineData(LabKind.MariaDb, "mysql2")]
    [InlineData(LabKind.MySql97, "mysql2")]
    [InlineData(LabKind.MySql56, "mysql2")]
    [InlineData(LabKind.MariaDb, "mariadb")]
    [InlineData(LabKind.MySql97, "mariadb")]
    [InlineData(LabKind.MySql56, "mariadb")]
    public async Task A_node_driver_does_its_work(LabKind kind, string driver)
    {
        await lab.RequireAsync("node", Cancel);
        var server = await lab.SharedAsync(kind, Cancel);
        await server.ExecuteAsync($"create database {Schema} character set utf8mb4", Cancel);
        try
        {
            var socket = Path.Combine(lab.NewFolder(), "s.sock");
            await using var seawall = await StartAsync(server, socket);
            var script = LabFolders.Script(Path.Combine("node", "drivers.mjs"));

            var node = await LabProgram.RunAsync(
                new LabCommand("node", script, driver, socket, "seawall", "seawall", Schema), s_patience, Cancel);

            Assert.Equal(driver == "mariadb" ? """{"jobs":400,"amount":5250}""" : """{"jobs":300,"amount":300}""", node.ShouldSucceed().Output);
        }
        finally
        {
            await server.ExecuteAsync($"drop database {Schema}", Cancel);
        }
    }

    [Fact]
    public async Task A_start_without_a_settings_file_takes_sockets_on_both_legs()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        var socket = Path.Combine(lab.NewFolder(), "s.sock");
        await using var seawall = LabProgram.Start(new LabCommand(Path.Combine(LabFolders.Repository, "seawall"),
            "run", "--server", $"unix:{server.Socket}", "--listen", $"unix:{socket}", "--admin", "off", "--metrics", "off"));
        await seawall.WaitForLineAsync(line => line.Contains("is up", StringComparison.Ordinal), s_patience, Cancel);

        var client = await LabProgram.RunAsync(
            new LabCommand("mysql", "--no-defaults", "-S", socket, "-useawall", "-pseawall", "-N", "-B", "-e", "select 6 * 7"), s_patience, Cancel);

        Assert.Equal("42", client.ShouldSucceed().Output);
        seawall.Signal(LabSignal.Terminate);
        await seawall.WaitAsync(s_patience, Cancel);
        Assert.False(File.Exists(socket));
    }

    [Fact]
    public async Task A_successor_may_take_the_path_while_the_last_clients_finish()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        var socket = Path.Combine(lab.NewFolder(), "s.sock");
        string[] words = ["run", "--server", server.Socket, "--listen", socket, "--admin", "off", "--metrics", "off"];
        var program = Path.Combine(LabFolders.Repository, "seawall");
        await using var first = LabProgram.Start(new LabCommand(program, words));
        await first.WaitForLineAsync(line => line.Contains("is up", StringComparison.Ordinal), s_patience, Cancel);
        await using var busy = new MySqlConnection(BySocket(socket));
        await busy.OpenAsync(Cancel);
        await using (var begin = new MySqlCommand("begin", busy))
            await begin.ExecuteNonQueryAsync(Cancel);
        await using (var use = new MySqlCommand("select 1", busy))
            await use.ExecuteNonQueryAsync(Cancel);
        first.Signal(LabSignal.Terminate);
        await Eventually.TrueAsync(() => !File.Exists(socket), s_patience, Cancel);

        await using var second = LabProgram.Start(new LabCommand(program, words));
        await second.WaitForLineAsync(line => line.Contains("is up", StringComparison.Ordinal), s_patience, Cancel);
        await using (var commit = new MySqlCommand("commit", busy))
            await commit.ExecuteNonQueryAsync(Cancel);
        await first.WaitAsync(s_patience, Cancel);

        Assert.True(File.Exists(socket)); // It is the successor's.
        await using var next = new MySqlConnection(BySocket(socket));
        await next.OpenAsync(Cancel);
    }

    [Fact]
    public async Task A_server_whose_socket_is_not_there_is_named_with_the_systems_words()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        var nowhere = Path.Combine(lab.NewFolder(), "nobody.sock");
        await using var seawall = await SeawallUnderTest.StartUnreadyAsync(server, options => options with
        {
            Servers = [options.Servers[0] with { Endpoint = Endpoint.Unix(nowhere)! }],
        });

        await Eventually.TrueAsync(() => seawall.Log.Any(line => line.Contains(
            string.Create(CultureInfo.InvariantCulture, $"cannot connect to {nowhere}: No such file or directory"), StringComparison.Ordinal)),
            s_patience, Cancel, () => string.Join('\n', seawall.Log));
    }

    private static string BySocket(string socket) => new MySqlConnectionStringBuilder
    {
        Server = socket,
        ConnectionProtocol = MySqlConnectionProtocol.UnixSocket,
        UserID = "seawall",
        Password = "seawall",
        AllowPublicKeyRetrieval = true, // It does not trust a socket with a password in clear.
        Pooling = false,
    }.ConnectionString;

    private static Task<SeawallUnderTest> StartAsync(LabServer server, string socket) => SeawallUnderTest.StartAsync(
        server, Cancel, options => options with
        {
            Listen = [Endpoint.Unix(socket)!],
            Servers = [options.Servers[0] with { Endpoint = Endpoint.Unix(server.Socket)! }],
            Pools = options.Pools with { SizeMax = 4, WaitMsMax = 30_000 },
        });
}
