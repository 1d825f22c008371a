using Seawall.Engine.Flow;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Watch;
using Seawall.Testing;
using Xunit;

namespace Seawall.Tests.Admission;

/// <summary>What Seawall does when it runs short of something itself.</summary>
public sealed class StrainTests
{
    private const long MiB = 1 << 20;

    private long _memory = 10 * MiB;

    [Fact]
    public void A_gauge_goes_up_at_once_and_down_a_step_at_a_time()
    {
        var gauge = new StrainGauge(0.85, 0.92, 0.95);

        Assert.False(gauge.Note(0.84, 0));
        Assert.True(gauge.Note(0.96, 100));
        Assert.Equal((StrainLevel.Closed, 100L), (gauge.Level, gauge.SinceMs));
        Assert.False(gauge.Note(0.91, 200)); // Below the step, and not clearly.
        Assert.False(gauge.Note(0.90, 300));
        Assert.False(gauge.Note(0.90, 300 + StrainGauge.DownAfterMs - 1));
        Assert.True(gauge.Note(0.90, 300 + StrainGauge.DownAfterMs));
        Assert.Equal(StrainLevel.Shed, gauge.Level);
        Assert.False(gauge.Note(0.10, 6_000));
        Assert.False(gauge.Note(0.90, 6_100)); // Not for long enough without a pause.
        Assert.False(gauge.Note(0.10, 6_200));
        Assert.False(gauge.Note(0.10, 6_100 + StrainGauge.DownAfterMs));
        Assert.True(gauge.Note(0.10, 6_200 + StrainGauge.DownAfterMs));
        Assert.Equal(StrainLevel.Hurry, gauge.Level);
        Assert.True(gauge.Note(0.10, 30_000) | gauge.Note(0.10, 40_000));
        Assert.Equal(StrainLevel.None, gauge.Level);
    }

    [Theory]
    [InlineData(OverloadMode.Enforce, 1040)]
    [InlineData(OverloadMode.Observe, 0)]
    [InlineData(OverloadMode.Off, 0)]
    public void Newcomers_are_turned_away_while_there_is_no_memory_and_let_in_when_there_is_again(OverloadMode mode, int code)
    {
        using var world = World(mode);
        var inside = world.Client();
        _memory = 96 * MiB;
        world.World.RunFor(300);

        var newcomer = world.Connect().LogIn();

        Assert.Equal(code, newcomer.IsIn ? 0 : newcomer.Code);
        Assert.Equal("in", inside.Query("SELECT 'in'").Scalar);
        Assert.Equal(mode == OverloadMode.Off ? 0 : 1, world.Count(meter => meter.ClientsRefusedByStrain));
        if (mode == OverloadMode.Enforce)
        {
            Assert.Contains("memory: 96 of 100 MiB (protection.memory_mib_max)", newcomer.Error!.Message, StringComparison.Ordinal);
            Assert.Single(world.Log.Lines, line => line.Contains("new clients are turned away", StringComparison.Ordinal));
        }
        _memory = 10 * MiB;
        world.World.RunFor(20_000);
        Assert.True(world.Connect().LogIn().IsIn);
        Assert.All(world.Engine.Views.Strain(), row => Assert.Equal(StrainLevel.None, row.Reading.Level));
    }

    [Theory]
    [InlineData(OverloadMode.Enforce)]
    [InlineData(OverloadMode.Observe)]
    public void Idle_clients_go_sooner_and_those_who_hold_something_stay(OverloadMode mode)
    {
        using var world = World(mode);
        var idle = world.Client();
        var inTransaction = world.Client();
        Assert.True(inTransaction.Query("BEGIN").IsOk);
        var pinned = world.Client();
        Assert.True(pinned.Query("SET @a = 1").IsOk);
        var early = world.Client();
        world.World.RunFor(20_000);
        Assert.True(early.Query("SELECT 1").IsOk);
        _memory = 86 * MiB;
        world.World.RunFor(15_000); // 35 s of silence, and 15.

        Assert.Equal(1, world.Count(meter => meter.ClientsHurried));
        Assert.Equal("x", inTransaction.Query("SELECT 'x'").Scalar);
        Assert.Equal("1", pinned.Query("SELECT @a").Scalar);
        Assert.True(early.Query("SELECT 1").IsOk);
        if (mode == OverloadMode.Observe)
        {
            Assert.True(idle.Query("SELECT 1").IsOk);
            return;
        }
        var said = idle.BeginRead(sequence: 0).Value.Results[0].Error!;
        Assert.Equal(4031, said.Code);
        Assert.Contains("30000 ms (protection.idle_ms_max) and Seawall runs short of memory: 86 of 100 MiB", said.Message, StringComparison.Ordinal);
        // Nobody is hurried any more when there is memory again.
        _memory = 10 * MiB;
        world.World.RunFor(10_000);
        Assert.True(early.Query("SELECT 1").IsOk);
        world.World.RunFor(60_000);
        Assert.True(early.Query("SELECT 1").IsOk);
    }

    [Theory]
    [InlineData(OverloadMode.Enforce, OverloadMode.Enforce, 1041)]
    [InlineData(OverloadMode.Observe, OverloadMode.Enforce, 0)]
    [InlineData(OverloadMode.Enforce, OverloadMode.Observe, 0)]
    public void Low_classes_are_refused_and_the_others_served(OverloadMode protection, OverloadMode overload, int code)
    {
        using var world = World(protection, options => options with
        {
            Overload = options.Overload with
            {
                Mode = overload,
                Rules = [new(StatementClass.Background, null, "reports", null, MayRaise: false)],
            },
        });
        var report = world.Client(new() { Schema = "reports" });
        var shop = world.Client();
        Assert.True(report.Query("BEGIN").IsOk);
        _memory = 93 * MiB;
        world.World.RunFor(300);

        Assert.True(report.Query("SELECT 'what has begun must be able to end'").IsOk);
        Assert.True(report.Query("COMMIT").IsOk);
        var reply = report.Query("SELECT 1");
        Assert.Equal(code, reply.Code);
        Assert.True(shop.Query("SELECT 1").IsOk);
        if (code != 0)
        {
            Assert.Contains("Seawall runs short of memory: 93 of 100 MiB (protection.memory_mib_max); shed class=background reason=self",
                reply.Error!.Message, StringComparison.Ordinal);
        }
        Assert.Equal(ShedReason.Self, world.Engine.Views.LastShed(10).Single().Entry.Reason);
        // Each has come once, also where both are only counted: the BEGIN and the refused one.
        Assert.Equal(2, world.Engine.Views.Sluices().Single().Classes.Single(view => view.Class == StatementClass.Background).Offered);
        // One that is longer than what a loop reads at once is taken whole, and the client goes on.
        var name = new string('x', 300_000);
        var longer = report.Query($"SELECT '{name}'");
        Assert.Equal(code, longer.Code);
        Assert.Equal(code, report.Query("SELECT 2").Code);
        _memory = 10 * MiB;
        world.World.RunFor(20_000);
        Assert.True(report.Query("SELECT 1").IsOk);
    }

    [Fact]
    public void A_loop_that_is_late_once_is_no_reason_and_one_that_stays_late_is()
    {
        using var world = World(OverloadMode.Enforce);
        var delayMs = 0;
        var strain = new Strain(() => new ProtectionOptions());
        var watch = new SelfWatch(world.Engine.ControlLoop, strain, () => 0, [() => delayMs * 1000L, () => 0], () => { }, world.Log)
        {
            DescriptorsMax = () => 1000,
            Memory = () => 0,
        };
        for (var i = 0; i < 4; i++)
            watch.Look();
        delayMs = 1_700;
        watch.Look();
        delayMs = 0;
        watch.Look();
        Assert.Equal(StrainLevel.None, strain.Level);
        delayMs = 250;
        for (var i = 0; i < 4; i++)
            watch.Look();
        Assert.Equal(StrainLevel.Shed, strain.Level);
        Assert.False(strain.HurriesIdle); // That would cost time.
        delayMs = 1_000;
        for (var i = 0; i < 4; i++)
            watch.Look();
        Assert.Equal(StrainLevel.Closed, strain.Level);
        Assert.Equal("time: everything waits 1000 ms for its turn (protection.delay_ms_max = 200)", strain.Cause);
    }

    private EngineWorld World(OverloadMode mode, Func<Engine.EngineOptions, Engine.EngineOptions>? change = null)
    {
        var world = new EngineWorld(new()
        {
            Prepare = server => server.Schemas.Add("reports"),
            With = options => (change ?? (same => same))(options with
            {
                Protection = new() { Mode = mode, MemoryMax = 100 * MiB },
            }),
        });
        world.Engine.SelfWatch.Memory = () => _memory;
        world.World.RunFor(300);
        return world;
    }
}
