using Seawall.Engine.Flow.Pools;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Xunit;

namespace Seawall.Tests.Flow.Pools;

/// <summary>When a waiter is left to the connections of its own loop, and that nobody is forgotten over it.</summary>
public sealed class WaitListTests
{
    [Fact]
    public void A_loop_without_connections_is_given_one() =>
        Assert.False(WaitList.HasShare(earlierMs: 0, connectionsHere: 1, connectionsThere: 0));

    [Fact]
    public void A_loop_with_much_fewer_is_given_one() =>
        Assert.False(WaitList.HasShare(earlierMs: 0, connectionsHere: 17, connectionsThere: 15));

    [Fact]
    public void A_loop_with_its_share_waits_for_its_own() =>
        Assert.True(WaitList.HasShare(WaitList.OwnLoopMsMax, connectionsHere: 16, connectionsThere: 16));

    // Otherwise an odd number of connections would be handed over for ever.
    [Fact]
    public void One_fewer_is_still_its_share() =>
        Assert.True(WaitList.HasShare(WaitList.OwnLoopMsMax, connectionsHere: 17, connectionsThere: 16));

    [Fact]
    public void Nobody_is_left_to_its_own_loop_for_long() =>
        Assert.False(WaitList.HasShare(WaitList.OwnLoopMsMax + 1, connectionsHere: 1, connectionsThere: 31));

    // The pool is full, and each loop has one connection: the one in a transaction, the other idle. A second client of the
    // first loop is left to that loop's connection at first, and must not be left to it until the transaction ends.
    [Fact]
    public void A_waiter_gets_what_is_idle_elsewhere_when_nothing_comes_free_on_its_own_loop()
    {
        using var world = new EngineWorld(new()
        {
            Loops = 2,
            With = options => options with { Pools = options.Pools with { SizeMax = 2 } },
        });
        var clients = Enumerable.Range(0, 12).Select(_ => world.Client()).ToArray();
        var here = OfLoop(world, clients, 0);
        var there = OfLoop(world, clients, 1);
        Assert.True(here[0].Query("BEGIN").IsOk);
        Assert.True(there[0].Query("BEGIN").IsOk);
        Assert.True(there[0].Query("COMMIT").IsOk);

        Assert.Equal(["x"], here[1].Query("SELECT 'x'").Row);

        Assert.Equal(2, world.Engine.Pools.All.Single(pool => pool.Key.User == "app").Total);
        Assert.True(here[0].Query("COMMIT").IsOk);
    }

    // Goal: no statement is forgotten while connections are idle on another loop. Method: three loops, a pool of each size
    // from fewer connections than loops to more, and clients that leave holes by taking turns; the world checks the rest.
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 3)]
    [InlineData(5, 4)]
    public void Every_statement_is_answered_whatever_loop_the_connections_are_on(int size, int seed)
    {
        using var world = new EngineWorld(new()
        {
            Seed = seed,
            IsChaotic = true,
            Loops = 3,
            With = options => options with { Pools = options.Pools with { SizeMax = size } },
        });
        var clients = Enumerable.Range(0, 12).Select(_ => world.Client()).ToArray();

        for (var round = 0; round < 40; round++)
        {
            var answers = clients.Where((_, i) => (i + round) % 5 != 0).Select(client => client.BeginQuery("SELECT 'x'")).ToArray();
            foreach (var answer in answers)
                Assert.Equal(["x"], answer.Value.Row);
        }

        Assert.True(world.Count(meter => meter.LeaseWaits) > 0, "nobody has waited, so nothing was tried");
    }

    private static FakeClient[] OfLoop(EngineWorld world, FakeClient[] clients, int loop)
    {
        var sessions = world.Engine.Lanes[loop].Door.Sessions.Select(session => session.Id).ToHashSet();
        return [.. clients.Where(client => sessions.Contains(client.ConnectionId))];
    }
}
