using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Tls;
using Seawall.Testing.Worlds;
using Xunit;

namespace Seawall.Tests.Tls;

public sealed class HandshakeGateTests
{
    [Fact]
    public void Who_finds_no_place_waits_his_turn_whatever_loop_he_is_on()
    {
        var world = new World();
        Loop[] loops = [world.AddLoop(0), world.AddLoop(1)];
        var gate = new HandshakeGate(2);
        List<int> order = [];
        var places = new HandshakePlace[6];
        for (var i = 0; i < places.Length; i++)
        {
            places[i] = gate.Enter(loops[i % 2]);
            Follow(places[i], i, order).Forget(world.Bugs.Add);
        }

        Assert.Equal([0, 1], order);
        places[1].Leave();
        places[1].Leave(); // Nothing more.
        Assert.True(world.RunUntil(() => order.Count > 2, 100));
        Assert.Equal([0, 1, 2], order);
        for (var i = 0; i < places.Length; i++)
        {
            Assert.True(world.RunUntil(() => places[i].IsCompleted, 100));
            places[i].Leave();
            world.RunFor(20); // What is granted on one loop may otherwise run after what is granted next on another.
        }
        Assert.Equal([0, 1, 2, 3, 4, 5], order);
        Assert.True(gate.Enter(loops[0]).IsCompleted);
        Assert.True(gate.Enter(loops[0]).IsCompleted);
        Assert.False(gate.Enter(loops[0]).IsCompleted);
        world.ThrowBugs();
    }

    [Fact]
    public void Who_does_nothing_with_his_place_loses_it_to_the_next()
    {
        var world = new World();
        var loop = world.AddLoop(0);
        var gate = new HandshakeGate(1);
        List<int> order = [];
        var silent = gate.Enter(loop);
        var next = gate.Enter(loop);
        Follow(next, 1, order).Forget(world.Bugs.Add);

        world.RunFor(800);
        Assert.Empty(order);
        world.RunFor(400);
        Assert.Equal([1], order);
        silent.Leave(); // Came to its end after all: that frees no second place.
        Assert.False(gate.Enter(loop).IsCompleted);
        world.ThrowBugs();
    }

    private static async LoopTask Follow(HandshakePlace place, int number, List<int> order)
    {
        await place;
        order.Add(number);
    }
}
