using Seawall.MySql.Handshakes;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Seawall.Testing.Worlds;
using Xunit;

namespace Seawall.Tests.Flow.Statements;

/// <summary>A server whose answer comes byte by byte, each of them a read of its own.</summary>
public sealed class DrippingServerTests
{
    // Rows of clients of the old dialect are held back up to this, to tell them before the rows what comes behind.
    private const int HeldMax = 8 * 1024;

    public static TheoryData<Capabilities> Dialects => [FakeClientOptions.Modern, FakeClientOptions.Old];

    [Theory]
    [MemberData(nameof(Dialects))]
    public void Its_answer_comes_whole_and_others_do_not_wait(Capabilities dialect)
    {
        using var world = World();
        var patient = Dripped(world, dialect, out _);
        var reply = patient.BeginQuery("SELECT many");
        world.World.RunFor(1_000);
        var began = world.World.Clock.ElapsedMs;
        var quick = world.Client();
        for (var i = 0; i < 100; i++)
            Assert.True(quick.Query("SELECT 1").IsOk);

        Assert.False(reply.IsDone);
        Assert.InRange(world.World.Clock.ElapsedMs - began, 0, 1_000);
        Assert.Equal(Enumerable.Range(0, 200).Select(Value), reply.Value.Only.Rows.Select(row => row[0]));
        Assert.Equal(2, world.Pooled.Count());
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public void No_more_of_it_is_held_than_has_to_be(Capabilities dialect)
    {
        using var world = World();
        var patient = Dripped(world, dialect, out var server);
        var (fromServer, toClient) = (server.ToClient, patient.Link.ToClient);
        var (before, beforeClient) = (fromServer.Written, toClient.Written);
        var reply = patient.BeginQuery("SELECT many");

        while (!reply.IsDone)
        {
            world.World.RunFor(100);
            var onTheWay = fromServer.Untaken;
            Assert.InRange(fromServer.Written - before - onTheWay - (toClient.Written - beforeClient), -64, HeldMax + 256);
        }
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public void The_connection_of_a_client_that_leaves_in_the_middle_is_used_again(Capabilities dialect)
    {
        using var world = World(connections: 1);
        var patient = Dripped(world, dialect, out _);
        patient.BeginQuery("SELECT many");
        world.World.RunFor(1_000);
        patient.Cut();
        world.Pump(() => world.Engine.ClientCount == 0, "the end of the answer that nobody wants");

        Assert.Equal("next", world.Client().Query("SELECT 'next'").Scalar);
        Assert.Single(world.Pooled);
    }

    private static EngineWorld World(int connections = 2)
    {
        var world = new EngineWorld(new() { With = options => options with { Pools = options.Pools with { SizeMax = connections } } });
        world.World.Network.Chunk = _ => 1;
        world.Server.When("SELECT many", new FakeRows(["r"], Enumerable.Range(0, 200).Select(i => (IReadOnlyList<string?>)[Value(i)])));
        return world;
    }

    private static string Value(int i) => $"{i} {new string('r', 200)}";

    private static FakeClient Dripped(EngineWorld world, Capabilities dialect, out Link server)
    {
        var client = world.Client(new() { Capabilities = dialect });
        Assert.True(client.Query("SELECT 1").IsOk);
        server = ((SimulatedWire)Assert.Single(world.Pooled).Wire).Link;
        server.BytesPerSecond = 2_000;
        return client;
    }
}
