using System.Collections.Concurrent;
using System.Globalization;
using MySqlConnector;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>Servers that die, hang up, refuse and are full, under clients that go on.</summary>
public sealed class FaultTests(LabServers lab)
{
    private const string DidNotRun = "the statement did not run]";

    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_server_killed_under_200_clients_loses_and_repeats_no_write(LabKind kind)
    {
        const int clients = 200;
        await using var server = await lab.StartAsync(kind, Cancel);
        await server.ExecuteAsync("create database ledger; create table ledger.entries (id bigint not null) engine=innodb", Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        using var stop = new CancellationTokenSource();
        var book = new Ledger();
        var running = Enumerable.Range(0, clients).Select(client => Task.Run(() => book.WriteAsync(seawall, client, stop.Token), Cancel)).ToArray();
        await Eventually.TrueAsync(() => book.Acknowledged.Count > 2 * clients, Long, Cancel, book.Describe);

        // Counted from before the kill: the first attempts fail while it is still being waited for, and the next come seconds later.
        var failedBefore = seawall.Dials.Failed;
        await server.KillAsync(Cancel);
        await Task.Delay(TimeSpan.FromSeconds(2), Cancel);
        var failed = seawall.Dials.Failed - failedBefore;
        await server.StartAsync(Cancel);
        var before = book.Acknowledged.Count;
        await Eventually.TrueAsync(() => book.Acknowledged.Count > before + (2 * clients), Long, Cancel, book.Describe);
        await stop.CancelAsync();
        await Task.WhenAll(running);

        // Connects while it is down are attempts of one, paced; afterwards as many as the pool may have, not as many as clients.
        Assert.InRange(failed, 1, 25);
        var opened = long.Parse((await ConnectionsAsync(server))!, CultureInfo.InvariantCulture);
        Assert.InRange(opened, 1, 32 + 40);
        await book.ReconcileAsync(server);
        Assert.All(book.Told, told => Assert.True(IsClear(told.Value), told.Value.ToString()));
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_servers_wait_timeout_reaches_no_client(LabKind kind)
    {
        await using var server = await lab.StartAsync(kind, new() { Options = ["--wait-timeout=2"] }, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        var clients = Enumerable.Range(0, 10).Select(_ => RawClient.Connect(seawall.Port, "seawall", "seawall")).ToArray();
        for (var round = 0; round < 3; round++)
        {
            await Task.WhenAll(clients.Select(client => Task.Run(
                () => Assert.Null(client.Query("select sleep(0.05)").Error), Cancel)));
            var lost = seawall.IdleLost;
            // The control: the server does hang up.
            await Eventually.TrueAsync(() => seawall.IdleLost > lost, Long, Cancel);
        }
        foreach (var client in clients)
        {
            Assert.Equal("1", client.Query("select 1").FirstValue);
            client.Dispose();
        }
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_server_without_room_is_asked_slowly_and_no_client_notices(LabKind kind)
    {
        await using var server = await lab.StartAsync(kind, new() { Options = ["--max-connections=10"] }, Cancel);
        await server.ExecuteAsync("create user crowd identified by 'right'", Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel,
            options => options with { Pools = options.Pools with { WaitMsMax = 60_000 } });
        // Threads of their own: the pool's would come one by one.
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Task.Factory.StartNew(
            () =>
            {
                using var client = RawClient.Connect(seawall.Port, "crowd", "right");
                var errors = new List<RawError?>();
                for (var i = 0; i < 3; i++)
                    errors.Add(client.Query("select sleep(0.3)").Error);
                return errors;
            }, Cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        Assert.All(answers.SelectMany(errors => errors), Assert.Null);
        // Some were refused (the control), and the gate backed off: it did not try again for each of the 40.
        Assert.InRange(seawall.Dials.Failed, 1, 20);
        Assert.InRange(seawall.IdleServerConnections, 1, 10);
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task One_connection_serves_500_clients_in_turn(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel,
            options => options with { Pools = options.Pools with { SizeMax = 1, WaitMsMax = 60_000 } });
        var clients = Enumerable.Range(0, 500).Select(_ => RawClient.Connect(seawall.Port, "seawall", "seawall")).ToArray();
        for (var round = 0; round < 3; round++)
        {
            foreach (var (client, number) in clients.Select((client, number) => (client, number)))
                client.Send(MySql.Commands.CommandKind.Query, System.Text.Encoding.ASCII.GetBytes($"select {number}, 'round {round}'"));
            for (var number = 0; number < clients.Length; number++)
            {
                var answer = clients[number].Read(MySql.Commands.CommandKind.Query);
                Assert.Equal(number.ToString(CultureInfo.InvariantCulture), answer.FirstValue);
            }
            Assert.Equal(1, seawall.ServerConnections);
        }
        foreach (var client in clients)
            client.Dispose();
        await Eventually.TrueAsync(() => seawall.Engine.ClientCount == 0 && seawall.IdleServerConnections == 1, Long, Cancel);
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_connection_killed_by_an_operator_costs_at_most_the_statement_on_it(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await SeawallUnderTest.StartAsync(server, Cancel);
        using var client = RawClient.Connect(seawall.Port, "seawall", "seawall");
        for (var i = 0; i < 5; i++)
        {
            await seawall.LoseConnectionAsync(server, client, Cancel);
            Assert.Equal("1", client.Query("select 1").FirstValue);
        }

        var id = client.Query("select connection_id() /* the server's connection_id */").FirstValue;
        client.Send(MySql.Commands.CommandKind.Query, "select sleep(30)"u8);
        await Eventually.TrueAsync(async () => await server.AskAsync(
            $"select count(*) from information_schema.processlist where id = {id} and info like '%sleep(30)%'", Cancel) == "1", Long, Cancel);
        await server.ExecuteAsync($"kill {id}", Cancel);
        var killed = client.Read(MySql.Commands.CommandKind.Query).Error;
        Assert.True(killed?.Code is 1317 or 2013 or 1053 or 1927, $"{killed}");
        Assert.Equal("2", client.Query("select 2").FirstValue);

        // In a transaction there is nothing to go on with: what was done there is gone.
        Assert.Null(client.Query("begin").Error);
        id = client.Query("select connection_id() /* the server's connection_id */").FirstValue;
        await server.ExecuteAsync($"kill {id}", Cancel);
        await Eventually.TrueAsync(async () => await server.AskAsync(
            $"select count(*) from information_schema.processlist where id = {id}", Cancel) == "0", Long, Cancel);
        Assert.Equal(2013, client.Query("select 3").Error?.Code);
        Assert.Null(client.NextOrEnd());
    }

    private static async Task<string?> ConnectionsAsync(LabServer server) => await server.AskAsync(
        server.Kind == LabKind.MySql97
            ? "select variable_value from performance_schema.global_status where variable_name = 'Connections'"
            : "select variable_value from information_schema.global_status where variable_name = 'Connections'", Cancel);

    // Every failure says whose side it was and whether the statement ran.
    private static bool IsClear(MySqlException failure) =>
        failure.Message.Contains("[seawall: ", StringComparison.Ordinal) || failure.Message.Contains("Seawall", StringComparison.Ordinal)
        || failure.Number is 1053 or 1317 or 1927 || failure.InnerException is not null;

    /// <summary>What clients wrote, as they were told.</summary>
    private sealed class Ledger
    {
        private long _next;

        internal ConcurrentDictionary<long, bool> Acknowledged { get; } = new();

        internal ConcurrentDictionary<long, MySqlException> Told { get; } = new();

        internal async Task WriteAsync(SeawallUnderTest seawall, int client, CancellationToken stop)
        {
            MySqlConnection? connection = null;
            while (!stop.IsCancellationRequested)
            {
                var id = Interlocked.Increment(ref _next);
                var wasSent = false;
                try
                {
                    if (connection is null)
                    {
                        connection = new MySqlConnection(seawall.ConnectionString().ConnectionString);
                        await connection.OpenAsync(CancellationToken.None);
                    }
                    await using var command = new MySqlCommand($"insert into ledger.entries values ({id})", connection) { CommandTimeout = 60 };
                    wasSent = true;
                    await command.ExecuteNonQueryAsync(CancellationToken.None);
                    Acknowledged[id] = true;
                    await Task.Delay(20 + (client % 10), CancellationToken.None);
                }
                catch (MySqlException failure)
                {
                    if (wasSent)
                        Told[id] = failure;
                    if (connection is not null)
                        await connection.DisposeAsync();
                    connection = null;
                    await Task.Delay(50, CancellationToken.None);
                }
            }
            if (connection is not null)
                await connection.DisposeAsync();
        }

        internal string Describe() => $"{Acknowledged.Count} acknowledged; "
            + string.Join('\n', Told.Values.Select(failure => failure.Message).Distinct().Take(5));

        internal async Task ReconcileAsync(LabServer server)
        {
            Assert.Null(await server.AskAsync("select id from ledger.entries group by id having count(*) > 1 limit 1", Cancel));
            var written = new HashSet<long>();
            await using var connection = await server.ConnectAsRootAsync(Cancel);
            await using var command = new MySqlCommand("select id from ledger.entries", connection);
            await using var row = await command.ExecuteReaderAsync(Cancel);
            while (await row.ReadAsync(Cancel))
                written.Add(row.GetInt64(0));
            Assert.Empty(Acknowledged.Keys.Except(written));
            Assert.Empty(written.Except(Acknowledged.Keys).Except(Told.Keys));
            // Whoever was told that his statement did not run can send it again.
            Assert.Empty(Told.Where(told => told.Value.Message.Contains(DidNotRun, StringComparison.Ordinal))
                .Select(told => told.Key).Intersect(written));
        }
    }
}
