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

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Columns_are_called_as_the_client_wrote_them(FakeServerKind kind)
    {
        using var world = new EngineWorld(new() { Kind = kind });
        var client = world.Client();
        Assert.Equal(["CONNECTION_ID()", "n", "connection_id() + 0"],
            client.Query("SELECT CONNECTION_ID(), 1 AS n, connection_id() + 0").Only.Columns);
        var prepared = client.Prepare("SELECT 'x', CONNECTION_ID()").Id;
        var own = client.ConnectionId.ToString(CultureInfo.InvariantCulture);
        for (var i = 0; i < 2; i++)
        {
            var reply = client.Execute(prepared);
            Assert.Equal(["'x'", "CONNECTION_ID()"], reply.Only.Columns);
            Assert.Equal(own, reply.Row[1]);
        }
    }

    [Fact]
    public void From_lists_of_connections_and_in_what_is_kept_it_is_the_servers()
    {
        using var world = new EngineWorld();
        var client = world.Client();
        foreach (var text in (string[])
            [
                "SELECT CONNECTION_ID() FROM information_schema.processlist", "CREATE VIEW v AS SELECT CONNECTION_ID()",
                "SELECT CONNECTION_ID() /* CONNECTION_ID() */",
            ])
        {
            client.Query(text);
            Assert.Equal(text, world.Pooled.Single().Commands[^1].Text);
        }
    }

    [Fact]
    public void A_digest_is_that_of_what_the_client_wrote()
    {
        using var world = new EngineWorld();
        var client = world.Client();
        client.Query("SELECT CONNECTION_ID(), @a:=1");
        var by = world.Engine.Lanes[0].Door.Sessions.Single().Pins!.Things.Single().By!;
        Assert.Contains("connection_id()", by.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("if(", by.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_number_that_a_session_gives_itself_is_its_own()
    {
        using var world = new EngineWorld();
        var client = world.Client();
        client.Query("SET pseudo_thread_id = 7");
        client.Query("SELECT CONNECTION_ID()");
        Assert.Equal("SELECT CONNECTION_ID()", world.Pooled.Single().Commands[^1].Text);
    }
}
