using Seawall.MySql.Commands;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Framing;
using Seawall.Testing.Servers;
using Seawall.Testing.Worlds;
using Xunit;

namespace Seawall.Tests.Flow.Statements;

/// <summary>Either side breaks off, at every byte there is.</summary>
public sealed class CutTests
{
    private static readonly FakeRows s_rows = new(["a", "b"], [["one", "two"], [null, "three"], ["four", new string('f', 300)]]);

    public static MatrixTheoryData<bool, Ending> Ways => new([true, false], [Ending.Closed, Ending.Reset]);

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_client_learns_that_its_server_broke_off_at_any_byte_of_an_answer(bool isModern, Ending ending)
    {
        using var world = new EngineWorld();
        world.Server.When("SELECT rows", s_rows);
        var options = new FakeClientOptions { Capabilities = isModern ? FakeClientOptions.Modern : FakeClientOptions.Old };
        LengthOf(world, world.Client(options), "SELECT rows", out var length);
        for (var cut = 1; cut < length; cut++)
        {
            var client = world.Client(options);
            Assert.True(client.Query("SELECT 'warm'").IsOk);
            var toClient = ServerLink(world).ToClient;
            toClient.CutAfter(toClient.Written + cut, ending);

            var reply = client.Query("SELECT rows");

            // Between packets an error can follow; inside one there is nothing to be said any more. Never a wrong answer.
            Assert.True(reply.Code == 2013 || (reply.IsCut && client.End is StreamEnd.Clean or StreamEnd.InsidePacket),
                $"cut after {cut} of {length}: {reply}");
            Assert.Equal(reply.IsCut, client.Wire.PeerGone);
            if (!reply.IsCut)
                Assert.Equal("goes on", client.Query("SELECT 'goes on'").Scalar);
            client.Cut();
        }
    }

    [Fact]
    public void A_server_lost_in_a_transaction_ends_the_conversation()
    {
        using var world = new EngineWorld();
        var client = world.Client();
        client.Query("BEGIN");
        world.Pooled.Single().Cut();
        world.World.RunFor(10);

        Assert.Equal(2013, client.Query("SELECT 1").Code);
        world.World.RunFor(10);
        Assert.Equal(0, world.Engine.ClientCount);
    }

    [Theory]
    [InlineData("SELECT rows", false)]
    [InlineData("INSERT INTO t VALUES (1)", false)]
    [InlineData("SELECT rows", true)]
    public void A_client_that_leaves_at_any_byte_of_its_answer_leaves_nothing_behind(string sql, bool isInTransaction)
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        world.Server.When("SELECT rows", s_rows);
        var length = LengthOf(world, world.Client(), sql, out _);
        for (var cut = 0; cut < length; cut++)
        {
            var client = world.Client();
            if (isInTransaction)
                client.Query("BEGIN");
            client.Link.ToClient.CutAfter(client.Link.ToClient.Written + cut);
            Assert.True(client.Query(sql).IsCut);
            Assert.False(world.Client().Query("SELECT 1").Only.Status.HasFlag(MySql.Results.ServerStatus.InTransaction));
        }
        Assert.Single(world.Pooled); // Nobody's leaving has cost a server connection.
        Assert.True(world.Server.Connections.Count < 4);
    }

    [Theory]
    [InlineData(Ending.Closed)]
    [InlineData(Ending.Reset)]
    public void A_client_that_leaves_at_any_byte_of_its_command_leaves_nothing_behind(Ending ending)
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var command = FakeClient.Bytes(CommandKind.Query, "INSERT INTO t VALUES ('half')");
        for (var cut = 0; cut < command.Length; cut++)
        {
            var client = world.Client();
            client.Link.ToServer.CutAfter(client.Link.ToServer.Written + cut, ending);
            client.Send(command);
            world.World.RunFor(5);
        }

        Assert.DoesNotContain(world.Server.Connections, connection =>
            connection.Commands.Exists(seen => seen.Text.Contains("half", StringComparison.Ordinal)));
        Assert.Equal(0, world.Engine.ClientCount);
    }

    [Theory]
    [InlineData(100_000)]
    [InlineData(17_000_000)]
    public void A_client_that_leaves_in_a_long_command_has_not_sent_it(int length)
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var client = world.Client();
        client.Link.ToServer.CutAfter(client.Link.ToServer.Written + (length / 2));
        client.BeginQuery($"INSERT INTO t VALUES ('{new string('x', length)}')");
        world.World.RunFor(1_000);

        Assert.Equal(0, world.Engine.ClientCount);
        Assert.Empty(world.Pooled); // The server waits for the rest on that connection: it is of no use any more.
        Assert.DoesNotContain(world.Server.Connections, connection => connection.Queries.Any(sql => sql.StartsWith("INSERT", StringComparison.Ordinal)));
        Assert.Equal("next", world.Client().Query("SELECT 'next'").Scalar);
    }

    [Fact]
    public void A_server_that_hangs_up_in_place_of_an_answer_may_have_run_the_statement()
    {
        using var world = new EngineWorld();
        world.Server.When("INSERT", new FakeHangUp());
        var client = world.Client();

        var reply = client.Query("INSERT INTO t VALUES (1)");

        Assert.Equal(2013, reply.Code);
        Assert.Contains("whether the statement ran is not known", reply.Error!.Message, StringComparison.Ordinal);
        Assert.Single(world.Server.Connections, connection => connection.Queries.Contains("INSERT INTO t VALUES (1)"));
    }

    [Fact]
    public void A_client_that_closes_its_side_has_left()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var client = world.Client();
        client.BeginQuery("SELECT SLEEP(1)");
        world.World.RunFor(100);

        ((SimulatedWire)client.Wire).EndWriting();
        world.World.RunFor(2_000);

        Assert.Equal(0, world.Engine.ClientCount);
        Assert.Single(world.Pooled); // What it asked for was followed to its end, and the connection is of use to others.
    }

    [Theory]
    [InlineData(Ending.Closed)]
    [InlineData(Ending.Reset)]
    public void A_connection_that_its_server_closed_while_idle_answers_nobody(Ending ending)
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var client = world.Client();
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal($"{i}", client.Query($"SELECT '{i}'").Scalar);
            ServerLink(world).Cut(ending);
            world.World.RunFor(i % 3); // The news may be here, under way or not sent.
        }
    }

    [Fact]
    public void What_a_server_says_unasked_while_idle_answers_nobody()
    {
        using var world = new EngineWorld(StatementTests.OnePooled());
        var client = world.Client();
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal($"{i}", client.Query($"SELECT '{i}'").Scalar);
            world.Pooled.Single().SayUnasked(i % 2 == 0 ? (ushort)4031 : (ushort)1053, "Server shutdown in progress", closes: i % 4 < 2);
            world.World.RunFor(10);
        }
    }

    private static Link ServerLink(EngineWorld world) => ((SimulatedWire)world.Pooled.Single().Wire).Link;

    // The answer's length as the client gets it, and as the server gives it.
    private static long LengthOf(EngineWorld world, FakeClient client, string sql, out long given)
    {
        client.Query("SELECT 'warm'");
        var server = ServerLink(world).ToClient;
        var (before, givenBefore) = (client.Link.ToClient.Written, server.Written);
        client.Query(sql);
        client.Cut();
        given = server.Written - givenBefore;
        return client.Link.ToClient.Written - before;
    }
}
