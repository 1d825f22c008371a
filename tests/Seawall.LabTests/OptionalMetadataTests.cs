using Seawall.LabTests.Lab;
using Seawall.MySql.Commands;
using Seawall.MySql.Handshakes;
using Xunit;

namespace Seawall.LabTests;

/// <summary>
/// Results without column definitions, for clients that agreed on that and say when (<c>resultset_metadata</c>, MySQL 8.0
/// and later), packet for packet as from the server.
/// </summary>
public sealed class OptionalMetadataTests(LabServers lab)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Results_with_and_without_definitions_are_those_of_the_server(bool deprecatesEof)
    {
        var dialect = RawClient.Usual | Capabilities.OptionalMetadata;
        var server = await lab.SharedAsync(LabKind.MySql97, Cancel);
        await using var seawall = await StartAsync(server);
        using var twins = TwinSessions.Open(server, seawall, deprecatesEof ? dialect : dialect & ~Capabilities.DeprecateEof);
        using var other = RawClient.Connect(seawall.Port, "seawall", "seawall", dialect);
        using var plain = RawClient.Connect(seawall.Port, "seawall", "seawall");
        foreach (var metadata in (string[])["full", "none", "full", "none"])
        {
            twins.SameQuery($"set resultset_metadata = {metadata}");
            // Others between, with settings of their own: the same connection in turn.
            Assert.Equal("FULL", other.Query("select @@resultset_metadata").FirstValue);
            Assert.Equal("FULL", plain.Query("select @@resultset_metadata").FirstValue);
            twins.SameQuery("select @@resultset_metadata");
            twins.SameQuery("select * from types order by id");
            twins.SameQuery("select * from people where 1 = 0");
            twins.SameQuery("select 1; select 2, 3; select * from no_such_table");
            twins.SameQuery("select (select id from people)");
            twins.SameQuery("set names utf8mb4");
            twins.SameQuery("drop table if exists no_such_table");
            twins.SameQuery("show warnings");
            twins.SameQuery("explain select 1");
            twins.Same(CommandKind.FieldList, "types\0");
            twins.SamePrepared("select * from types where id = ?", [1]);
            twins.SamePrepared("select 1", []);
            twins.SamePrepared("update people set age = ? where id = 1", [4]);
            await twins.SamePreparedAsync("select id, ? from types order by id", ["x"],
                between: () => seawall.LoseConnectionAsync(server, twins.Through, Cancel));
            twins.SameExecutions("select id, name from people order by id", [1, 1, 0, 0, 0]); // A cursor.
            twins.SameQuery("call two_results(4)"); // Pins.
            twins.SameQuery("call fails_midway()");
            twins.SamePrepared("call two_results(?)", [3]);
            twins.Same(CommandKind.ResetConnection, "");
            twins.SameQuery("select @@resultset_metadata");
        }
        twins.AssertSame();
    }

    // It is the server that refuses, since the connection is one of clients that cannot.
    [Fact]
    public async Task A_client_that_did_not_agree_cannot_leave_them_out()
    {
        var server = await lab.SharedAsync(LabKind.MySql97, Cancel);
        await using var seawall = await StartAsync(server);
        using var able = RawClient.Connect(seawall.Port, "seawall", "seawall", RawClient.Usual | Capabilities.OptionalMetadata);
        Assert.Null(able.Query("set resultset_metadata = none").Error);
        using var twins = TwinSessions.Open(server, seawall, RawClient.Usual);
        twins.SameQuery("set resultset_metadata = none");
        twins.SameQuery("select @@resultset_metadata");
        twins.AssertSame();
        Assert.Equal(2, seawall.Engine.Pools.All.Count());
    }

    [Theory]
    [InlineData(LabKind.MariaDb)]
    [InlineData(LabKind.MySql56)]
    public async Task Nothing_is_offered_that_the_server_has_not(LabKind kind)
    {
        var server = await lab.SharedAsync(kind, Cancel);
        await using var seawall = await StartAsync(server);
        using var client = RawClient.Connect(seawall.Port, "seawall", "seawall", RawClient.Usual | Capabilities.OptionalMetadata);
        Assert.False(client.Offered.HasFlag(Capabilities.OptionalMetadata));
        Assert.Equal("1", client.Query("select 1").FirstValue);
    }

    private static Task<SeawallUnderTest> StartAsync(LabServer server) => SeawallUnderTest.StartAsync(
        server, Cancel, options => options with { Pools = options.Pools with { SizeMax = 1, WaitMsMax = 30_000 } });
}
