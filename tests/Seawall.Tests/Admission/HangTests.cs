using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Testing;
using Seawall.Testing.Worlds;
using Xunit;

namespace Seawall.Tests.Admission;

/// <summary>Servers that hang, drip, reset or have fallen into a black hole, in virtual time.</summary>
public sealed class HangTests(ITestOutputHelper output)
{
    private const int Places = 4;
    private const string Work = "SELECT SLEEP(0.05), 'work'";

    // M8
    [Theory]
    [InlineData(Trouble.Hang)]
    [InlineData(Trouble.Drip)]
    [InlineData(Trouble.BlackHole)]
    [InlineData(Trouble.Reset)]
    public void A_server_in_trouble_is_found_within_two_seconds_and_its_places_are_free(Trouble trouble)
    {
        using var world = World();
        var load = new AskingClients(world, 12, Work);
        load.RunFor(1_000);
        Assert.True(load.Answered > 20, $"{load.Answered} answered");
        var began = world.World.Clock.ElapsedMs;
        ServerTrouble.Begin(world, world.Server, trouble);
        load.Errors.Clear();

        load.RunUntil(() => world.Engine.Facts.Primary!.Health == ServerHealth.Down, 5_000);
        var foundMs = world.World.Clock.ElapsedMs - began;
        load.RunFor(50);
        var running = GateWorld.View(world, StatementClass.Normal).Running;
        output.WriteLine($"{trouble}: found after {foundMs} ms, {running} run, {string.Join(" / ", load.Errors.Distinct().Take(4))}");

        Assert.InRange(foundMs, 0, 2_000);
        Assert.Equal(0, running);
        // Those whose statements had been sent are told that nobody knows, unless half an answer has come, which nothing can follow; the
        // others that they did not run. Nobody else has lost his connection.
        var untold = trouble == Trouble.Drip ? Places : 1;
        var told = load.Errors.Count(error => error.Message.Contains("whether the statement ran is not known", StringComparison.Ordinal));
        Assert.InRange(told, Places - untold, Places);
        Assert.All(load.Errors, error => Assert.Contains("[seawall: ", error.Message, StringComparison.Ordinal));
        Assert.InRange(world.Engine.ClientCount, 12 - untold + 1, 12);
        if (trouble != Trouble.Reset)
            Assert.Contains("it hangs: ", world.Engine.Facts.Primary!.Problem, StringComparison.Ordinal);

        ServerTrouble.End(world, world.Server, trouble);
        var answered = load.Answered;
        load.RunUntil(() => world.Engine.Facts.Primary!.Health == ServerHealth.Up && load.Answered > answered + 50, 15_000);
        Assert.True(load.Answered > answered + 50, "it is not taken up again");
        load.Stop();
        // What drips is under way for a while.
        world.World.RunFor(20_000);
    }

    // The control: nobody watches, and those who wait go on waiting.
    [Fact]
    public void Without_the_watch_a_server_that_hangs_keeps_its_places_and_everybody_waits()
    {
        using var world = World(hangMsMax: 0);
        var load = new AskingClients(world, 12, Work);
        load.RunFor(1_000);
        world.Server.Freeze();
        load.RunFor(4_000);
        Assert.Equal(Places, GateWorld.View(world, StatementClass.Normal).Running);
        Assert.DoesNotContain(load.Errors, error => error.Message.Contains("not known", StringComparison.Ordinal));
        world.Server.Thaw();
        load.Stop();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Long_statements_are_no_hang(bool hasNoMonitor)
    {
        using var world = World(learns: hasNoMonitor);
        var clients = Enumerable.Range(0, 3).Select(_ => world.Client()).ToArray();
        var waits = clients.Select(client => client.BeginQuery("SELECT SLEEP(40), 'long'")).ToArray();
        world.World.RunFor(30_000);
        Assert.Equal(ServerHealth.Up, world.Engine.Facts.Primary!.Health);
        Assert.All(waits, wait => Assert.True(wait.Value.IsOk));
        Assert.Equal(0, world.Engine.Views.Servers().Single().Hangs);
        // What was asked with was given back.
        world.World.RunFor(15_000);
        Assert.InRange(world.Server.LiveOf("monitor").Count(), 0, 1);
    }

    [Fact]
    public void A_pause_of_Seawall_itself_is_no_hang_of_the_server()
    {
        using var world = World();
        var wait = world.Client().BeginQuery("SELECT SLEEP(40), 'long'");
        world.World.RunFor(900);
        SimulatedLoop[] loops = [(SimulatedLoop)world.Engine.ControlLoop, .. world.Engine.Lanes.Select(lane => (SimulatedLoop)lane.Loop)];
        foreach (var pausedMs in (int[])[1_500, 5_000, 8_000])
        {
            foreach (var loop in loops)
                loop.IsFrozen = true;
            world.World.RunFor(pausedMs);
            foreach (var loop in loops)
                loop.IsFrozen = false;
            world.World.RunFor(1_100);
        }
        Assert.True(wait.Value.IsOk);
        Assert.Equal(0, world.Engine.Views.Servers().Single().Hangs);
    }

    [Fact]
    public void Whoever_had_a_transaction_open_there_hears_that_it_is_lost_and_not_that_a_statement_ran()
    {
        using var world = World();
        var inside = world.Client();
        Assert.True(inside.Query("BEGIN").IsOk);
        Assert.True(inside.Query("INSERT INTO t VALUES (1)").IsOk);
        var other = world.Client().BeginQuery(Work);
        world.World.RunFor(20);
        world.Server.Freeze();
        Assert.Contains("whether the statement ran is not known", other.Value.Error!.Message, StringComparison.Ordinal);
        world.Server.Thaw();
        world.World.RunFor(2_000);
        Assert.Contains("transaction", inside.Query("COMMIT").Error!.Message, StringComparison.Ordinal);
        var events = world.Engine.GateEvents(10).Where(one => one.Event.Kind == GateEventKind.Server).Select(one => one.Event.To);
        Assert.Equal(["answers", "hangs"], events);
    }

    private static EngineWorld World(int hangMsMax = 2_000, bool learns = false) => new(new()
    {
        Learns = learns,
        Loops = 2,
        WithServer = server => server with { RunningMax = Places, HangMsMax = hangMsMax },
        With = options => options with { Overload = options.Overload with { Mode = OverloadMode.Enforce } },
    });
}
