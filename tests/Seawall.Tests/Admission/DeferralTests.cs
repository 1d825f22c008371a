using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Floodgates.Holds;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Xunit;

namespace Seawall.Tests.Admission;

/// <summary>What can be done at another time waits without a connection until there is room.</summary>
public sealed class DeferralTests
{
    [Fact]
    public void The_pace_grows_while_nobody_minds_and_shrinks_at_once_when_somebody_does()
    {
        var pace = new DeferralPace();
        for (long now = 0; now < 3_000; now += DeferralPace.EveryMs)
            pace.Note(waited: 0, holds: true, now);
        Assert.InRange(pace.PerSecond, 200, 400);
        var grown = pace.PerSecond;

        pace.Note(waited: 1, holds: true, 3_000);
        Assert.Equal(grown * 0.7, pace.PerSecond, 6);
        pace.Note(waited: 1, holds: false, 3_100);

        Assert.Equal(grown * 0.7, pace.PerSecond, 6);
    }

    [Fact]
    public void So_many_go_in_a_second_as_the_pace_says()
    {
        var pace = new DeferralPace();
        var went = 0;
        for (long now = 0; now < 2_000; now++)
        {
            if (!pace.Allows(now))
                continue;
            pace.Went(now);
            went++;
        }
        Assert.InRange(went, 19, 22); // It begins with ten in a second.
    }

    [Fact]
    public void Less_than_all_places_are_for_what_is_deferred_and_none_while_somebody_waits()
    {
        var sluice = Open(10);
        for (var i = 0; i < 6; i++)
            Assert.True(sluice.Deferral.TryPass(0, StatementClass.Background));
        Assert.False(sluice.Deferral.TryPass(0, StatementClass.Background));
        Assert.True(sluice.TryPass(0, StatementClass.Normal));
        var held = Join(sluice, 0);
        Assert.Equal(Turn.Waiting, held.Turn);

        sluice.Leave(0, StatementClass.Background, 10, 5);
        sluice.Deferral.Look(10);
        Assert.Equal(Turn.Waiting, held.Turn); // Six run still.
        sluice.Leave(0, StatementClass.Background, 20, 5);
        sluice.Deferral.Look(20);

        Assert.Equal((Turn.Come, 6), (held.Turn, sluice.Running));
    }

    [Fact]
    public void Nobody_who_is_deferred_goes_past_somebody_who_waits()
    {
        var sluice = Open(1);
        Assert.True(sluice.TryPass(0, StatementClass.Normal));
        var held = Join(sluice, 0);
        var normal = new Waits();
        normal.Apply(StatementClass.Normal, 0, 10, "app", 5);
        sluice.Join(normal, 5);

        sluice.Leave(0, StatementClass.Normal, 10, 5);
        sluice.Deferral.Look(10);

        Assert.Equal((Turn.Come, Turn.Waiting), (normal.Turn, held.Turn));
    }

    [Fact]
    public void What_is_held_has_an_end_in_number_bytes_and_time()
    {
        var sluice = Open(1, overload => overload with { DeferCountMax = 2, DeferBytesMax = 100 });
        Assert.True(sluice.TryPass(0, StatementClass.Normal));
        var first = Join(sluice, 0, bytes: 60, dueMs: 1_000);
        var bytes = Join(sluice, 0, bytes: 50);
        var second = Join(sluice, 0, bytes: 10);
        var third = Join(sluice, 0, bytes: 1);
        Assert.Equal((ShedReason.DeferBytes, ShedReason.DeferFull), (bytes.Reason, third.Reason));

        Assert.Equal(1, sluice.Deferral.LookAt(first, 999));
        Assert.Equal(-1, sluice.Deferral.LookAt(first, 1_000));

        Assert.Equal((Turn.Shed, ShedReason.Defer, 1_000), (first.Turn, first.Reason, first.LimitMs));
        Assert.Equal((Turn.Waiting, 1), (second.Turn, sluice.Deferral.View(1_000).Held));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void The_background_waits_without_a_connection_and_goes_when_the_storm_is_over(int loops)
    {
        using var world = Defer(running: 4, loops);
        var storm = Enumerable.Range(0, 4).Select(_ => world.Client().BeginQuery(GateWorld.Slow)).ToArray();
        world.World.RunFor(50);
        var reports = Enumerable.Range(0, 8).Select(_ => Boss(world).BeginQuery("SELECT SLEEP(0.01), 'report'")).ToArray();
        world.World.RunFor(2_000);

        Assert.DoesNotContain(reports, report => report.IsDone);
        Assert.Equal(8, world.Engine.Views.Sluices().Single().Deferral.Held);
        Assert.DoesNotContain(world.Pooled, connection => connection.Session.User == "boss");
        Assert.All(storm, reply => Assert.True(reply.Value.IsOk));
        Assert.All(reports, report => Assert.True(report.Value.IsOk));
        Assert.Equal((0, 8), (world.Engine.Views.Sluices().Single().Deferral.Held, world.Engine.Views.Sluices().Single().Deferral.Released));
        Assert.Equal((8, 8), (GateWorld.View(world, StatementClass.Background).Offered, GateWorld.View(world, StatementClass.Background).Admitted));
    }

    [Fact]
    public void While_there_is_room_the_background_goes_at_once()
    {
        using var world = Defer(running: 4);
        var boss = Boss(world);
        var began = world.World.Clock.ElapsedMs;

        for (var i = 0; i < 20; i++)
            Assert.True(boss.Query("SELECT 1").IsOk);

        Assert.True(world.World.Clock.ElapsedMs - began < 200);
        Assert.Equal((20, 0), (GateWorld.View(world, StatementClass.Background).Passed, world.Count(meter => meter.Holds)));
    }

    [Fact]
    public void Whoever_was_deferred_for_too_long_hears_why_and_nobody_tries_again_for_him()
    {
        using var world = Defer(running: 1, change: overload => overload with { DeferMsMax = 1_000 });
        world.Client().BeginQuery(GateWorld.Slow);
        world.World.RunFor(50);
        var began = world.World.Clock.ElapsedMs;
        var boss = Boss(world);

        var error = boss.Query("SELECT 'too late'").Error!;

        Assert.Equal(1041, error.Code);
        Assert.InRange(world.World.Clock.ElapsedMs - began, 950, 1_100);
        Assert.Contains("for 1000 ms there was no room for it (1 of 1 run); shed class=background reason=defer overload.defer_ms_max=1000",
            error.Message, StringComparison.Ordinal);
        Assert.Contains(world.Engine.Views.LastShed(10), row => row.Entry.Reason == ShedReason.Defer);
        world.World.RunFor(4_000);
        Assert.True(boss.Query("SELECT 'now'").IsOk);
    }

    [Fact]
    public void A_rule_can_defer_other_classes_and_a_deadline_is_kept()
    {
        using var world = Defer(running: 1, change: overload => overload with
        {
            Rules = [new(StatementClass.Low, "boss", null, null, MayRaise: false) { Name = "exports", DeferMsMax = 2_000 }],
        });
        world.Client().BeginQuery(GateWorld.Slow);
        world.World.RunFor(50);
        var (patient, hurried) = (Boss(world).BeginQuery("SELECT 1"), Boss(world).BeginQuery("SELECT 2 /*deadline_ms='300'*/"));
        world.World.RunFor(600);

        Assert.Equal((false, 1205), (patient.IsDone, hurried.Value.Code));
        Assert.Contains("reason=deadline", hurried.Value.Error!.Message, StringComparison.Ordinal);
        Assert.Contains("reason=defer classes.defer_ms_max=2000", patient.Value.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_deferred_ends_with_its_client_with_KILL_and_with_Seawall()
    {
        using var world = Defer(running: 1);
        world.Client().BeginQuery(GateWorld.Slow);
        world.World.RunFor(50);
        var (leaver, victim, last) = (Boss(world), Boss(world), Boss(world));
        leaver.BeginQuery("SELECT 'left'");
        var killed = victim.BeginQuery("SELECT 'killed'");
        var waiting = last.BeginQuery("SELECT 'closing'");
        world.World.RunFor(100);
        Assert.Equal(3, world.Engine.Views.Sluices().Single().Deferral.Held);

        leaver.Cut();
        Assert.True(Boss(world).Query($"KILL QUERY {victim.ConnectionId}").IsOk);
        Assert.Equal(1317, killed.Value.Code);
        Assert.Equal(1, world.Engine.Views.Sluices().Single().Deferral.Held);
        world.BeginShutdown(TimeSpan.FromSeconds(10));

        Assert.Equal(1053, waiting.Value.Code);
    }

    [Theory]
    [InlineData(OverloadMode.Observe)]
    [InlineData(OverloadMode.Off)]
    public void A_reload_after_which_nobody_is_held_lets_those_go_who_are(OverloadMode mode)
    {
        using var world = Defer(running: 1);
        var slow = world.Client().BeginQuery(GateWorld.Slow);
        world.World.RunFor(50);
        var held = Enumerable.Range(0, 30).Select(_ => Boss(world).BeginQuery("SELECT 1")).ToArray();
        world.World.RunFor(100);
        Assert.Equal(30, world.Engine.Views.Sluices().Single().Deferral.Held);

        world.Apply(options => options with { Overload = options.Overload with { Mode = mode } });
        world.World.RunFor(200);

        Assert.All(held, reply => Assert.True(reply.IsDone && reply.Value.IsOk));
        Assert.False(slow.IsDone);
    }

    [Fact]
    public void Observing_holds_nobody_and_counts_who_would_have_been()
    {
        using var world = Defer(running: 1, mode: OverloadMode.Observe);
        world.Client().BeginQuery(GateWorld.Slow);
        world.World.RunFor(50);

        Assert.True(Boss(world).Query("SELECT 1").IsOk);

        var deferral = world.Engine.Views.Sluices().Single().Deferral;
        Assert.Equal((0, 1, 0), (deferral.Held, deferral.Deferred, world.Count(meter => meter.Holds)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void After_a_storm_nothing_is_held_and_nothing_counted_twice(int seed)
    {
        using var world = Defer(running: 3, loops: 3, seed: seed, change: overload => overload with { DeferMsMax = 400 });
        var random = new Random(seed);
        for (var round = 0; round < 15; round++)
        {
            var clients = Enumerable.Range(0, 20).Select(_ => random.Next(2) == 0 ? Boss(world) : world.Client()).ToArray();
            foreach (var client in clients)
                client.BeginQuery(random.Next(3) == 0 ? "SELECT SLEEP(0.2)" : "SELECT 1");
            world.World.RunFor(random.Next(400));
            foreach (var client in clients)
                client.Cut();
        }
        world.World.RunFor(5_000);

        var view = world.Engine.Views.Sluices().Single();
        Assert.Equal((0, 0, 0L), (view.Running, view.Deferral.Held, view.Deferral.HeldBytes));
        var background = GateWorld.View(world, StatementClass.Background);
        Assert.Equal(background.Offered, background.Passed + background.Admitted + background.ShedInAll + background.Withdrawn);
        Assert.True(view.Deferral.Released > 0 && background.Withdrawn + background.ShedInAll > 0);
    }

    private static FakeClient Boss(EngineWorld world) => world.Client(new() { User = "boss", Password = "other" });

    private static EngineWorld Defer(int running, int loops = 1, int seed = 1, OverloadMode mode = OverloadMode.Enforce,
        Func<OverloadOptions, OverloadOptions>? change = null) => GateWorld.With(running, overload =>
        {
            var with = overload with { Rules = [new(StatementClass.Background, "boss", null, null, MayRaise: false) { Name = "reports" }] };
            return change?.Invoke(with) ?? with;
        }, loops, seed, mode);

    private static Sluice Open(int limit, Func<OverloadOptions, OverloadOptions>? change = null)
    {
        var sluice = new Sluice(1);
        sluice.Apply((change ?? (options => options))(new OverloadOptions { Mode = OverloadMode.Enforce }), limit, 0);
        return sluice;
    }

    private static Waits Join(Sluice sluice, long nowMs, int bytes = 10, long dueMs = 10_000)
    {
        var waits = new Waits();
        waits.Apply(StatementClass.Background, 0, bytes, "app", nowMs);
        waits.DueMs = dueMs;
        sluice.Deferral.Join(waits, nowMs);
        return waits;
    }

    private sealed class Waits : Applicant
    {
        internal override void Decided()
        {
        }
    }
}
