using System.Globalization;
using System.Text.Json;
using Seawall.Engine.Flow.Floodgates;
using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// What drivers make of a refused statement, by each of the errors that it may be refused with (docs/overload.md): they keep the connection and
/// its session, also those that reconnect by themselves, and none of them tries again unasked.
/// </summary>
public sealed class RefusalTests(LabServers lab)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<LabKind, string, ShedError> Drivers()
    {
        var data = new TheoryData<LabKind, string, ShedError>();
        foreach (var error in Enum.GetValues<ShedError>())
        {
            foreach (var driver in (string[])["mysql2", "mariadb", "mysqli", "pdo", "DBD::mysql", "DBD::MariaDB"])
                data.Add(LabKind.MariaDb, driver, error);
        }
        data.Add(LabKind.MySql97, "mysql2", ShedError.QueryTimeout);
        data.Add(LabKind.MySql97, "mariadb", ShedError.QueryTimeout);
        return data;
    }

    [Theory]
    [MemberData(nameof(Drivers))]
    public async Task A_driver_keeps_its_connection_and_does_not_try_again_by_itself(LabKind kind, string driver, ShedError error)
    {
        await lab.RequireAsync(driver is "mysql2" or "mariadb" ? "node" : "drivers", Cancel);
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server, error);
        var port = seawall.Port.ToString(CultureInfo.InvariantCulture);
        var command = driver switch
        {
            "mysql2" or "mariadb" => new LabCommand("node", LabFolders.Script("node/refused.mjs"), driver, port),
            "mysqli" or "pdo" => new LabCommand("php", LabFolders.Script("drivers/refused.php"), driver, port),
            _ => new LabCommand("perl", LabFolders.Script("drivers/refused.pl"), driver["DBD::".Length..], port),
        };
        await using var program = LabProgram.Start(command);
        await program.WaitForLineAsync(line => line == "connected", s_patience, Cancel);
        string refused;
        using (RunForLong(seawall))
            refused = await program.WaitForLineAsync(line => line.StartsWith("refused", StringComparison.Ordinal), s_patience, Cancel);
        var result = (await program.WaitAsync(s_patience, Cancel)).ShouldSucceed();

        var (number, state) = Expected(kind, error);
        Assert.Equal($"refused {number} {state}", refused);
        using var told = JsonDocument.Parse(result.Output.TrimEnd().Split('\n')[^1]);
        Assert.True(told.RootElement.GetProperty("same").GetBoolean(), "the connection or its session is another one");
        // SQLSTATE 70100 is fatal to MariaDB's connector for Node.js, whoever says it; its pool keeps the connection all the same.
        Assert.Equal(driver == "mariadb" && state == "70100", told.RootElement.GetProperty("fatal").GetBoolean());
        // As many as were refused came back to the program: none was tried again behind its back.
        Assert.Equal(seawall.Count(meter => meter.Sheds), told.RootElement.GetProperty("errors").GetInt64());
    }

    [Theory]
    [InlineData(ShedError.LockWait)]
    [InlineData(ShedError.OutOfResources)]
    [InlineData(ShedError.QueryTimeout)]
    public async Task MariaDBs_connector_for_C_keeps_its_connection_although_it_may_reconnect(ShedError error)
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        await using var seawall = await StartAsync(server, error);
        using var client = ConnectorC.Connect(seawall.Port);
        var id = client.Query("select connection_id()");
        client.Query("set time_zone = '+03:00'");
        var errors = 0;
        using (RunForLong(seawall))
        {
            while (client.Query("select 1") is not null)
                Cancel.ThrowIfCancellationRequested();
            errors++;
            var (number, state) = Expected(LabKind.MariaDb, error);
            Assert.Equal((number, state), (client.Error, client.SqlState));
            Assert.Contains("the statement did not run", client.Message, StringComparison.Ordinal);
        }
        while (client.Query("select 1") is null)
        {
            errors++;
            Cancel.ThrowIfCancellationRequested();
        }

        Assert.Equal(id, client.Query("select connection_id()"));
        Assert.Equal("+03:00", client.Query("select @@time_zone"));
        Assert.Equal(seawall.Count(meter => meter.Sheds), errors);
    }

    private static (int Number, string State) Expected(LabKind kind, ShedError error) => error switch
    {
        ShedError.LockWait => (1205, "HY000"),
        ShedError.OutOfResources => (1041, "HY000"),
        ShedError.QueryTimeout => kind == LabKind.MariaDb ? (1969, "70100") : (3024, "HY000"),
    };

    // The one statement that may run, until it is disposed of.
    private static Busy RunForLong(SeawallUnderTest seawall) => new(seawall);

    private static Task<SeawallUnderTest> StartAsync(LabServer server, ShedError error) => SeawallUnderTest.StartAsync(
        server, Cancel, options => options with
        {
            Servers = [options.Servers[0] with { RunningMax = 1 }],
            Overload = options.Overload with
            {
                Mode = OverloadMode.Enforce,
                Classes = options.Overload.Classes.SetItem((int)StatementClass.Normal,
                    options.Overload.Of(StatementClass.Normal) with { WaitMsMax = 300, StandingMsMax = 20, Error = error }),
            },
        });

    private sealed class Busy : IDisposable
    {
        private readonly SeawallUnderTest _seawall;
        private readonly RawClient _client;

        internal Busy(SeawallUnderTest seawall)
        {
            _seawall = seawall;
            _client = RawClient.Connect(seawall.Port, "seawall", "seawall");
            _client.Send(CommandKind.Query, "select sleep(120), 'busy'"u8);
        }

        public void Dispose()
        {
            using (var killer = RawClient.Connect(_seawall.Port, "seawall", "seawall"))
                Assert.Null(killer.Query($"kill query {_client.ConnectionId}").Error);
            _client.Read(CommandKind.Query);
            _client.Dispose();
        }
    }
}
