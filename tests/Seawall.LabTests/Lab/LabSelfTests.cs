using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using MySqlConnector;
using Xunit;

namespace Seawall.LabTests.Lab;

/// <summary>The lab, before anything is concluded from it.</summary>
public sealed class LabSelfTests(LabServers lab)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_shared_server_answers_and_is_the_same_for_everyone(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        var again = await lab.SharedAsync(kind, Cancel);

        Assert.Same(server, again);
        Assert.StartsWith(server.Version, await server.AskAsync("select version()", Cancel), default);
        await using var connection = await server.ConnectAsync(Cancel);
        await using var command = new MySqlCommand("select current_user()", connection);
        Assert.Equal("seawall@%", await command.ExecuteScalarAsync(Cancel));
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_killed_server_starts_again_on_its_port_with_every_commit(LabKind kind)
    {
        await using var server = await lab.StartAsync(kind, Cancel);
        await server.ExecuteAsync("create database a; create table a.b (c int primary key) engine=innodb", Cancel);
        await server.ExecuteAsync("insert into a.b values (1), (2), (3)", Cancel);
        var (pid, port) = (server.Pid, server.Port);

        await server.KillAsync(Cancel);
        Assert.False(server.IsRunning);
        await Assert.ThrowsAsync<MySqlException>(() => server.ConnectAsync(Cancel));
        await server.StartAsync(Cancel);

        Assert.NotEqual(pid, server.Pid);
        Assert.Equal(port, server.Port);
        Assert.Equal("3", await server.AskAsync("select count(*) from a.b", Cancel));
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_replica_has_what_its_source_wrote(LabKind kind)
    {
        await using var source = await lab.StartAsync(kind, Cancel);
        await source.ExecuteAsync("create database before_it", Cancel);
        await using var replica = await lab.StartAsync(kind, new() { ReplicaOf = source }, Cancel);
        await source.ExecuteAsync("create database after_it", Cancel);

        const string arrived = "select count(*) from information_schema.schemata where schema_name like '%_it'";
        await UntilAsync(async () => await replica.AskAsync(arrived, Cancel) == "2");
        Assert.Equal("1", await replica.AskAsync("select @@global.read_only", Cancel));
        await replica.RestartAsync(Cancel);
        Assert.True(replica.IsRunning);
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    public async Task The_certificate_is_the_labs_own(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        var secure = server.ConnectionString();
        secure.SslMode = MySqlSslMode.VerifyFull;

        // The control: an authority that nobody named is not believed.
        await using (var trusting = new MySqlConnection(secure.ConnectionString))
            await Assert.ThrowsAsync<MySqlException>(() => trusting.OpenAsync(Cancel));

        secure.SslCa = LabFolders.Authority;
        await using var connection = new MySqlConnection(secure.ConnectionString);
        await connection.OpenAsync(Cancel);
        await using var command = new MySqlCommand("show status like 'Ssl_version'", connection);
        await using var row = await command.ExecuteReaderAsync(Cancel);
        Assert.True(await row.ReadAsync(Cancel));
        Assert.StartsWith("TLSv1.", row.GetString(1), default);
    }

    [Fact]
    public async Task A_frozen_server_is_silent_until_it_is_thawed()
    {
        await using var server = await lab.StartAsync(LabKind.MariaDb, Cancel);
        server.Freeze();
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", server.Port, Cancel); // The kernel answers for it.
        var greeting = client.GetStream().ReadAsync(new byte[1], Cancel).AsTask();

        await Assert.ThrowsAsync<TimeoutException>(() => greeting.WaitAsync(TimeSpan.FromMilliseconds(300), Cancel));
        server.Thaw();
        Assert.Equal(1, await greeting.WaitAsync(Soon, Cancel));
    }

    [Fact]
    public async Task A_servers_cpu_time_is_what_it_worked()
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        var before = server.CpuSeconds;
        await server.AskAsync("select benchmark(3000000, sha1('seawall'))", Cancel);
        Assert.InRange(server.CpuSeconds - before, 0.1, 60);
    }

    [Fact]
    public async Task Server_options_reach_the_server()
    {
        await using var server = await lab.StartAsync(
            LabKind.MariaDb, new() { Options = ["--max-connections=17", "--loose-nonsense=1"] }, Cancel);
        Assert.Equal("17", await server.AskAsync("select @@max_connections", Cancel));
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task The_new_command_line_client_logs_in_everywhere(LabKind kind)
    {
        await lab.RequireAsync("mysql97", Cancel);
        var server = await lab.SharedAsync(kind, Cancel);
        var client = new LabCommand(
            LabFolders.Script("mysql97"),
            "mysql", "-h127.0.0.1", $"-P{server.Port}", "-useawall", "-pseawall", "-Nse", "select 6 * 7");
        Assert.Equal("42", (await LabProgram.RunAsync(client, Soon, Cancel)).ShouldSucceed().Output);
    }

    [Theory]
    [InlineData("mysql2/promise")]
    [InlineData("mariadb")]
    public async Task The_drivers_of_Node_log_in(string driver)
    {
        await lab.RequireAsync("node", Cancel);
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        var script = $$"""
            const connecting = require('{{driver}}').createConnection(
              { host: '127.0.0.1', port: {{server.Port}}, user: 'seawall', password: 'seawall' });
            connecting.then(async (connection) => {
              console.log(JSON.stringify(await connection.query('select 6 * 7 as answer')));
              await connection.end();
            });
            """;
        var node = new LabCommand("node", "-e", script) { Folder = LabFolders.Script("node") };
        Assert.Contains("42", (await LabProgram.RunAsync(node, Soon, Cancel)).ShouldSucceed().Output, default);
    }

    [Fact]
    public async Task A_server_that_cannot_start_says_why()
    {
        var failure = await Assert.ThrowsAsync<TimeoutException>(
            () => lab.StartAsync(LabKind.MariaDb, new() { Options = ["--no-such-option=1"] }, Cancel));
        Assert.Contains("unknown variable 'no-such-option=1'", failure.Message, default);
    }

    [Fact]
    public async Task A_server_ends_when_the_test_process_lets_go_of_it()
    {
        var (holder, server) = await HoldAsync();
        await using var _ = holder;
        holder.CloseInput(); // As the kernel does for a test process that is gone.
        await UntilAsync(() => Task.FromResult(!LabSignals.Runs(server)));
    }

    [Fact]
    public async Task A_server_ends_when_its_holder_is_killed()
    {
        var (holder, server) = await HoldAsync();
        await using var _ = holder;
        holder.Signal(LabSignal.Kill); // The holder alone, not its group.
        await UntilAsync(() => Task.FromResult(!LabSignals.Runs(server)));
    }

    [Fact]
    public async Task A_program_is_killed_at_its_time_limit_with_all_that_it_started()
    {
        var command = new LabCommand("bash", "-c", "sleep 1000 & echo $!; wait");
        await using var program = LabProgram.Start(command);
        var child = int.Parse(await program.WaitForLineAsync(_ => true, Soon, Cancel), CultureInfo.InvariantCulture);
        Assert.True(LabSignals.Runs(child));

        await Assert.ThrowsAsync<TimeoutException>(() => program.WaitAsync(TimeSpan.FromMilliseconds(200), Cancel));
        await UntilAsync(() => Task.FromResult(!LabSignals.Runs(child)));
    }

    [Fact]
    public async Task A_program_says_how_it_ended_and_what_it_said()
    {
        var command = new LabCommand("bash", "-c", "echo out $SEAWALL_WORD; echo err >&2; exit 7")
        {
            Environment = new Dictionary<string, string> { ["SEAWALL_WORD"] = "word" },
        };
        var result = await LabProgram.RunAsync(command, Soon, Cancel);
        Assert.Equal((7, "out word", "err"), (result.Status, result.Output, result.Errors));
    }

    [Fact]
    public void A_port_is_kept_from_others_and_lets_a_server_listen()
    {
        using var port = new LabPort();
        var others = Enumerable.Range(0, 200).Select(_ => new LabPort()).ToList();
        Assert.DoesNotContain(port.Number, others.Select(other => other.Number));
        others.ForEach(other => other.Dispose());

        using var server = new TcpListener(System.Net.IPAddress.Loopback, port.Number);
        server.Start();
    }

    private async Task<(LabProgram Holder, int Server)> HoldAsync()
    {
        await lab.RequireAsync("mariadb", Cancel);
        using var port = new LabPort();
        var folder = Path.Combine(lab.NewFolder(), "data");
        var holder = LabProgram.Start(new LabCommand(
            LabFolders.Script("server"), "mariadb", folder, $"{port.Number}", "1", "--hold"));
        var line = await holder.WaitForLineAsync(line => line.StartsWith("mariadb", default), Soon, Cancel);
        var server = int.Parse(line.Split(' ')[2], CultureInfo.InvariantCulture);
        Assert.True(LabSignals.Runs(server));
        return (holder, server);
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        var since = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(since.Elapsed < Soon, $"not so after {Soon.TotalSeconds} s");
            await Task.Delay(20, Cancel);
        }
    }
}
