using Seawall.Control.Admin;
using Seawall.Engine.Flow;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Testing;
using Xunit;

namespace Seawall.Tests.Admission;

/// <summary>What would become of a statement, said without touching anything.</summary>
public sealed class ExplainTests
{
    [Fact]
    public void A_statement_that_would_pass_is_followed_to_the_end()
    {
        using var world = World(running: 4);

        var steps = Explain(world, "'SELECT 1 FROM t WHERE a = 7 /*priority=''low'',tenant=''9'',deadline_ms=''300''*/' ACCOUNT 'boss'");

        Assert.Equal(["mode", "digest", "rule", "class", "cohort", "deadline_ms", "queue", "decision", "in a transaction"], steps.Select(step => step.Step));
        Assert.Equal(("enforce", "shop", "low", "300", "passes"), (Of(steps, "mode").Result, Of(steps, "rule").Result, Of(steps, "class").Result,
            Of(steps, "deadline_ms").Result, Of(steps, "decision").Result));
        Assert.Equal("select ? from t where a = ?", Of(steps, "digest").Why);
        Assert.Equal("its comment says so; rule 'shop' says so: critical", Of(steps, "class").Why);
        Assert.InRange(int.Parse(Of(steps, "cohort").Result, System.Globalization.CultureInfo.InvariantCulture), 0, 127);
        Assert.Equal((0L, 0L, 0L, 0L), GateWorld.Offered(world));
    }

    [Fact]
    public void What_it_says_is_what_then_happens()
    {
        using var world = World(running: 1);
        world.Client().BeginQuery(GateWorld.Slow);
        world.World.RunFor(50);

        Assert.Equal("waits", Of(Explain(world, "'SELECT 1'"), "decision").Result);
        for (var i = 0; i < 4; i++)
            world.Client().BeginQuery("SELECT 1");
        world.World.RunFor(50);
        var full = Of(Explain(world, "'SELECT 1'"), "decision");
        Assert.Equal(("is refused", "reason=queue_full"), (full.Result, full.Why));
        Assert.Equal(1205, world.Client().Query("SELECT 1").Code);
        Assert.Equal("waits", Of(Explain(world, "'SELECT 1' ACCOUNT 'boss'"), "decision").Result);
        Assert.Equal("is deferred", Of(Explain(world, "'SELECT 1' SCHEMA 'reports'"), "decision").Result);
        Assert.Equal("passes", Of(Explain(world, "'COMMIT'"), "decision").Result);
    }

    [Fact]
    public void Where_nobody_is_held_it_passes_and_it_says_what_would_be()
    {
        using var world = World(running: 1, OverloadMode.Observe);
        world.Client().BeginQuery(GateWorld.Slow);
        world.World.RunFor(50);

        var decision = Of(Explain(world, "'SELECT 1'"), "decision");
        Assert.Equal("passes", decision.Result);
        Assert.StartsWith("it is only counted (overload.mode) that it would wait: those before it", decision.Why, StringComparison.Ordinal);
        decision = Of(Explain(world, "'SELECT 1' SCHEMA 'reports'"), "decision");
        Assert.Equal("passes", decision.Result);
        Assert.Contains("would be deferred", decision.Why, StringComparison.Ordinal);
        Assert.True(world.Client().Query("SELECT 1").IsOk);
    }

    [Fact]
    public void An_account_that_nobody_knows_is_said_to_be_unknown()
    {
        using var world = World(running: 1);

        Assert.Equal("unknown", Of(Explain(world, "'SELECT 1' ACCOUNT 'bos'"), "account").Result);
        Assert.DoesNotContain(Explain(world, "'SELECT 1' ACCOUNT 'boss'"), step => step.Step == "account");
    }

    [Fact]
    public void Brown_outs_and_paces_are_told_and_nothing_is_booked()
    {
        using var world = World(running: 4);
        Assert.Equal("passes", Of(Explain(world, "'SELECT 1' FROM '10.1.1.1'"), "pace").Result);
        Assert.Equal("passes", Of(Explain(world, "'SELECT 1' FROM '10.1.1.1'"), "pace").Result);

        world.Engine.Brownouts.Begin("mail", 0, TimeSpan.FromMinutes(1), "ann", "");
        var steps = Explain(world, "'SELECT 1' FROM '10.1.1.1'");

        Assert.Equal("'mail' is off, group 'mail', for another 60 s", Of(steps, "brown-out").Why);
        Assert.Equal(("is refused", "reason=brownout"), (Of(steps, "decision").Result, Of(steps, "decision").Why));
    }

    [Fact]
    public void While_nothing_is_limited_everything_passes()
    {
        using var world = World(running: 1, OverloadMode.Off);

        Assert.Equal(("passes", "nothing is limited while overload.mode is off"),
            (Of(Explain(world, "'SELECT 1'"), "decision").Result, Of(Explain(world, "'SELECT 1'"), "decision").Why));
    }

    [Theory]
    [InlineData("EXPLAIN ADMISSION")]
    [InlineData("EXPLAIN ADMISSION FOR SELECT 1")]
    [InlineData("EXPLAIN ADMISSION FOR 'SELECT 1' ACCOUNT")]
    [InlineData("EXPLAIN ADMISSION FOR 'SELECT 1' FROM 'somewhere'")]
    [InlineData("EXPLAIN ADMISSION FOR 'SELECT 1' FROM '10.0.0.1:3306'")]
    [InlineData("EXPLAIN ADMISSION FOR 'SELECT 1' AS 'x'")]
    [InlineData("EXPLAIN ADMISSION FOR")]
    [InlineData("EXPLAIN ADMISSION FOR ''")]
    [InlineData("EXPLAIN ADMISSION FOR '  '")]
    [InlineData("EXPLAIN ADMISSION 'SELECT 1'")]
    [InlineData("EXPLAIN ADMISSION FOR 'SELECT 1' ACCOUNT boss")]
    [InlineData("EXPLAIN ADMISSION FOR 'SELECT 1' ACCOUNT 'boss' account 'app'")]
    [InlineData("EXPLAIN ADMISSION FOR 'SELECT 1' 'SELECT 2'")]
    public void What_makes_no_sense_hears_how_it_is_written(string command)
    {
        Assert.Null(ExplainCommand.Read([.. AdminText.Read(command).Tokens.Skip(2)], out var problem));
        Assert.Contains("EXPLAIN ADMISSION FOR 'statement' [ACCOUNT 'user']", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SELECT")]
    [InlineData("''''")]
    [InlineData("/*")]
    [InlineData("/*priority=''P0''*/ SELECT 1")]
    [InlineData("\0\0")]
    [InlineData("COMMIT; DROP TABLE t")]
    public void Whatever_the_statement_is_there_is_an_answer(string statement)
    {
        using var world = World(running: 1);
        Assert.Contains(Explain(world, $"'{statement}'"), step => step.Step == "decision");
    }

    [Fact]
    public void A_door_that_there_is_not_is_refused_and_one_that_there_is_may_be_written_as_it_is_listed()
    {
        using var world = World(running: 1);

        foreach (var command in (string[])["EXPLAIN ADMISSION", "EXPLAIN ROUTE"])
        {
            var refusal = Assert.IsType<AdminRefusal>(Ask(world, command, "LISTEN '10.0.0.1:1'"));
            Assert.Equal("'10.0.0.1:1' is none of clients.listen: 127.0.0.1:3307", refusal.Words);
            Assert.IsType<AdminTable>(Ask(world, command, "LISTEN '127.0.0.1:3307'"));
        }

        static AdminReply Ask(EngineWorld world, string command, string words)
        {
            var question = ExplainCommand.Read([.. AdminText.Read($"FOR 'SELECT 1' {words}").Tokens], out _, command)!;
            return ExplainCommand.Run(world.Engine, question,
                command == "EXPLAIN ROUTE" ? world.Engine.ExplainRoute : world.Engine.ExplainAdmission);
        }
    }

    [Fact]
    public void Each_change_of_mode_is_one_event_with_its_cause()
    {
        using var world = World(running: 1, OverloadMode.Observe);
        world.Apply(options => options with { Overload = options.Overload with { Mode = OverloadMode.Enforce, LongShareMax = 100 } });
        world.Client().BeginQuery("SELECT SLEEP(2)");
        world.World.RunFor(50);
        // Somebody always waits for longer than the half second that one may.
        for (var i = 0; i < 6; i++)
        {
            world.Client().BeginQuery("SELECT SLEEP(0.2)");
            world.World.RunFor(100);
        }
        world.World.RunFor(5_000);
        world.Engine.Brownouts.Begin("mail", 0, TimeSpan.FromMinutes(1), "ann", "why");
        world.World.RunFor(61_000);

        var events = world.Engine.GateEvents(100).Select(row => row.Event).Reverse().ToArray();
        Assert.Equal(
            [(GateEventKind.Mode, "db", "enforce"), (GateEventKind.Queue, "db normal", "newest first"), (GateEventKind.Queue, "db normal", "oldest first"),
                (GateEventKind.Brownout, "group 'mail'", "'mail' is off"), (GateEventKind.Brownout, "group 'mail'", "as before")],
            events.Select(news => (news.Kind, news.Of, news.To)));
        Assert.Equal("overload.mode was observe", events[0].Cause);
        Assert.StartsWith("it has not been empty for 500 ms (overload.normal_wait_ms_max)", events[1].Cause, StringComparison.Ordinal);
        Assert.Equal("for 1 minutes, by ann (why)", events[3].Cause);
        Assert.Single(world.Log.Lines, line => line.Contains("queue db normal: newest first from now on", StringComparison.Ordinal));
    }

    private static AdmissionStep Of(IReadOnlyList<AdmissionStep> steps, string name) => steps.Single(step => step.Step == name);

    private static IReadOnlyList<AdmissionStep> Explain(EngineWorld world, string words) => world.Engine.ExplainAdmission(
        ExplainCommand.Read([.. AdminText.Read($"FOR {words}").Tokens], out var problem) ?? throw new InvalidOperationException(problem))!;

    private static EngineWorld World(int running, OverloadMode mode = OverloadMode.Enforce) => GateWorld.With(running, overload => overload with
    {
        Rules =
        [
            new(StatementClass.Critical, "boss", null, null, MayRaise: false) { Name = "shop" },
            new(StatementClass.Background, null, "reports", null, MayRaise: false) { Name = "reports" },
            new(StatementClass.Low, null, null, Engine.Loops.PeerNetworks.Read(["10.0.0.0/8"], out _), MayRaise: false)
            {
                Name = "mail-out",
                Groups = ["mail"],
                Pace = new(1, 1, 100),
            },
        ],
        Brownouts = [new() { Name = "mail", Level = 1 }],
    }, mode: mode);
}
