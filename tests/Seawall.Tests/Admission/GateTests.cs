using Seawall.Engine.Flow.Floodgates;
using Seawall.MySql.Handshakes;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Xunit;

namespace Seawall.Tests.Admission;

/// <summary>What clients meet at a sluice: the real engine in the simulated world.</summary>
public sealed class GateTests
{
    private const string Slow = "SELECT SLEEP(3), 'slow'";

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_statement_waits_for_its_turn_and_runs_when_it_comes(int loops)
    {
        using var world = Gate(running: 1, loops: loops, change: overload => With(overload, StatementClass.Normal, 5_000, 5_000));
        var slow = world.Client().BeginQuery(Slow);
        world.World.RunFor(50);
        var waiting = world.Client().BeginQuery("SELECT 'its turn'");
        world.World.RunFor(1_000);

        Assert.False(waiting.IsDone);
        Assert.Equal((1, 1), (Normal(world).Running, Normal(world).Waiting));
        Assert.DoesNotContain(world.Pooled, connection => connection.Queries.Contains("SELECT 'its turn'"));
        Assert.Equal("its turn", waiting.Value.Scalar);
        Assert.True(slow.Value.IsOk);
    }

    [Fact]
    public void Whoever_has_waited_too_long_hears_why_and_goes_on_as_if_nothing_had_happened()
    {
        using var world = Gate(running: 1);
        var client = world.Client();
        Assert.True(client.Query("SET time_zone = '+03:00'").IsOk);
        world.Client().BeginQuery(Slow);
        world.World.RunFor(50);
        var began = world.World.Clock.ElapsedMs;

        var error = client.Query("SELECT 'refused'").Error!;

        Assert.Equal((1205, "HY000"), (error.Code, error.State));
        Assert.StartsWith("Lock wait timeout exceeded; try restarting transaction [seawall: the statement did not run", error.Message,
            StringComparison.Ordinal);
        Assert.Contains("1 of 1 statements running (servers.running_max)", error.Message, StringComparison.Ordinal);
        Assert.Contains("class=normal reason=wait overload.normal_wait_ms_max=500", error.Message, StringComparison.Ordinal);
        Assert.InRange(world.World.Clock.ElapsedMs - began, 490, 600);
        var (server, entry, _) = world.Engine.Views.LastShed(10).Single();
        Assert.Contains($"id={server}-{entry.Id};", error.Message, StringComparison.Ordinal);
        Assert.Equal(("app", ShedReason.Wait, StatementClass.Normal), (entry.User, entry.Reason, entry.Class));
        world.World.RunFor(4_000);
        Assert.Equal(["Error", "1205", error.Message], client.Query("SHOW WARNINGS").Row);
        Assert.Equal("+03:00", client.Query("SELECT @@time_zone").Scalar);
        Assert.Equal(1, world.Count(meter => meter.Sheds));
        Assert.DoesNotContain(world.Pooled, connection => connection.Queries.Contains("SELECT 'refused'"));
    }

    [Theory]
    [InlineData(ShedError.OutOfResources, false, 1041)]
    [InlineData(ShedError.QueryTimeout, false, 3024)]
    [InlineData(ShedError.QueryTimeout, true, 1969)]
    public void The_error_is_the_one_of_the_class(ShedError error, bool isMariaDb, int code)
    {
        using var world = Gate(running: 1, kind: isMariaDb ? FakeServerKind.MariaDb1011 : FakeServerKind.MySql97,
            change: overload => With(overload, StatementClass.Normal, 100, 100, error));
        world.Client().BeginQuery(Slow);
        world.World.RunFor(50);

        Assert.Equal(code, world.Client().Query("SELECT 1").Code);
    }

    [Fact]
    public void What_belongs_to_an_open_transaction_never_waits()
    {
        using var world = Gate(running: 1);
        var client = world.Client();
        client.Query("BEGIN");
        world.Client().BeginQuery(Slow);
        world.World.RunFor(50);

        var began = world.World.Clock.ElapsedMs;
        Assert.Equal("x", client.Query("SELECT 'x'").Scalar);
        Assert.True(client.Query("COMMIT").IsOk);
        Assert.True(world.World.Clock.ElapsedMs - began < 100);
        Assert.Equal(2, Normal(world).Continued);
        Assert.Equal(1205, client.Query("SELECT 'outside'").Code);
    }

    [Fact]
    public void The_more_important_goes_first_though_it_came_last()
    {
        using var world = Gate(running: 1, change: overload => overload with
        {
            Classes = [.. overload.Classes.Select(limits => limits with { WaitMsMax = 10_000, StandingMsMax = 10_000 })],
            Rules =
            [
                new(StatementClass.Critical, "boss", null, null, MayRaise: false),
                new(StatementClass.Low, null, "reports", null, MayRaise: false),
            ],
        });
        var slow = world.Client().BeginQuery(Slow);
        world.World.RunFor(50);
        var low = world.Client(new() { Schema = "reports" }).BeginQuery("SELECT SLEEP(2), 'low'");
        world.World.RunFor(50);
        var normal = world.Client().BeginQuery("SELECT SLEEP(2), 'normal'");
        world.World.RunFor(50);
        var critical = world.Client(new() { User = "boss", Password = "other" }).BeginQuery("SELECT SLEEP(2), 'critical'");
        Assert.True(slow.Value.IsOk);
        world.World.RunFor(1_000);
        Assert.False(normal.IsDone || low.IsDone);
        Assert.True(critical.Value.IsOk);
        world.World.RunFor(1_000);
        Assert.False(low.IsDone);
        Assert.True(normal.Value.IsOk && low.Value.IsOk);
        Assert.Equal((0, 1), (View(world, StatementClass.Critical).Passed, View(world, StatementClass.Critical).Admitted));
        Assert.Equal((0, 1), (View(world, StatementClass.Low).Passed, View(world, StatementClass.Low).Admitted));
    }

    [Fact]
    public void A_tag_makes_a_statement_less_important_and_more_only_where_it_may()
    {
        using var world = Gate(running: 10, change: overload => overload with
        {
            Rules = [new(StatementClass.Normal, "boss", null, null, MayRaise: true)],
        });
        var (app, boss) = (world.Client(new() { Capabilities = FakeClientOptions.Modern | Capabilities.QueryAttributes }),
            world.Client(new() { User = "boss", Password = "other" }));

        app.Query("SELECT 1 /*priority='low',traceparent='00-5bd66ef5095369c7b0d1f8f4bd33716a-c532cb4098ac3dd2-01'*/");
        Assert.True(app.BeginQuery("SELECT 2", ("seawall.priority", "background")).Value.IsOk);
        app.Query("SELECT 3 /*priority='critical'*/");
        boss.Query("SELECT 4 /*priority='critical'*/;");

        Assert.Equal((1, 1, 1, 1), (View(world, StatementClass.Critical).Offered, View(world, StatementClass.Normal).Offered,
            View(world, StatementClass.Low).Offered, View(world, StatementClass.Background).Offered));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Whoever_leaves_while_he_waits_is_out_of_the_queue_at_once(int loops)
    {
        using var world = Gate(running: 1, loops: loops);
        world.Client().BeginQuery(Slow);
        world.World.RunFor(50);
        var client = world.Client();
        client.BeginQuery("SELECT 'gone'");
        world.World.RunFor(100);
        Assert.Equal(1, Normal(world).Waiting);

        client.Cut();
        world.World.RunFor(20);

        Assert.Equal((0, 1), (Normal(world).Waiting, Normal(world).Withdrawn));
        world.World.RunFor(5_000);
        Assert.DoesNotContain(world.Pooled, connection => connection.Queries.Contains("SELECT 'gone'"));
    }

    [Fact]
    public void A_statement_that_waits_can_be_killed()
    {
        using var world = Gate(running: 1, change: overload => With(overload, StatementClass.Normal, 5_000, 5_000));
        var (killer, client) = (world.Client(), world.Client());
        world.Client().BeginQuery(Slow);
        world.World.RunFor(50);
        var waiting = client.BeginQuery("SELECT 'killed'");
        world.World.RunFor(50);

        Assert.True(killer.Query($"KILL QUERY {client.ConnectionId}").IsOk);

        Assert.Equal(1317, waiting.Value.Code);
        Assert.Equal(0, Normal(world).Waiting);
    }

    [Fact]
    public void What_is_too_long_to_be_held_is_refused_whole()
    {
        using var world = Gate(running: 1);
        var client = world.Client();
        world.Client().BeginQuery(Slow);
        world.World.RunFor(50);

        Assert.Equal(1205, client.Query($"SELECT '{new string('x', 300_000)}'").Code);
        world.World.RunFor(4_000);
        Assert.Equal("next", client.Query("SELECT 'next'").Scalar);
    }

    [Fact]
    public void Nobody_waits_for_the_turn_of_somebody_who_waits_for_a_connection()
    {
        using var world = Gate(running: 1, prepare: server => server.Accounts.Add(new FakeAccount("boss", "other")), poolSize: 1);
        var holder = world.Client();
        holder.Query("BEGIN");
        var stuck = world.Client().BeginQuery("SELECT 'no connection'");
        world.World.RunFor(100);

        Assert.Equal("free", world.Client(new() { User = "boss", Password = "other" }).Query("SELECT 'free'").Scalar);

        Assert.False(stuck.IsDone);
        holder.Query("COMMIT");
        Assert.Equal("no connection", stuck.Value.Scalar);
    }

    [Fact]
    public void Whoever_waits_hears_of_the_end_at_once()
    {
        using var world = Gate(running: 1, change: overload => With(overload, StatementClass.Normal, 5_000, 5_000));
        world.Client().BeginQuery(Slow);
        world.World.RunFor(50);
        var waiting = world.Client().BeginQuery("SELECT 'too late'");
        world.World.RunFor(50);

        world.BeginShutdown(TimeSpan.FromSeconds(10));

        Assert.Equal(1053, waiting.Value.Code);
    }

    [Fact]
    public void Observing_refuses_nobody_and_counts_who_would_have_been()
    {
        using var world = Gate(running: 1, mode: OverloadMode.Observe);
        var slow = world.Client().BeginQuery(Slow);
        world.World.RunFor(50);
        var others = Enumerable.Range(0, 8).Select(_ => world.Client().BeginQuery("SELECT SLEEP(2)")).ToArray();

        Assert.All(others, other => Assert.True(other.Value.IsOk));
        Assert.True(slow.Value.IsOk);

        Assert.True(Normal(world).ShedInAll >= 4, $"{Normal(world).ShedInAll} would have been refused");
        Assert.Equal((0, 0), (world.Count(meter => meter.Sheds), world.Count(meter => meter.GateWaits)));
        Assert.Equal((0, 0), (world.Engine.Views.Sluices().Single().Running, Normal(world).Waiting));
    }

    [Fact]
    public void A_reload_lets_those_go_who_would_not_have_to_wait_any_more()
    {
        using var world = Gate(running: 1, change: overload => With(overload, StatementClass.Normal, 5_000, 5_000));
        world.Client().BeginQuery(Slow);
        world.World.RunFor(50);
        var waiting = world.Client().BeginQuery("SELECT 'free'");
        world.World.RunFor(50);

        world.Apply(options => options with { Servers = [options.Servers[0] with { RunningMax = 2 }] });

        Assert.Equal("free", waiting.Value.Scalar);
        Assert.Equal(2, world.Engine.Views.Sluices().Single().Limit);
    }

    [Fact]
    public void By_default_nothing_is_held_and_nothing_counted()
    {
        using var world = new EngineWorld();
        for (var i = 0; i < 30; i++)
            world.Client().BeginQuery("SELECT SLEEP(1)");
        world.World.RunFor(3_000);

        Assert.Equal(0, Normal(world).Offered);
        Assert.Equal(OverloadMode.Off, world.Engine.Views.Sluices().Single().Mode);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void After_a_storm_nobody_is_left_over(int seed)
    {
        using var world = Gate(running: 3, loops: 3, seed: seed);
        var random = new Random(seed);
        for (var round = 0; round < 20; round++)
        {
            var clients = Enumerable.Range(0, 25).Select(_ => world.Client()).ToArray();
            foreach (var client in clients)
                client.BeginQuery(random.Next(3) == 0 ? "SELECT SLEEP(0.3)" : "SELECT 1");
            world.World.RunFor(random.Next(300));
            foreach (var client in clients)
                client.Cut();
        }
        world.World.RunFor(5_000);

        var view = world.Engine.Views.Sluices().Single();
        Assert.Equal((0, 0), (view.Running, view.Classes.Sum(one => one.Waiting)));
        Assert.All(view.Classes, one => Assert.Equal(0, one.Running));
        Assert.Equal(Normal(world).Offered, Normal(world).Passed + Normal(world).Admitted + Normal(world).ShedInAll + Normal(world).Withdrawn);
        Assert.True(Normal(world).Admitted > 0 && Normal(world).ShedInAll + Normal(world).Withdrawn > 0);
    }

    private static ClassView Normal(EngineWorld world) => View(world, StatementClass.Normal);

    private static ClassView View(EngineWorld world, StatementClass which) =>
        world.Engine.Views.Sluices().Single().Classes.Single(view => view.Class == which);

    private static OverloadOptions With(
        OverloadOptions overload, StatementClass which, int waitMs, int standingMs, ShedError error = ShedError.LockWait) => overload with
        {
            Classes = overload.Classes.SetItem((int)which,
                overload.Of(which) with { WaitMsMax = waitMs, StandingMsMax = standingMs, Error = error }),
        };

    private static EngineWorld Gate(int running, OverloadMode mode = OverloadMode.Enforce, int loops = 1, int poolSize = 32, int seed = 1,
        FakeServerKind? kind = null, Func<OverloadOptions, OverloadOptions>? change = null, Action<FakeServer>? prepare = null) => new(new()
        {
            Seed = seed,
            Loops = loops,
            Kind = kind ?? FakeServerKind.MySql97,
            Prepare = prepare ?? (server =>
            {
                server.Accounts.Add(new FakeAccount("boss", "other"));
                server.Schemas.Add("reports");
            }),
            WithServer = server => server with { RunningMax = running },
            With = options => options with
            {
                Pools = options.Pools with { SizeMax = poolSize },
                Overload = (change ?? (overload => overload))(options.Overload) with { Mode = mode },
            },
        });
}
