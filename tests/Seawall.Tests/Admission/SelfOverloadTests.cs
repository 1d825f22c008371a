using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Worlds;
using Xunit;

namespace Seawall.Tests.Admission;

/// <summary>The loops that move statements have more to do than they can, or do nothing at all: those who watch go on.</summary>
public sealed class SelfOverloadTests(ITestOutputHelper output)
{
    /// <summary>
    /// What one event of a wire costs a loop, in microseconds of its processor: a statement that runs is two of them and more, measured some 30
    /// (docs/performance.md), one that is refused is one.
    /// </summary>
    private const int EventUs = 20;

    /// <summary>Clients of each loop that ask all the time: what a loop has under way is never more than that.</summary>
    private const int Askers = 160;

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

    // M20: the processor of Seawall is what there is too little of, and refusals are as quick as always: they need no second turn.
    [Fact]
    public void Clients_that_want_five_times_what_the_loops_can_do_hear_refusals_within_5_ms()
    {
        var (refused, all) = Storm(OverloadMode.Enforce, Askers);
        output.WriteLine($"{refused.Count} refused at once, p99 {P99(refused):0.00} ms; all {P99(all):0.00} ms");
        Assert.True(refused.Count > 5_000, $"{refused.Count} refusals");
        Assert.True(P99(refused) < 5, $"p99 {P99(refused):0.00} ms");
    }

    // The controls: nobody is refused, or there are ten times as many who ask all the time.
    [Fact]
    public void The_same_clients_wait_for_long_when_nobody_is_refused_and_so_do_ten_times_as_many()
    {
        var (_, waiting) = Storm(OverloadMode.Observe, Askers);
        var (refused, _) = Storm(OverloadMode.Enforce, 10 * Askers);
        output.WriteLine($"p99 {P99(waiting):0.00} ms without refusals; {P99(refused):0.00} ms with ten times as many clients");
        Assert.True(P99(waiting) > 20, $"p99 {P99(waiting):0.00} ms");
        Assert.True(P99(refused) > 5, $"p99 {P99(refused):0.00} ms");
    }

    // The times until clients have heard that they are refused without having waited, and those of all answers, in milliseconds.
    private static (List<double> RefusedMs, List<double> AllMs) Storm(OverloadMode mode, int clientsOfLoop)
    {
        using var world = GateWorld.With(4, overload => overload, mode: mode);
        var clients = Enumerable.Range(0, clientsOfLoop).Select(_ => world.Client()).ToArray();
        var clock = world.World.Clock;
        var loop = (SimulatedLoop)world.Engine.Lanes[0].Loop;
        loop.CostUs = EventUs;
        var (refused, all) = (new List<double>(), new List<double>());
        var isOver = false;
        // The pool has its connections before: who waits for one of these is through already.
        foreach (var warm in clients.Take(4).Select(client => client.BeginQuery("SELECT SLEEP(0.01)")).ToArray())
            Assert.True(warm.Value.IsOk);
        foreach (var client in clients)
            Ask(client);
        world.World.RunFor(100);
        refused.Clear();
        all.Clear();
        var (usedUs, beganMs) = (loop.UsedUs, clock.ElapsedMs);
        world.World.RunFor(300);
        var share = (loop.UsedUs - usedUs) / ((clock.ElapsedMs - beganMs) * 1_000);
        // Whoever asks again as soon as he has heard wants as much as there is, five times and more than what could be run.
        Assert.True(mode != OverloadMode.Enforce || share > 0.95, $"the loop is busy for {share:0.00} of the time");
        isOver = true;
        loop.CostUs = 0;
        world.World.RunFor(5_000);
        return (refused, all);

        void Ask(FakeClient client)
        {
            var atMs = clock.ElapsedMs;
            client.BeginQuery("SELECT SLEEP(0.01)").WhenDone = asked =>
            {
                var tookMs = clock.ElapsedMs - atMs;
                all.Add(tookMs);
                if (asked.Value.Error is { } error && !error.Message.Contains("=standing", StringComparison.Ordinal)
                    && !error.Message.Contains("=wait", StringComparison.Ordinal))
                    refused.Add(tookMs);
                if (!isOver)
                    Ask(client);
            };
        }
    }

    private static double P99(List<double> took) => took.Count == 0 ? 0 : took.Order().ElementAt((int)(0.99 * (took.Count - 1)));

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
