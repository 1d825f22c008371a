using Seawall.Control.Admin;
using Seawall.Engine;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Floodgates.Holds;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Xunit;

namespace Seawall.Tests.Admission;

/// <summary>Groups of statements that somebody has cut down for a while.</summary>
public sealed class BrownoutTests
{
    [Fact]
    public void A_group_is_off_until_its_time_is_over_and_the_log_says_so_twice()
    {
        using var world = World();
        var (mail, app) = (Boss(world), world.Client());
        Assert.True(mail.Query("SELECT 1").IsOk);

        Begin(world, "BROWNOUT 'mail' FOR 2 MINUTES BECAUSE 'the queue is full'");
        var error = mail.Query("SELECT 2").Error!;

        Assert.Equal(1041, error.Code);
        Assert.Contains("'mail' is switched off for another 120 s, by a brown-out (group 'mail'); shed class=low reason=brownout; retry_after_ms=",
            error.Message, StringComparison.Ordinal);
        Assert.True(app.Query("SELECT 3").IsOk);
        Assert.Contains(world.Engine.Views.LastShed(10), row => row.Entry is { Reason: ShedReason.Brownout, User: "boss" });
        world.World.RunFor(121_000);
        Assert.True(Boss(world).Query("SELECT 4").IsOk);
        Assert.Single(world.Log.Lines, line => line.Contains("brown-out of group 'mail' for 2 minutes, by ann (the queue is full): 'mail' is off",
            StringComparison.Ordinal));
        Assert.Single(world.Log.Lines, line => line.Contains("that ann began has ended: its time is over", StringComparison.Ordinal));
        Assert.Equal(1, world.Engine.Brownouts.View().Single(view => view.Group.Name == "mail").Refused);
    }

    [Fact]
    public void A_level_has_all_groups_up_to_it_and_another_level_takes_its_place()
    {
        using var world = World();

        Begin(world, "BROWNOUT LEVEL 1 FOR 30 MINUTES");
        Assert.Equal(["mail"], Active(world));
        Begin(world, "brownout level 2 for 1 hour");
        Assert.Equal(["mail", "low"], Active(world));
        Begin(world, "BROWNOUT 'alone' FOR 5 MINUTES");
        Assert.Equal(["mail", "low", "alone"], Active(world));
        Begin(world, "BROWNOUT OFF 'alone'");
        Assert.Equal(["mail", "low"], Active(world));
        Begin(world, "BROWNOUT OFF");

        Assert.Empty(Active(world));
        Assert.True(Boss(world).Query("SELECT 1").IsOk);
    }

    [Fact]
    public void A_share_keeps_whole_pages()
    {
        using var world = World();
        var client = world.Client();
        Begin(world, "BROWNOUT 'low' FOR 30 MINUTES");
        var served = 0;
        for (var page = 0; page < 200; page++)
        {
            var sql = $"SELECT 1 /*priority='low',traceparent='00-{page:x32}-c532cb4098ac3dd2-01'*/";
            var answers = Enumerable.Range(0, 5).Select(_ => client.Query(sql).Code).Distinct().ToArray();
            Assert.Single(answers);
            served += answers[0] == 0 ? 1 : 0;
        }

        Assert.InRange(served, 30, 70); // A quarter of 200.
        Assert.True(client.Query("SELECT 2").IsOk);
    }

    [Fact]
    public void What_is_slowed_down_goes_at_a_pace()
    {
        using var world = World();
        Begin(world, "BROWNOUT 'alone' FOR 1 MINUTE");
        var began = world.World.Clock.ElapsedMs;

        var replies = Enumerable.Range(0, 4).Select(_ => world.Client().BeginQuery("SELECT 1 /*priority='background'*/")).ToArray();

        Assert.Equal([0, 0, 0, 1041], replies.Select(reply => reply.Value.Code).Order());
        Assert.InRange(world.World.Clock.ElapsedMs - began, 950, 1_200);
        var view = world.Engine.Brownouts.View().Single(view => view.Group.Name == "alone");
        Assert.Equal((2, 1), (view.Slowed, view.Refused));
    }

    [Fact]
    public void What_belongs_to_an_open_transaction_is_not_cut_down()
    {
        using var world = World();
        var mail = Boss(world);
        mail.Query("BEGIN");

        Begin(world, "BROWNOUT 'mail' FOR 1 MINUTE");

        Assert.True(mail.Query("INSERT INTO t VALUES (1)").IsOk);
        Assert.True(mail.Query("COMMIT").IsOk);
        Assert.Equal(1041, mail.Query("SELECT 1").Code);
    }

    [Fact]
    public void A_reload_does_not_end_it_unless_the_group_is_gone()
    {
        using var world = World();
        Begin(world, "BROWNOUT 'mail' FOR 1 MINUTE");

        world.Apply(options => options with { Overload = options.Overload with { QueueBytesMax = 5_000_000 } });
        Assert.Equal(1041, Boss(world).Query("SELECT 1").Code);
        world.Apply(options => options with { Overload = options.Overload with { Brownouts = [] } });

        Assert.True(Boss(world).Query("SELECT 1").IsOk);
        Assert.Contains(world.Log.Lines, line => line.Contains("has ended: the settings have no such group any more", StringComparison.Ordinal));
    }

    [Fact]
    public void Observing_counts_what_would_have_been_refused()
    {
        using var world = World(OverloadMode.Observe);
        var reply = Begin(world, "BROWNOUT 'mail' FOR 1 MINUTE");
        Assert.Contains("only counted", reply.Warnings.Single(), StringComparison.Ordinal);

        Assert.True(Boss(world).Query("SELECT 1").IsOk);

        Assert.Equal((1, 0), (world.Engine.Brownouts.View().Single(view => view.Group.Name == "mail").Refused, world.Count(meter => meter.Sheds)));
        Assert.Equal(1, GateWorld.View(world, StatementClass.Low).ShedInAll);
    }

    [Theory]
    [InlineData("BROWNOUT", "SHOW BROWNOUT has the groups")]
    [InlineData("BROWNOUT 'mail'", "for how long?")]
    [InlineData("BROWNOUT LEVEL 2", "for how long?")]
    [InlineData("BROWNOUT 'mail' FOR MINUTES", "SHOW BROWNOUT has the groups")]
    [InlineData("BROWNOUT 'mail' FOR 30", "a whole number of SECONDS, MINUTES or HOURS")]
    [InlineData("BROWNOUT 'mail' FOR 1.5 HOURS", "a whole number of SECONDS, MINUTES or HOURS")]
    [InlineData("BROWNOUT 'mail' FOR 2 DAYS", "a whole number of SECONDS, MINUTES or HOURS")]
    [InlineData("BROWNOUT 'mail' FOR 2147483647 HOURS", "At most 1440 minutes")]
    [InlineData("BROWNOUT 'mail' FOR 99999999999999999999999 MINUTES", "At most 1440 minutes")]
    [InlineData("BROWNOUT LEVEL 0 FOR 2 MINUTES", "levels are 1 to 9")]
    [InlineData("BROWNOUT LEVEL high FOR 2 MINUTES", "levels are 1 to 9")]
    [InlineData("BROWNOUT 'mail' FOR 0 MINUTES", "At most 1440 minutes")]
    [InlineData("BROWNOUT 'mail' FOR 25 HOURS", "At most 1440 minutes")]
    [InlineData("BROWNOUT 'mail' FOR 2 MINUTES BECAUSE why", "why? In quotes")]
    [InlineData("BROWNOUT LEVEL 10 FOR 2 MINUTES", "SHOW BROWNOUT has the groups")]
    [InlineData("BROWNOUT OFF 'mail' 'low'", "SHOW BROWNOUT has the groups")]
    [InlineData("BROWNOUT OFF 'mail'", "there is no brown-out of group 'mail'")]
    [InlineData("BROWNOUT 'nothing' FOR 2 MINUTES", "there is no group 'nothing' in [[brownouts]]")]
    [InlineData("BROWNOUT LEVEL", "SHOW BROWNOUT has the groups")]
    [InlineData("BROWNOUT FOR 2 MINUTES", "SHOW BROWNOUT has the groups")]
    [InlineData("BROWNOUT LEVEL FOR 2 MINUTES", "levels are 1 to 9")]
    [InlineData("BROWNOUT LEVEL -1 FOR 2 MINUTES", "levels are 1 to 9")]
    [InlineData("BROWNOUT 'mail' FOR -5 MINUTES", "a whole number of SECONDS, MINUTES or HOURS")]
    [InlineData("BROWNOUT 'mail' 2 MINUTES", "for how long?")]
    [InlineData("BROWNOUT 'mail' FOR 2 MINUTES OF PEACE", "SHOW BROWNOUT has the groups")]
    [InlineData("BROWNOUT 'mail FOR 2 MINUTES", "for how long?")]
    [InlineData("BROWNOUT '' FOR 2 MINUTES", "there is no group '' in [[brownouts]]")]
    [InlineData("BROWNOUT = FOR 2 MINUTES", "SHOW BROWNOUT has the groups")]
    public void What_makes_no_sense_is_refused_in_words(string command, string words)
    {
        using var world = World();

        var refusal = Assert.IsType<AdminRefusal>(Run(world.Engine, command));

        Assert.Contains(words, refusal.Words, StringComparison.Ordinal);
        Assert.Empty(Active(world));
    }

    [Fact]
    public void What_is_too_long_to_read_is_refused_and_not_said_again()
    {
        using var world = World();
        var tooLong = new string('x', 100_000);

        string[] commands = [$"BROWNOUT 'mail' FOR 2 MINUTES BECAUSE '{tooLong}'", $"BROWNOUT '{tooLong}' FOR 2 MINUTES", $"BROWNOUT OFF '{tooLong}'"];
        foreach (var command in commands)
            Assert.InRange(Assert.IsType<AdminRefusal>(Run(world.Engine, command)).Words.Length, 1, 200);
        Assert.Empty(Active(world));
        _ = Begin(world, $"BROWNOUT 'mail' FOR 2 MINUTES BECAUSE '{tooLong[..200]}'");
    }

    [Fact]
    public void While_nothing_is_limited_nothing_is_cut_down()
    {
        using var world = World(OverloadMode.Off);

        Assert.Contains("overload.mode", Assert.IsType<AdminRefusal>(Run(world.Engine, "BROWNOUT 'mail' FOR 2 MINUTES")).Words, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("brownout level 2 for 30 minutes because 'x'", "BROWNOUT LEVEL 2 FOR 30 MINUTES")]
    [InlineData("BROWNOUT mail FOR 90 SECONDS", "BROWNOUT 'mail' FOR 1.5 MINUTES")]
    [InlineData("BROWNOUT OFF", "BROWNOUT OFF")]
    [InlineData("BROWNOUT something else", "BROWNOUT, wrongly written")]
    public void The_log_hears_what_was_understood(string source, string said)
    {
        var text = AdminText.Read(source);
        Assert.Equal(said, AdminDesk.Said(text, AdminDesk.Find(text)!));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Of_several_the_strictest_counts(int seed)
    {
        var random = new Random(seed);
        var order = new BrownoutOrder("x", 0, 1_000, "", "");
        BrownoutCut Cut(BrownoutAction action, int amount) => new(
            new() { Name = "x", Action = action, Share = amount, Pace = new(amount, 1, 1) }, order, null, new());
        BrownoutCut[] cuts = [Cut(BrownoutAction.Off, 1), Cut(BrownoutAction.Share, 5), Cut(BrownoutAction.Share, 50), Cut(BrownoutAction.Slow, 3),
            Cut(BrownoutAction.Slow, 9)];
        for (var count = cuts.Length; count > 0; count--)
        {
            var some = cuts[^count..];
            random.Shuffle(some);
            Assert.Same(cuts[^count], some.Aggregate((BrownoutCut?)null, BrownoutCut.Stricter));
        }
    }

    private static IEnumerable<string> Active(EngineWorld world) =>
        world.Engine.Brownouts.View().Where(view => view.Order is not null).Select(view => view.Group.Name);

    private static AdminDone Begin(EngineWorld world, string command) => Assert.IsType<AdminDone>(Run(world.Engine, command));

    private static AdminReply Run(SeawallEngine engine, string command)
    {
        var words = AdminText.Read(command).Tokens.Skip(1).ToArray();
        return BrownoutCommand.Read(words, out var problem) is { } read
            ? read.Run(engine, "ann") : new AdminRefusal(MySql.Results.SqlError.Syntax, problem);
    }

    private static FakeClient Boss(EngineWorld world) => world.Client(new() { User = "boss", Password = "other" });

    private static EngineWorld World(OverloadMode mode = OverloadMode.Enforce) => GateWorld.With(10, overload => overload with
    {
        DeferMsMax = 0,
        Rules = [new(StatementClass.Low, "boss", null, null, MayRaise: false) { Name = "mail-out", Groups = ["mail"] }],
        Brownouts =
        [
            new() { Name = "mail", Level = 1 },
            new() { Name = "low", Level = 2, Action = BrownoutAction.Share, Share = 25, Classes = [StatementClass.Low] },
            new() { Name = "alone", Action = BrownoutAction.Slow, Pace = new(2, 1, 1_000), Classes = [StatementClass.Background] },
        ],
    }, mode: mode);
}
