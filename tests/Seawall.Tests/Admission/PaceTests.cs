using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Floodgates.Holds;
using Seawall.Testing;
using Xunit;

namespace Seawall.Tests.Admission;

/// <summary>So many statements of a rule in a second: the arithmetic, then what clients meet.</summary>
public sealed class PaceTests
{
    [Fact]
    public void A_burst_goes_at_once_and_the_rest_at_the_pace()
    {
        var pace = new Pace("mail", new(PerSecond: 10, Burst: 3, WaitMsMax: 1_000));

        Assert.Equal([0, 0, 0, 100, 200, 300], Enumerable.Range(0, 6).Select(_ => pace.Book(5_000, 1_000)));
        Assert.Equal(400, pace.Ask(5_000));
        Assert.Equal(300, pace.Book(5_100, 1_000));
    }

    [Fact]
    public void Whoever_would_have_to_wait_too_long_books_nothing()
    {
        var pace = new Pace("mail", new(PerSecond: 10, Burst: 1, WaitMsMax: 150));

        Assert.Equal([0, 100, -1, -1], Enumerable.Range(0, 4).Select(_ => pace.Book(0, 150)));
        Assert.Equal(100, pace.Book(100, 150));
        Assert.Equal((2, 2), (pace.Waited, pace.Refused));
    }

    [Fact]
    public void In_the_long_run_no_more_begin_than_may_whatever_comes()
    {
        var random = new Random(3);
        var pace = new Pace("mail", new(PerSecond: 50, Burst: 10, WaitMsMax: 400));
        var begun = new List<long>();
        for (long now = 0; now < 60_000; now += random.Next(8))
        {
            if (pace.Book(now, 400) is var waitMs and >= 0)
                begun.Add(now + waitMs);
        }
        // In any second at most the pace and one burst; over a minute all that the pace gives.
        begun.Sort();
        for (var i = 0; i < begun.Count; i++)
            Assert.True(begun.Count(at => at >= begun[i] && at < begun[i] + 1_000) <= 61, $"at {begun[i]}");
        Assert.InRange(begun.Count, 2_990, 3_031);
    }

    [Fact]
    public void Another_pace_holds_from_now_on()
    {
        var pace = new Pace("mail", new(PerSecond: 1, Burst: 1, WaitMsMax: 10_000));
        Assert.Equal([0, 1_000], [pace.Book(0, 10_000), pace.Book(0, 10_000)]);

        pace.Apply(new(PerSecond: 100, Burst: 1, WaitMsMax: 10_000));

        Assert.Equal([2_000, 2_010], [pace.Book(0, 10_000), pace.Book(0, 10_000)]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Statements_of_the_rule_begin_at_its_pace_and_the_others_as_they_like(int loops)
    {
        using var world = Mail(new(PerSecond: 4, Burst: 1, WaitMsMax: 800), loops);
        var began = world.World.Clock.ElapsedMs;

        var mails = Enumerable.Range(0, 6).Select(_ => world.Client().BeginQuery("SELECT 1 /*tenant='1'*/")).ToArray();
        var other = world.Client(new() { User = "boss", Password = "other" }).Query("SELECT 2");

        Assert.True(other.IsOk);
        Assert.True(world.World.Clock.ElapsedMs - began < 200);
        // One at once, three within 800 ms; two would have waited longer.
        Assert.Equal([0, 0, 0, 0, 1205, 1205], mails.Select(mail => mail.Value.Code).Order());
        Assert.InRange(world.World.Clock.ElapsedMs - began, 700, 900);
        var refused = mails.First(mail => !mail.Value.IsOk).Value.Error!.Message;
        Assert.Contains("rule 'mail' lets 4 of its statements begin in a second (classes.pace_per_second)", refused, StringComparison.Ordinal);
        Assert.Contains("shed class=low reason=pace classes.pace_wait_ms_max=800; retry_after_ms=", refused, StringComparison.Ordinal);
        Assert.Equal(3, world.Count(meter => meter.Holds));
        Assert.Equal(2, GateWorld.View(world, StatementClass.Low).Shed.Single(shed => shed.Reason == ShedReason.Pace).Count);
    }

    [Fact]
    public void What_belongs_to_an_open_transaction_has_no_pace()
    {
        using var world = Mail(new(PerSecond: 1, Burst: 1, WaitMsMax: 500));
        var client = world.Client();
        client.Query("BEGIN");
        var began = world.World.Clock.ElapsedMs;

        for (var i = 0; i < 5; i++)
            Assert.True(client.Query("INSERT INTO t VALUES (1)").IsOk);
        Assert.True(client.Query("COMMIT").IsOk);

        Assert.True(world.World.Clock.ElapsedMs - began < 200);
    }

    [Fact]
    public void Whoever_leaves_or_is_killed_while_he_waits_for_his_time_does_not_run()
    {
        using var world = Mail(new(PerSecond: 1, Burst: 1, WaitMsMax: 5_000));
        world.Client().Query("SELECT 0");
        var (leaver, victim) = (world.Client(), world.Client());
        leaver.BeginQuery("SELECT 'left'");
        var killed = victim.BeginQuery("SELECT 'killed'");
        world.World.RunFor(100);

        leaver.Cut();
        world.Client(new() { User = "boss", Password = "other" });
        var killer = world.Client().BeginQuery($"KILL QUERY {victim.ConnectionId}");
        world.World.RunFor(100);

        Assert.Equal(1317, killed.Value.Code);
        Assert.True(killer.Value.IsOk);
        world.World.RunFor(6_000);
        Assert.DoesNotContain(world.Pooled, connection => connection.Queries.Any(sql => sql is "SELECT 'left'" or "SELECT 'killed'"));
    }

    [Fact]
    public void Whoever_waits_for_his_time_hears_of_the_end_at_once()
    {
        using var world = Mail(new(PerSecond: 1, Burst: 1, WaitMsMax: 5_000));
        world.Client().Query("SELECT 0");
        var waiting = world.Client().BeginQuery("SELECT 'too late'");
        world.World.RunFor(50);

        world.BeginShutdown(TimeSpan.FromSeconds(10));

        Assert.Equal(1053, waiting.Value.Code);
    }

    [Fact]
    public void Observing_counts_who_would_have_waited_or_been_refused()
    {
        using var world = Mail(new(PerSecond: 4, Burst: 1, WaitMsMax: 800), mode: OverloadMode.Observe);

        var mails = Enumerable.Range(0, 6).Select(_ => world.Client().BeginQuery("SELECT 1")).ToArray();

        Assert.All(mails, mail => Assert.True(mail.Value.IsOk));
        Assert.Equal(2, GateWorld.View(world, StatementClass.Low).Shed.Single(shed => shed.Reason == ShedReason.Pace).Count);
        Assert.Equal((0, 0), (world.Count(meter => meter.Sheds), world.Count(meter => meter.Holds)));
    }

    [Fact]
    public void A_reload_that_changes_something_else_does_not_begin_a_pace_anew()
    {
        using var world = Mail(new(PerSecond: 1, Burst: 1, WaitMsMax: 100));
        Assert.True(world.Client().Query("SELECT 1").IsOk);

        world.Apply(options => options with { Overload = options.Overload with { QueueBytesMax = 5_000_000 } });

        Assert.Equal(1205, world.Client().Query("SELECT 2").Code);
    }

    private static EngineWorld Mail(PaceLimits pace, int loops = 1, OverloadMode mode = OverloadMode.Enforce) =>
        GateWorld.With(10, overload => overload with
        {
            Rules = [new(StatementClass.Low, "app", null, null, MayRaise: false) { Name = "mail", Pace = pace }],
        }, loops, mode: mode);
}
