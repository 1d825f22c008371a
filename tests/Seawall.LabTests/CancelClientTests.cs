using System.Globalization;
using MySqlConnector;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>Programs and drivers that cancel what they have asked, through Seawall with as few server connections as they can do with.</summary>
public sealed class CancelClientTests(LabServers lab)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb, "mariadb")]
    [InlineData(LabKind.MySql97, "mariadb")]
    [InlineData(LabKind.MySql56, "mariadb")]
    [InlineData(LabKind.MariaDb, "mysql")]
    [InlineData(LabKind.MySql97, "mysql")]
    public async Task Control_c_in_a_command_line_client_ends_the_statement_and_not_the_session(LabKind kind, string program)
    {
        await lab.RequireAsync("mysql97", Cancel);
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server);
        string[] where = ["-h127.0.0.1", string.Create(CultureInfo.InvariantCulture, $"-P{seawall.Port}"), "-useawall", "-pseawall", "-f", "-n"];
        var command = program == "mariadb"
            ? new LabCommand("mariadb", ["--no-defaults", "--skip-ssl", .. where])
            : new LabCommand(LabFolders.Script("mysql97"), ["mysql", "--get-server-public-key", .. where]);
        if (program == "mariadb" && kind == LabKind.MySql97)
            await LearnAsync(seawall); // This client can send no password in full without TLS.
        await using var client = LabProgram.Start(command);
        await client.Input.WriteLineAsync("set @mine = 6;\nselect sleep(300);\nselect concat('after ', @mine * 7);");
        await client.Input.FlushAsync(Cancel);
        await RunsAsync(server, 1, client);
        client.Signal(LabSignal.Interrupt);
        client.CloseInput();
        var result = await client.WaitAsync(s_patience, Cancel);
        Assert.Contains("after 42", result.Output, StringComparison.Ordinal);
        await RunsAsync(server, 0);
        Assert.Equal(1, seawall.Count(meter => meter.Kills));
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task MySqlConnector_cancels_by_a_token_and_by_a_time_limit(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server, connections: 2); // SET NAMES comes before its KILL.
        await using var connection = await seawall.ConnectAsync(Cancel);
        await using (var begin = new MySqlCommand("begin", connection))
            await begin.ExecuteNonQueryAsync(Cancel);

        await using var limited = new MySqlCommand("select sleep(300) from (select 1 union select 2) as two", connection) { CommandTimeout = 1 };
        var late = await Assert.ThrowsAnyAsync<MySqlException>(() => limited.ExecuteScalarAsync(Cancel));
        Assert.Equal(MySqlErrorCode.CommandTimeoutExpired, late.ErrorCode);
        await RunsAsync(server, 0);

        using var token = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        await using var cancelled = new MySqlCommand("select sleep(300) from (select 1 union select 2) as two", connection);
        var running = cancelled.ExecuteScalarAsync(token.Token);
        await RunsAsync(server, 1);
        await token.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);

        // The transaction is still there, on the same connection.
        await using var after = new MySqlCommand("select 6 * 7", connection);
        Assert.Equal(42L, Convert.ToInt64(await after.ExecuteScalarAsync(Cancel), CultureInfo.InvariantCulture));
        Assert.Equal(2, seawall.Count(meter => meter.Kills));
        Assert.InRange(seawall.ServerConnections, 1, 2);
    }

    [Theory]
    [InlineData(LabKind.MariaDb, "mysql2/promise")]
    [InlineData(LabKind.MySql97, "mysql2/promise")]
    [InlineData(LabKind.MySql56, "mysql2/promise")]
    [InlineData(LabKind.MariaDb, "mariadb")]
    [InlineData(LabKind.MySql97, "mariadb")]
    [InlineData(LabKind.MySql56, "mariadb")]
    public async Task A_node_driver_that_drops_its_connection_leaves_no_statement_behind(LabKind kind, string driver)
    {
        await lab.RequireAsync("node", Cancel);
        var server = await lab.SharedAsync(kind, Cancel);
        // As with MySqlConnector: the connection that kills begins with a statement, which takes a place in the pool.
        await using var seawall = await StartAsync(server, connections: 2);
        var script = $$"""
            (async () => {
              const options = { host: '127.0.0.1', port: {{seawall.Port}}, user: 'seawall', password: 'seawall', allowPublicKeyRetrieval: true,
                connectTimeout: 60000 };
              const driver = require('{{driver}}');
              const connection = await driver.createConnection(options);
              (connection.connection ?? connection).on('error', () => {});
              connection.query('select sleep(300)').catch(() => {});
              process.stdin.once('data', () => {
                connection.destroy();
                console.log('destroyed');
                process.stdin.once('end', () => process.exit(0));
              });
            })().catch(problem => { console.log(problem); process.exit(1); });
            """;
        await using var node = LabProgram.Start(new LabCommand("node", "-e", script) { Folder = LabFolders.Script("node") });
        await RunsAsync(server, 1, node);
        await node.Input.WriteLineAsync("now");
        await node.Input.FlushAsync(Cancel);
        await RunsAsync(server, 0, node, seawall);
        node.CloseInput();
        (await node.WaitAsync(s_patience, Cancel)).ShouldSucceed();
        await using var other = await seawall.ConnectAsync(Cancel);
    }

    private static async Task LearnAsync(SeawallUnderTest seawall)
    {
        await using var connection = await seawall.ConnectAsync(Cancel);
    }

    private static Task RunsAsync(LabServer server, int count, LabProgram? program = null, SeawallUnderTest? seawall = null) => Eventually.TrueAsync(
        async () => await KillTests.RunningAsync(server) == count, s_patience, Cancel,
        () => $"not {count} statements run at {server}\n{program?.Output}\n{program?.Errors}\n{string.Join('\n', seawall?.Log.TakeLast(10) ?? [])}");

    private static Task<SeawallUnderTest> StartAsync(LabServer server, int connections = 1) => SeawallUnderTest.StartAsync(
        server, Cancel, options => options with { Pools = options.Pools with { SizeMax = connections, WaitMsMax = 60_000 } });
}
