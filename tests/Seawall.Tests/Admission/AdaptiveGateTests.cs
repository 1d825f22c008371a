using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Floodgates.Limits;
using Seawall.Testing;
using Xunit;

namespace Seawall.Tests.Admission;

/// <summary>A limit that finds itself, in the real engine: what it is fed with, and what it says.</summary>
public sealed class AdaptiveGateTests
{
    [Fact]
    public void It_begins_low_and_grows_while_statements_wait_for_a_server_that_is_as_fast_as_ever()
    {
        using var world = GateWorld.With(50, Adaptive);
        Assert.Equal((4, LimitCause.Start), (Sluice(world).Limit, Sluice(world).Bounds.Cause));

        Crowd(world, clients: 30, rounds: 200, "SELECT 1");

        var found = Sluice(world);
        Assert.True(found.Limit > 4, $"{found.Limit}");
        Assert.Equal(LimitCause.Room, found.Bounds.Cause);
        Assert.Equal((true, 4, 50), (found.Bounds.IsAdaptive, found.Bounds.Min, found.Bounds.Max));
        Assert.InRange(found.Bounds.Stretch!.Value, 0.5, 1.5);
        Assert.Equal((0, 0), (found.Running, found.Classes.Sum(one => one.Waiting)));
    }

    [Fact]
    public void What_waits_for_time_or_locks_says_nothing_of_the_server()
    {
        using var world = GateWorld.With(50, Adaptive);

        Crowd(world, clients: 12, rounds: 50, "SELECT SLEEP(0.01)");
        Crowd(world, clients: 12, rounds: 50, "SELECT 1 FOR UPDATE");

        Assert.Null(Sluice(world).Bounds.Stretch);
        Assert.Equal((4, LimitCause.Start), (Sluice(world).Limit, Sluice(world).Bounds.Cause));
    }

    [Fact]
    public void A_reload_from_fixed_to_adaptive_and_back_holds_at_once()
    {
        using var world = GateWorld.With(50, overload => overload);
        Assert.Equal((50, LimitCause.Settings), (Sluice(world).Limit, Sluice(world).Bounds.Cause));

        world.Apply(options => options with { Overload = Adaptive(options.Overload) });
        Assert.Equal(4, Sluice(world).Limit);
        world.World.RunFor(500);
        world.Apply(options => options with { Overload = options.Overload with { Limit = LimitMode.Fixed } });
        world.World.RunFor(500);

        Assert.Equal((50, LimitCause.Settings), (Sluice(world).Limit, Sluice(world).Bounds.Cause));
    }

    private static OverloadOptions Adaptive(OverloadOptions overload) => overload with { Limit = LimitMode.Adaptive };

    private static SluiceView Sluice(EngineWorld world) => world.Engine.Views.Sluices().Single();

    private static void Crowd(EngineWorld world, int clients, int rounds, string sql)
    {
        var crowd = Enumerable.Range(0, clients).Select(_ => world.Client()).ToArray();
        for (var round = 0; round < rounds; round++)
        {
            var answers = crowd.Select(client => client.BeginQuery(sql)).ToArray();
            foreach (var answer in answers)
                _ = answer.Value;
        }
    }
}
