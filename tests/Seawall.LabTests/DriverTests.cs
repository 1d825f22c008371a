using System.Globalization;
using MySqlConnector;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>Drivers at their usual work, each with its own pool, through Seawall with fewer connections than they open.</summary>
public sealed class DriverTests(LabServers lab)
{
    private const string Schema = "drivers";

    private static readonly TimeSpan ProgramTimeMax = TimeSpan.FromMinutes(2);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

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
            await using var seawall = await StartAsync(server, connections: 4);
            var through = await NodeAsync(driver, seawall.Port);
            Assert.Equal(driver == "mariadb" ? """{"jobs":400,"amount":5250}""" : """{"jobs":300,"amount":300}""", through);
            Assert.InRange(seawall.ServerConnections, 1, 4);
        }
        finally
        {
            await server.ExecuteAsync($"drop database {Schema}", Cancel);
        }
    }

    [Theory]
    [InlineData(LabKind.MariaDb, true)]
    [InlineData(LabKind.MySql97, true)]
    [InlineData(LabKind.MySql56, true)]
    [InlineData(LabKind.MariaDb, false)]
    [InlineData(LabKind.MySql97, false)]
    [InlineData(LabKind.MySql56, false)]
    public async Task MySqlConnector_does_its_work_with_and_without_its_pool(LabKind kind, bool pooling)
    {
        const int workers = 20, rounds = 10;
        var server = await lab.SharedAsync(kind, Cancel);
        await server.ExecuteAsync($"create database {Schema}; create table {Schema}.jobs "
            + "(id int primary key auto_increment, worker int, amount int) engine=innodb", Cancel);
        try
        {
            await using var seawall = await StartAsync(server, connections: 4);
            var settings = seawall.ConnectionString();
            settings.Pooling = pooling;
            settings.Database = Schema;
            settings.AllowUserVariables = true;
            settings.MaximumPoolSize = 10;
            await Task.WhenAll(Enumerable.Range(0, workers).Select(worker => WorkAsync(settings.ConnectionString, worker, rounds)));
            Assert.Equal("200", await server.AskAsync($"select sum(amount) from {Schema}.jobs", Cancel));
            Assert.InRange(seawall.ServerConnections, 1, 4);
            await LeaveAndResetAsync(settings.ConnectionString);
            await using var pool = new MySqlConnection(settings.ConnectionString);
            await MySqlConnection.ClearPoolAsync(pool, Cancel);
        }
        finally
        {
            await server.ExecuteAsync($"drop database {Schema}", Cancel);
        }
    }

    // MySQL 5.6.24 refuses every change of user of a client with attributes, as mysql2 is; through Seawall it may.
    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Mysql2_changes_the_user_and_is_cut_off_when_it_may_not(LabKind kind)
    {
        await lab.RequireAsync("node", Cancel);
        var server = await lab.SharedAsync(kind, Cancel);
        await using var account = await LabAccount.CreateAsync(server, "other", "right", Cancel);
        await using var seawall = await StartAsync(server, connections: 2);
        const string seen = """[["seawall@%","mysql"],["other@%","information_schema",null,0],[1045],"closed"]""";
        // MariaDB lets the client go on as who it was.
        var expected = kind == LabKind.MariaDb ? seen.Replace("\"closed\"", "[1]") : seen;
        if (kind != LabKind.MySql56)
            Assert.Equal(expected, await ChangeUserAsync(server.Port, account.User));
        Assert.Equal(expected, await ChangeUserAsync(seawall.Port, account.User));
    }

    private static async Task<string> ChangeUserAsync(int port, string user)
    {
        var script = $$"""
            (async () => {
              const connection = await require('mysql2/promise').createConnection(
                { host: '127.0.0.1', port: {{port}}, user: 'seawall', password: 'seawall', database: 'mysql', rowsAsArray: true });
              connection.connection.on('error', () => {});
              const ask = async sql => (await connection.query(sql))[0][0];
              const seen = [await ask('select current_user(), database()')];
              await connection.query('set @mine = 5');
              await connection.query('begin');
              await connection.changeUser({ user: '{{user}}', password: 'right', database: 'information_schema' });
              seen.push(await ask('select current_user(), database(), @mine, @@lock_wait_timeout = 1'));
              await connection.changeUser({ user: '{{user}}', password: 'wrong' }).catch(problem => seen.push([problem.errno]));
              seen.push(await ask('select 1').catch(() => 'closed'));
              console.log(JSON.stringify(seen));
              connection.destroy();
            })().catch(problem => { console.log(problem); process.exit(1); });
            """;
        var node = new LabCommand("node", "-e", script) { Folder = LabFolders.Script("node") };
        return (await LabProgram.RunAsync(node, ProgramTimeMax, Cancel)).ShouldSucceed().Output;
    }

    private static Task<SeawallUnderTest> StartAsync(LabServer server, int connections) => SeawallUnderTest.StartAsync(
        server, Cancel, options => options with { Pools = options.Pools with { SizeMax = connections, WaitMsMax = 30_000 } });

    private static async Task<string> NodeAsync(string driver, int port)
    {
        var script = LabFolders.Script(Path.Combine("node", "drivers.mjs"));
        var node = new LabCommand("node", script, driver, port.ToString(CultureInfo.InvariantCulture), "seawall", "seawall", Schema);
        return (await LabProgram.RunAsync(node, ProgramTimeMax, Cancel)).ShouldSucceed().Output;
    }

    private static async Task WorkAsync(string connectionString, int worker, int rounds)
    {
        for (var round = 0; round < rounds; round++)
        {
            await using var connection = new MySqlConnection(connectionString);
            await connection.OpenAsync(Cancel);
            // What the one before left here, the pool's reset has taken away.
            Assert.True(Convert.ToInt64(await ScalarAsync(connection, "select @@lock_wait_timeout"), CultureInfo.InvariantCulture) > 10_000);
            await ScalarAsync(connection, $"set lock_wait_timeout = {worker + 1}");
            await using var insert = new MySqlCommand("insert into jobs (worker, amount) values (@worker, @amount)", connection);
            insert.Parameters.AddWithValue("@worker", worker);
            insert.Parameters.AddWithValue("@amount", 0);
            await insert.PrepareAsync(Cancel);
            await insert.ExecuteNonQueryAsync(Cancel);
            var id = insert.LastInsertedId;
            await using (var transaction = await connection.BeginTransactionAsync(Cancel))
            {
                await using var update = new MySqlCommand($"update jobs set amount = amount + 1 where id = {id}", connection, transaction);
                Assert.Equal(1, await update.ExecuteNonQueryAsync(Cancel));
                await transaction.CommitAsync(Cancel);
            }
            await using var select = new MySqlCommand($"select worker, amount, @@lock_wait_timeout from jobs where id = {id}", connection);
            await using var row = await select.ExecuteReaderAsync(Cancel);
            Assert.True(await row.ReadAsync(Cancel));
            Assert.Equal((worker, 1), (row.GetInt32(0), row.GetInt32(1)));
            Assert.Equal(worker + 1, Convert.ToInt32(row.GetValue(2), CultureInfo.InvariantCulture));
        }
    }

    // A user variable keeps a server connection, also while its client connection lies unused in the driver's pool: with fewer
    // than the driver's pool has, somebody may wait for one. So this is done by one connection alone.
    private static async Task LeaveAndResetAsync(string connectionString)
    {
        for (var round = 0; round < 5; round++)
        {
            await using var connection = new MySqlConnection(connectionString);
            await connection.OpenAsync(Cancel);
            Assert.Equal(DBNull.Value, await ScalarAsync(connection, "select @mine"));
            await ScalarAsync(connection, "set @mine = 5");
            await ScalarAsync(connection, "create temporary table left_behind (id int)");
            Assert.Equal(5L, Convert.ToInt64(await ScalarAsync(connection, "select @mine"), CultureInfo.InvariantCulture));
        }
    }

    private static async Task<object?> ScalarAsync(MySqlConnection connection, string sql)
    {
        await using var command = new MySqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Cancel);
    }
}
