using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Testing;
using Seawall.Testing.Worlds;
using Xunit;

namespace Seawall.Tests.Admission;

/// <summary>The loops that move statements have more to do than they can, or do nothing at all: those who watch go on.</summary>
public sealed class SelfOverloadTests
{
    // M20: what decides runs where no statement does.
    [Fact]
    public void While_the_loops_of_statements_stand_still_limits_and_servers_are_looked_at_as_always()
    {
        using var world = GateWorld.With(2, overload => overload with { Limit = LimitMode.Adaptive }, loops: 2);
        var control = (SimulatedLoop)world.Engine.ControlLoop;
        Freeze(world, true);
        var gaps = Gaps(world, control, 5_000);
        world.Server.Crash();
        Assert.True(world.World.RunUntil(() => world.Engine.Facts.Primary!.Health == ServerHealth.Down, 5_000), "the server's end is not seen");
        world.Server.Open();
        Assert.True(world.World.RunUntil(() => world.Engine.Facts.Primary!.Health == ServerHealth.Up, 5_000), "nor that it is back");
        Freeze(world, false);

        // The shortest watch looks each 50 ms: so much later is the next look, at most.
        Assert.InRange(gaps.Count, 50, 200);
        Assert.True(gaps.Order().ElementAt((int)(0.99 * (gaps.Count - 1))) - 50 < 50, $"p99 of {gaps.Count} gaps");
        Assert.Contains(world.Log.Lines, line => line.Contains("Seawall runs short of time", StringComparison.Ordinal));
        // Until that is over, newcomers are turned away.
        world.World.RunFor(30_000);
        Assert.Equal("1", world.Client().Query("SELECT 1").Scalar);
    }

    // The control: a watch on the loop of statements stands still with it.
    [Fact]
    public void The_same_measured_at_a_loop_of_statements_stands_still()
    {
        using var world = GateWorld.With(2, overload => overload, loops: 2);
        var loop = (SimulatedLoop)world.Engine.Lanes[0].Loop;
        Freeze(world, true);
        Assert.Empty(Gaps(world, loop, 5_000));
        Freeze(world, false);
    }

    private static void Freeze(EngineWorld world, bool isFrozen)
    {
        foreach (var lane in world.Engine.Lanes)
            ((SimulatedLoop)lane.Loop).IsFrozen = isFrozen;
    }

    // The times between turns of a loop, in milliseconds.
    private static List<double> Gaps(EngineWorld world, SimulatedLoop loop, long forMs)
    {
        var gaps = new List<double>();
        var (turns, atMs) = (loop.Turns, world.World.Clock.ElapsedMs);
        for (var i = 0; i < forMs; i++)
        {
            world.World.RunFor(1);
            if (loop.Turns == turns)
                continue;
            gaps.Add(world.World.Clock.ElapsedMs - atMs);
            (turns, atMs) = (loop.Turns, world.World.Clock.ElapsedMs);
        }
        return gaps;
    }
}
