using System.Globalization;
using System.Net.Sockets;
using MySqlConnector;
using Seawall.Engine.Flow.Floodgates;
using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;
using Xunit;

namespace Seawall.LabTests;

/// <summary>Deferral, paces, brown-outs and logins by class in front of real servers: what a driver and a session make of them.</summary>
public sealed class HoldTests(LabServers lab)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_driver_keeps_its_connection_and_does_not_try_again_in_a_brown_out(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server, overload => overload with
        {
            Brownouts = [new() { Name = "low", Classes = [StatementClass.Low] }],
        });
        var builder = seawall.ConnectionString();
        builder.AllowUserVariables = true; // Or this driver takes @seawall_priority for a parameter of its own.
        await using var connection = new MySqlConnection(builder.ConnectionString);
        await connection.OpenAsync(Cancel);
        var id = await AskAsync(connection, "select connection_id()");
        await AskAsync(connection, "set time_zone = '+03:00'");
        await AskAsync(connection, "set @seawall_priority = 'low', @seawall_deadline_ms = 5000");
        seawall.Engine.Brownouts.Begin("low", 0, TimeSpan.FromMinutes(10), "test", "");

        var refused = await Assert.ThrowsAsync<MySqlException>(() => AskAsync(connection, "select 1"));

        Assert.Equal((1041, false), (refused.Number, refused.IsTransient));
        Assert.Contains("reason=brownout", refused.Message, StringComparison.Ordinal);
        Assert.Equal(System.Data.ConnectionState.Open, connection.State);
        seawall.Engine.Brownouts.End(null, "test");
        Assert.Equal((id, "+03:00"), (await AskAsync(connection, "select connection_id()"), await AskAsync(connection, "select @@time_zone")));
        Assert.Equal("", await AskAsync(connection, "select @seawall_priority"));
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task The_background_waits_without_a_connection_until_the_server_has_room(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server, overload => overload with { DeferMsMax = 60_000 }, running: 1);
        using var busy = RawClient.Connect(seawall.Port, "seawall", "seawall");
        busy.Send(CommandKind.Query, "select sleep(60)"u8);
        await Eventually.TrueAsync(() => seawall.Engine.Views.Sluices().Single().Running == 1, TimeSpan.FromSeconds(30), Cancel, () => "nothing runs");
        var asked = Enumerable.Range(0, 5).Select(number => Task.Factory.StartNew(() =>
        {
            using var client = RawClient.Connect(seawall.Port, "seawall", "seawall");
            return client.Query($"select {number} /*priority='background'*/");
        }, Cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        await Eventually.TrueAsync(() => seawall.Engine.Views.Sluices().Single().Deferral.Held == 5, TimeSpan.FromSeconds(30), Cancel,
            () => $"{seawall.Engine.Views.Sluices().Single().Deferral}");
        Assert.True(seawall.Engine.Views.Pools().Sum(pool => pool.InUse) <= 1);

        using (var killer = RawClient.Connect(seawall.Port, "seawall", "seawall"))
            Assert.Null(killer.Query($"kill query {busy.ConnectionId}").Error);

        for (var number = 0; number < asked.Length; number++)
            Assert.Equal(number.ToString(CultureInfo.InvariantCulture), (await asked[number]).FirstValue);
        Assert.Equal(5, seawall.Engine.Views.Sluices().Single().Deferral.Released);
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task At_a_pace_everybody_gets_his_own_answer_or_hears_that_it_was_refused(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server, overload => overload with
        {
            Rules = [new(StatementClass.Low, null, null, null, MayRaise: false) { Name = "all", Pace = new(200, 5, 30) }],
        });
        var (answered, refused) = (0, 0);
        var threads = Enumerable.Range(0, 16).Select(number => Task.Factory.StartNew(() =>
        {
            using var client = RawClient.Connect(seawall.Port, "seawall", "seawall");
            for (var i = 0; i < 40; i++)
            {
                var inTransaction = i % 10 == 9 && client.Query("begin").Error is null;
                var answer = client.Query($"select {number}");
                if (answer.Error is { } error)
                {
                    Assert.Equal((false, 1205), (inTransaction, error.Code));
                    Interlocked.Increment(ref refused);
                }
                else
                {
                    Assert.Equal(number.ToString(CultureInfo.InvariantCulture), answer.FirstValue);
                    Interlocked.Increment(ref answered);
                }
                if (inTransaction)
                    Assert.Null(client.Query("commit").Error);
            }
        }, Cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        await Task.WhenAll(threads);

        Assert.Equal(16 * 40, answered + refused);
        Assert.True(answered > 0 && refused > 0, $"{answered} answered, {refused} refused");
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task In_a_storm_of_logins_a_low_account_hears_1040_and_an_important_one_gets_in(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server, overload => overload with
        {
            Rules = [new(StatementClass.Critical, "seawall", null, null, MayRaise: false), new(StatementClass.Low, null, null, null, MayRaise: false)],
        }, loginsMax: 10);
        var silent = new List<Socket>();
        try
        {
            // Each may be seawall's, as far as anybody knows, so none is refused before it has said something.
            for (var i = 0; i < 8; i++)
            {
                silent.Add(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
                await silent[^1].ConnectAsync("127.0.0.1", seawall.Port, Cancel);
            }
            await Eventually.TrueAsync(() => seawall.Engine.LoginCount == 8, TimeSpan.FromSeconds(30), Cancel, () => $"{seawall.Engine.LoginCount}");

            var refused = await Assert.ThrowsAsync<MySqlException>(() => seawall.ConnectAsync("nobody", "nothing", Cancel));

            Assert.Equal((1040, true), (refused.Number, refused.IsTransient));
            Assert.Contains("class low may have 60 hundredths", refused.Message, StringComparison.Ordinal);
            await using var important = await seawall.ConnectAsync(Cancel);
            Assert.Equal("1", await AskAsync(important, "select 1"));
        }
        finally
        {
            foreach (var socket in silent)
                socket.Dispose();
        }
    }

    private static async Task<string?> AskAsync(MySqlConnection connection, string sql)
    {
        await using var command = new MySqlCommand(sql, connection);
        return Convert.ToString(await command.ExecuteScalarAsync(Cancel), CultureInfo.InvariantCulture);
    }

    private static Task<SeawallUnderTest> StartAsync(
        LabServer server, Func<OverloadOptions, OverloadOptions> change, int running = 20, int loginsMax = 4_000) =>
        SeawallUnderTest.StartAsync(server, Cancel, options => options with
        {
            Servers = [options.Servers[0] with { RunningMax = running }],
            Clients = options.Clients with { LoginsMax = loginsMax },
            Overload = change(options.Overload) with { Mode = OverloadMode.Enforce },
        });
}
