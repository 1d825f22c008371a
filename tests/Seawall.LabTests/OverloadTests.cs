using System.Globalization;
using MySqlConnector;
using Seawall.Engine.Flow.Floodgates;
using Seawall.LabTests.Lab;
using Xunit;

namespace Seawall.LabTests;

/// <summary>A limit on what runs at real servers: what a driver makes of a refusal, and that nothing is mixed up.</summary>
public sealed class OverloadTests(LabServers lab)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task A_driver_keeps_its_connection_and_session_when_a_statement_is_refused(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server, running: 1, waitMs: 100);
        await using var connection = new MySqlConnection(seawall.ConnectionString().ConnectionString);
        await connection.OpenAsync(Cancel);
        var id = await AskAsync(connection, "select connection_id()");
        await AskAsync(connection, "set time_zone = '+03:00'");
        using var busy = RawClient.Connect(seawall.Port, "seawall", "seawall");
        busy.Send(MySql.Commands.CommandKind.Query, "select sleep(60), 'busy'"u8);
        // Until it has begun, the other one may run.
        var refused = await RefusedAsync();

        Assert.Equal(1205, refused.Number);
        Assert.True(refused.IsTransient);
        Assert.Contains("shed class=normal reason=", refused.Message, StringComparison.Ordinal);
        Assert.Equal(System.Data.ConnectionState.Open, connection.State);
        using (var killer = RawClient.Connect(seawall.Port, "seawall", "seawall"))
            Assert.Null(killer.Query($"kill query {busy.ConnectionId}").Error);
        busy.Read(MySql.Commands.CommandKind.Query);
        Assert.Equal(id, await AskAsync(connection, "select connection_id()"));
        Assert.Equal("+03:00", await AskAsync(connection, "select @@time_zone"));
        Assert.True(seawall.Count(meter => meter.Sheds) > 0);

        async Task<MySqlException> RefusedAsync()
        {
            while (true)
            {
                try
                {
                    await AskAsync(connection, "select 1");
                }
                catch (MySqlException failure)
                {
                    return failure;
                }
            }
        }
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task In_a_crowd_everybody_gets_his_own_answer_or_hears_that_it_was_refused(LabKind kind)
    {
        const int clients = 24, statements = 60;
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server, running: 2, waitMs: 40);
        var (answered, refused) = (0, 0);
        var threads = Enumerable.Range(0, clients).Select(number => Task.Factory.StartNew(() =>
        {
            using var client = RawClient.Connect(seawall.Port, "seawall", "seawall");
            for (var i = 0; i < statements; i++)
            {
                var inTransaction = i % 10 == 9 && client.Query("begin").Error is null;
                var answer = client.Query($"select {number}, sleep(0.002)");
                if (answer.Error is { } error)
                {
                    Assert.False(inTransaction, "a statement of an open transaction was refused");
                    Assert.Equal(1205, error.Code);
                    Assert.Contains("[seawall: the statement did not run", error.Message, StringComparison.Ordinal);
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

        Assert.Equal(clients * statements, answered + refused);
        Assert.True(answered > statements, $"{answered} answered, {refused} refused");
        Assert.True(refused > 0, "nobody was refused: the crowd was too small to prove anything");
    }

    private static async Task<string?> AskAsync(MySqlConnection connection, string sql)
    {
        await using var command = new MySqlCommand(sql, connection);
        return Convert.ToString(await command.ExecuteScalarAsync(Cancel), CultureInfo.InvariantCulture);
    }

    private static Task<SeawallUnderTest> StartAsync(LabServer server, int running, int waitMs) => SeawallUnderTest.StartAsync(
        server, Cancel, options => options with
        {
            Servers = [options.Servers[0] with { RunningMax = running }],
            Overload = options.Overload with
            {
                Mode = OverloadMode.Enforce,
                Classes = options.Overload.Classes.SetItem((int)StatementClass.Normal,
                    options.Overload.Of(StatementClass.Normal) with { WaitMsMax = waitMs, StandingMsMax = Math.Min(20, waitMs) }),
            },
        });
}
