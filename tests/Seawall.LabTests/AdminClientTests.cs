using System.Globalization;
using System.Text;
using MySqlConnector;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>The programs that people and scripts reach the admin port with: every command works in each of them.</summary>
public sealed class AdminClientTests(LabServers lab)
{
    private const string Admin = "admin";

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    // All that can be asked without ending anything; a test in Seawall.Tests sees to it that the docs name every command.
    private static readonly string[] s_commands =
    [
        "SHOW POOLS", "SHOW CLIENTS", "SHOW CLIENTS LIMIT 10", "SHOW SERVERS", "SHOW PINS", "SHOW PINS LIMIT 10", "SHOW STATS",
        "SHOW STATS LIKE 'statement%'", "SHOW SETTINGS", "SHOW SETTINGS LIKE 'admin%'", "SHOW LISTENERS", "SHOW LOOPS", "SHOW MEMORY",
        "SHOW VERSION", "SHOW HELP", "HELP", "RELOAD",
    ];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("caching_sha2_password")]
    [InlineData("mysql_native_password")]
    public async Task The_mariadb_client_asks_everything(string plugin)
    {
        await using var seawall = await StartAsync();
        await using var client = await BusyAsync(seawall);
        var result = await RunAsync("mariadb", ["--no-defaults"], seawall, $"--default-auth={plugin}", "--skip-ssl");
        Assert.Equal("", result.ShouldSucceed().Errors);
        ShouldHaveAnswered(result.Output);
        Assert.Contains($"Server version:\t\t8.0.0-seawall-{Control.SeawallVersion.Text}", result.Output, default);
        Assert.Contains("Uptime:", result.Output, default);
    }

    [Fact]
    public async Task The_mysql_client_asks_everything()
    {
        await lab.RequireAsync("mysql97", Cancel);
        await using var seawall = await StartAsync();
        await using var client = await BusyAsync(seawall);
        var result = await RunAsync(LabFolders.Script("mysql97"), ["mysql"], seawall, "--commands");
        ShouldHaveAnswered(result.ShouldSucceed().Output);
        Assert.Contains("Cipher in use is", result.Output, default); // This client takes TLS where it is offered.
        Assert.Contains($"Server version:\t\t8.0.0-seawall-{Control.SeawallVersion.Text}", result.Output, default);
    }

    [Fact]
    public async Task Dot_nets_driver_asks_everything_and_gets_numbers_as_numbers()
    {
        await using var seawall = await StartAsync();
        await using var client = await seawall.ConnectAsync(Cancel);
        await using var admin = await seawall.AdminAsync(Cancel);
        foreach (var command in s_commands)
            await ProcessUnderTest.AskAsync(admin, command, Cancel);

        var row = Assert.Single(await ProcessUnderTest.AskAsync(admin, "SHOW CLIENTS", Cancel));
        Assert.Equal((long)(uint)client.ServerThread, row["id"]);
        Assert.IsType<DateTime>(row["since"]);
        Assert.IsType<double>(Assert.Single(await ProcessUnderTest.AskAsync(admin, "SHOW SERVERS", Cancel))["dials_per_second"]);
        Assert.True(await admin.PingAsync(Cancel));
        await admin.ResetConnectionAsync(Cancel);
        await admin.ChangeDatabaseAsync("seawall", Cancel);
        await Assert.ThrowsAsync<MySqlException>(() => admin.ChangeDatabaseAsync("mysql", Cancel));
        Assert.NotEmpty(await ProcessUnderTest.AskAsync(admin, "SHOW POOLS", Cancel));
    }

    [Fact]
    public async Task Pooled_connections_come_back_clean()
    {
        await using var seawall = await StartAsync();
        await using var source = new MySqlDataSource(
            $"Server=127.0.0.1;Port={seawall.AdminPort};User ID={Admin};Password={ProcessUnderTest.AdminPassword};SslMode=None;MaximumPoolSize=2");
        for (var i = 0; i < 5; i++)
        {
            await using var connection = await source.OpenConnectionAsync(Cancel);
            Assert.NotEmpty(await ProcessUnderTest.AskAsync(connection, "SHOW VERSION", Cancel));
        }
    }

    [Fact]
    public async Task Prepared_statements_are_refused_in_words()
    {
        await using var seawall = await StartAsync();
        await using var admin = await seawall.AdminAsync(Cancel);
        await using var command = new MySqlCommand("SHOW POOLS", admin);

        var failure = await Assert.ThrowsAsync<MySqlException>(() => command.PrepareAsync(Cancel));
        Assert.Contains("send the command as text", failure.Message, StringComparison.Ordinal);
        Assert.NotEmpty(await ProcessUnderTest.AskAsync(admin, "SHOW VERSION", Cancel));
    }

    [Theory]
    [InlineData("mysql2/promise", "(await connection.query(sql))[0]", "connection.execute('SHOW POOLS')")]
    [InlineData("mariadb", "await connection.query(sql)", "connection.execute('SHOW POOLS')")]
    public async Task The_drivers_of_Node_ask_everything(string driver, string ask, string prepare)
    {
        await lab.RequireAsync("node", Cancel);
        await using var seawall = await StartAsync();
        var script = $$"""
            (async () => {
              const connection = await require('{{driver}}').createConnection(
                { host: '127.0.0.1', port: {{seawall.AdminPort}}, user: '{{Admin}}', password: '{{ProcessUnderTest.AdminPassword}}' });
              for (const sql of {{Quoted()}}) {
                const rows = {{ask}};
                console.log(sql, Array.isArray(rows) ? rows.length : rows);
              }
              console.log('type', typeof (await (async () => { const sql = 'SHOW VERSION'; return {{ask}}; })())[0].uptime_s);
              await {{prepare}}.catch(problem => console.log('refused', problem.errno, problem.message));
              await connection.ping();
              await connection.end();
              console.log('done');
            })().catch(problem => { console.log(problem); process.exit(1); });
            """;
        var node = new LabCommand("node", "-e", script) { Folder = LabFolders.Script("node") };
        var output = (await LabProgram.RunAsync(node, Soon, Cancel)).ShouldSucceed().Output;

        Assert.Contains("SHOW SERVERS 1", output, default);
        Assert.Contains("refused 1295", output, default);
        Assert.Contains("send the command as text", output, default);
        Assert.EndsWith("done", output.TrimEnd(), default);
    }

    [Fact]
    public async Task No_secret_is_in_anything_that_is_shown_or_logged()
    {
        const string clientSecret = "client-marker-7b21", sqlSecret = "statement-marker-0d9e", accountSecret = "account-marker-55aa";
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        await server.ExecuteAsync($"CREATE OR REPLACE USER secretive@'%' IDENTIFIED BY '{clientSecret}'", Cancel);
        await using var seawall = await ProcessUnderTest.StartAsync(lab, server, Cancel, $"""
            [[accounts]]
            user = "listed"
            password = "{accountSecret}"
            """);
        await using var client = await seawall.ConnectAsync(Cancel, "secretive", clientSecret);
        await using (var command = new MySqlCommand($"SELECT '{sqlSecret}'", client))
            await command.ExecuteScalarAsync(Cancel);
        await Assert.ThrowsAsync<MySqlException>(() => seawall.ConnectAsync(Cancel, "secretive", $"{clientSecret}-wrong"));

        var shown = new StringBuilder();
        foreach (var command in s_commands)
        {
            foreach (var row in await seawall.AskAsync(command, Cancel))
                shown.AppendJoin('\t', row.Select(pair => $"{pair.Key}={Convert.ToString(pair.Value, CultureInfo.InvariantCulture)}")).AppendLine();
        }
        var mistake = await Assert.ThrowsAsync<MySqlException>(() => seawall.AskAsync($"SELECT a FROM b WHERE c = '{sqlSecret}'", Cancel));
        foreach (var path in new[] { "/metrics", "/healthz", "/readyz" })
            shown.Append(await seawall.MetricsAsync(path, Cancel));
        shown.Append(mistake.Message).Append(seawall.Log);
        await server.ExecuteAsync("DROP USER secretive@'%'", Cancel);

        // Whoever finds nothing must have looked at something: these are no secrets, and are there.
        var text = shown.ToString();
        Assert.Contains("secretive", text, StringComparison.Ordinal);
        Assert.Contains("admin.password", text, StringComparison.Ordinal);
        foreach (var secret in new[] { clientSecret, sqlSecret, accountSecret, ProcessUnderTest.AdminPassword })
            Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
    }

    // A terminal shows no table that has no rows: somebody must be there.
    private static async Task<MySqlConnection> BusyAsync(ProcessUnderTest seawall)
    {
        var client = await seawall.ConnectAsync(Cancel);
        await using var command = new MySqlCommand("SELECT GET_LOCK('seawall-admin-client', 0)", client);
        await command.ExecuteScalarAsync(Cancel);
        return client;
    }

    private async Task<ProcessUnderTest> StartAsync() =>
        await ProcessUnderTest.StartAsync(lab, await lab.SharedAsync(LabKind.MariaDb, Cancel), Cancel);

    // Typed into it as people do, with the terminal's own commands around.
    private static async Task<LabResult> RunAsync(string file, string[] first, ProcessUnderTest seawall, params string[] more)
    {
        await using var program = LabProgram.Start(new LabCommand(file,
        [
            .. first, "-h127.0.0.1", string.Create(CultureInfo.InvariantCulture, $"-P{seawall.AdminPort}"), $"-u{Admin}",
            $"-p{ProcessUnderTest.AdminPassword}", "-t", .. more,
        ]));
        foreach (var command in s_commands.Where(command => command != "HELP")) // Terminals keep that word for themselves.
            await program.Input.WriteLineAsync($"{command};");
        await program.Input.WriteLineAsync("status\nuse seawall\nshow databases;\nshow tables;\nselect database();\nshow warnings;");
        program.CloseInput();
        return await program.WaitAsync(Soon, Cancel);
    }

    private static void ShouldHaveAnswered(string output)
    {
        foreach (var sign in new[] { "maxwait_ms", "busy_ms", "dials_in_progress_max", "named_lock", "unanswered_ms", "heap_committed", "SHUTDOWN [NOW]" })
            Assert.Contains(sign, output, StringComparison.Ordinal);
        Assert.DoesNotContain("ERROR", output, StringComparison.Ordinal);
    }

    private static string Quoted() => "[" + string.Join(",", s_commands.Select(command => $"\"{command}\"")) + "]";
}
