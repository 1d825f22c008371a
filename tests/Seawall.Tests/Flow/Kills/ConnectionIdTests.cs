using System.Globalization;
using Seawall.Testing;
using Seawall.Testing.Servers;
using Xunit;

namespace Seawall.Tests.Flow.Kills;

/// <summary>The number of the connection, as a client reads it: the one by which it can be killed.</summary>
public sealed class ConnectionIdTests
{
    public static TheoryData<FakeServerKind> Kinds =>
        [FakeServerKind.MySql97, FakeServerKind.MariaDb1011, FakeServerKind.MySql97WithEof, FakeServerKind.MySql56];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_client_reads_the_number_that_it_was_greeted_with(FakeServerKind kind)
    {
        using var world = new EngineWorld(new() { Kind = kind });
        foreach (var client in new[] { world.Client(), world.Client() })
        {
            var own = client.ConnectionId.ToString(CultureInfo.InvariantCulture);
            Assert.Equal(own, client.Query("SELECT CONNECTION_ID()").Scalar);
            Assert.Equal([own, "x", own], client.Query("select connection_id(), 'x', CONNECTION_ID()").Row);
            Assert.Equal(["x", own], client.Query("select 'x', connection_id()").Row);
        }
    }

    [Fact]
    public void In_several_statements_and_from_tables_it_is_the_servers()
    {
        using var world = new EngineWorld();
        var client = world.Client();
        var own = client.ConnectionId.ToString(CultureInfo.InvariantCulture);
        var pooled = world.Pooled;
        Assert.NotEqual(own, client.Query("SELECT CONNECTION_ID() FROM items").Scalar);
        Assert.Equal(pooled.Single().Session.Id.ToString(CultureInfo.InvariantCulture),
            client.Query("SELECT CONNECTION_ID() FROM items").Scalar);
    }

    [Fact]
    public void A_row_that_is_too_long_to_be_looked_at_goes_by()
    {
        using var world = new EngineWorld();
        var client = world.Client();
        var long1 = new string('a', 200_000);
        world.Server.When("SELECT CONNECTION_ID(), big", (session, _) =>
            new FakeRows(["id", "big"], [[session.Id.ToString(CultureInfo.InvariantCulture), long1], ["7", "small"]]));
        var reply = client.Query("SELECT CONNECTION_ID(), big");
        Assert.Equal(long1, reply.Only.Rows[0][1]);
        Assert.Equal(["7", "small"], reply.Only.Rows[1]);
    }
}
