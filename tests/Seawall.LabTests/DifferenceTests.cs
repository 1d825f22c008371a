using System.Globalization;
using System.Text;
using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// What docs/compatibility.md says is not as on a direct connection. Who changes one of these changes the page.
/// </summary>
public sealed class DifferenceTests(LabServers lab)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task The_number_of_the_connection_is_the_servers_only_where_its_lists_of_connections_are_read(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server);
        using var client = RawClient.Connect(seawall.Port, "seawall", "seawall");
        var own = $"{client.ConnectionId}";
        Assert.True(client.ConnectionId >= 0x8000_0000, $"{own} may be a number of the server's");
        foreach (var here in (string[])
            [
                "select connection_id()", "select connection_id() + 0", "select connection_id(); select 1",
                "select connection_id() from mysql.user limit 1", "select count(*) + connection_id() from mysql.user where connection_id() = 1",
            ])
        {
            Assert.Equal(own, client.Query(here).FirstValue);
        }
        foreach (var elsewhere in (string[])
            [
                "select id from information_schema.processlist where id = connection_id()",
                "select connection_id() from information_schema.processlist limit 1", "select connection_id() /* connection_id */",
            ])
        {
            Assert.NotEqual(own, client.Query(elsewhere).FirstValue);
        }
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Facts_of_the_statement_before_that_nobody_can_tell_are_refused_and_never_those_of_others(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server);
        using var other = RawClient.Connect(seawall.Port, "seawall", "seawall");
        foreach (var (statement, question) in ((string, string)[])
            [
                ("update people set age = 50 where id < 3", "select row_count() /* row_count */ from people limit 1"),
                ("drop table if exists no_such_table", "get diagnostics @n = number"),
            ])
        {
            using var twins = TwinSessions.Open(server, seawall, RawClient.Usual);
            twins.Through.Query(statement);
            Assert.Null(other.Query("update fidelity_s.people set age = age").Error);
            for (var i = 0; i < 2; i++)
            {
                var error = twins.Through.Query(question).Error;
                Assert.Equal(1235, error?.Code);
                Assert.EndsWith("[seawall: the statement did not run]", error!.Message, default);
            }
        }
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Commands_about_the_whole_server_are_unknown_and_the_connection_stays(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server);
        using var client = RawClient.Connect(seawall.Port, "seawall", "seawall");
        foreach (var command in (CommandKind[])
            [
                CommandKind.CreateDb, CommandKind.DropDb, CommandKind.Shutdown,
                CommandKind.BinlogDump, CommandKind.TableDump, CommandKind.RegisterReplica, CommandKind.BinlogDumpGtid,
            ])
        {
            client.Send(command, [1, 0, 0, 0]);
            Assert.Equal(1047, RawError.Read(client.NextOrEnd()!.Head).Code);
        }
        Assert.Equal("1", client.Query("select 1").FirstValue);
    }

    // MariaDB knows Oracle's driver for .NET by an attribute, and spares it collations without a number.
    [Theory]
    [InlineData("mysql-connector-net", 0)]
    [InlineData("another", 1)]
    public async Task Connector_net_is_spared_what_it_cannot_read_and_nobody_else(string name, int hasNull)
    {
        var server = await lab.SharedAsync(LabKind.MariaDb, Cancel);
        await using var seawall = await StartAsync(server);
        byte[] attributes = [.. Field("_client_name"), .. Field(name)];
        byte[] others = [.. Field("_client_name"), .. Field(name == "another" ? "mysql-connector-net" : "another")];
        using var direct = RawClient.Connect(server.Port, "seawall", "seawall", attributes: attributes);
        using var before = RawClient.Connect(seawall.Port, "seawall", "seawall", attributes: others);
        const string look = "select count(*) > 0 from information_schema.collations where id is null";
        before.Query(look); // The connection was opened for another client.
        using var through = RawClient.Connect(seawall.Port, "seawall", "seawall", attributes: attributes);
        Assert.Equal(hasNull.ToString(CultureInfo.InvariantCulture), direct.Query(look).FirstValue);
        Assert.Equal(direct.Query("select @@old_mode").FirstValue, through.Query("select @@old_mode").FirstValue);
        Assert.Equal(direct.Query(look).FirstValue, through.Query(look).FirstValue);

        static byte[] Field(string text) => [(byte)text.Length, .. Encoding.ASCII.GetBytes(text)];
    }

    // MySQL 9.7 knows no COM_REFRESH any more, and says so itself.
    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql97)]
    [InlineData(LabKind.MySql56)]
    public async Task Refresh_and_debug_are_the_servers_to_answer(LabKind kind)
    {
        const byte tables = 4;
        var server = await lab.SharedAsync(kind, Cancel);
        await server.ExecuteAsync("create database refresh; create table refresh.t (a int) engine=innodb", Cancel);
        await using var seawall = await StartAsync(server);
        using var direct = RawClient.Connect(server.Port, "seawall", "seawall");
        using var through = RawClient.Connect(seawall.Port, "seawall", "seawall");
        string[] Answers(RawClient client)
        {
            var seen = new List<string>();
            client.Query("begin");
            client.Query("insert into refresh.t values (1)");
            foreach (var (command, payload) in (ReadOnlySpan<(CommandKind, byte[])>)[(CommandKind.Refresh, [tables]), (CommandKind.Debug, [])])
            {
                client.Send(command, payload);
                seen.Add(client.NextOrEnd()!.ToString());
            }
            client.Query("rollback");
            seen.Add(client.Query("select count(*) from refresh.t").FirstValue!); // It commits.
            client.Query("delete from refresh.t");
            return [.. seen];
        }
        try
        {
            Assert.Equal(Answers(direct), Answers(through));
        }
        finally
        {
            await server.ExecuteAsync("drop database refresh", Cancel);
        }
    }

    private static Task<SeawallUnderTest> StartAsync(LabServer server) => SeawallUnderTest.StartAsync(
        server, Cancel, options => options with { Pools = options.Pools with { SizeMax = 1, WaitMsMax = 15_000 } });
}
