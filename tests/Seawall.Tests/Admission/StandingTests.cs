using System.Net;
using System.Text;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Loops;
using Seawall.MySql.Commands;
using Seawall.MySql.Handshakes;
using Seawall.MySql.Statements;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Tests.Statements;
using Xunit;

namespace Seawall.Tests.Admission;

/// <summary>Which class a statement gets by where its client came in, by what it looks like, and by what it or its session says.</summary>
public sealed class StandingTests
{
    private static readonly Endpoint s_side = Endpoint.Tcp(IPAddress.Loopback, 3308);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_listener_can_have_a_class(int loops)
    {
        using var world = new EngineWorld(new()
        {
            Loops = loops,
            With = options => options with
            {
                Listen = [EngineWorld.Door, s_side],
                Overload = options.Overload with
                {
                    Mode = OverloadMode.Enforce,
                    Rules = [new(StatementClass.Background, null, null, null, MayRaise: false) { Listener = s_side.Text }],
                },
            },
        });
        world.Client().Query("SELECT 1");
        var other = world.ConnectTo(s_side);
        Assert.True(other.LogIn().IsIn);

        Assert.True(other.Query("SELECT 2").IsOk);

        Assert.Equal((0, 1, 0, 1), GateWorld.Offered(world));
    }

    [Fact]
    public void A_digest_can_have_a_class_whatever_its_values_and_whichever_way_it_comes()
    {
        var digest = StatementDigest.Of(Encoding.UTF8.GetBytes("SELECT 'a' FROM sbtest1 WHERE id=7"), Dialects.MySql97)!.Hash;
        using var world = GateWorld.With(10, overload => overload with
        {
            Rules =
            [
                new(StatementClass.Low, "app", null, null, MayRaise: false) { Digests = [1, digest] },
                new(StatementClass.Critical, "app", null, null, MayRaise: false),
            ],
        });
        var client = world.Client();

        client.Query("SELECT 'b' FROM sbtest1 WHERE id=8 /*controller='x'*/");
        client.Query("SELECT 'b' FROM sbtest2 WHERE id=8");
        Assert.Equal((1, 0, 1, 0), GateWorld.Offered(world));
        var prepared = client.Prepare("SELECT ? FROM sbtest1 WHERE id=9");
        client.Execute(prepared.Id, "x");
        client.Execute(prepared.Id, "y");

        Assert.Equal((1, 0, 4, 0), GateWorld.Offered(world));
    }

    [Fact]
    public void A_session_says_of_its_statements_that_they_matter_less_and_no_server_hears_of_it()
    {
        using var world = GateWorld.With(10, overload => overload with
        {
            Rules = [new(StatementClass.Critical, "boss", null, null, MayRaise: false)],
        });
        var (app, boss) = (world.Client(), world.Client(new() { User = "boss", Password = "other" }));
        Assert.True(app.Query("SET @seawall_priority = 'critical'").IsOk);
        Assert.True(boss.Query("SET @seawall_priority = 'low'").IsOk);

        app.Query("SELECT 1");
        boss.Query("SELECT 2");
        boss.Query("SELECT 3 /*priority='background'*/");
        boss.Query("SELECT 4 /*priority='normal'*/");
        Assert.Equal((0, 2, 1, 1), GateWorld.Offered(world));
        Assert.True(boss.Query("SET @seawall_priority = NULL").IsOk);
        boss.Query("SELECT 5");
        Assert.Equal((1, 2, 1, 1), GateWorld.Offered(world));

        Assert.Equal(0, world.Count(meter => meter.Pins));
        Assert.DoesNotContain(world.Pooled, connection => connection.Queries.Any(query => query.Contains("seawall", StringComparison.Ordinal)));
    }

    [Fact]
    public void What_a_session_has_said_ends_with_a_reset()
    {
        using var world = GateWorld.With(10, overload => overload);
        var client = world.Client();
        client.Query("SET @seawall_priority = 'low'");
        client.Query("SELECT 1");

        client.Command(CommandKind.ResetConnection);
        client.Query("SELECT 2");

        Assert.Equal((0, 1, 1, 0), GateWorld.Offered(world));
    }

    [Fact]
    public void A_session_that_says_something_else_hears_what_would_be_right()
    {
        using var world = GateWorld.With(10, overload => overload);

        var error = world.Client().Query("SET @seawall_priority = 'urgent'").Error!;

        Assert.Equal((1231, "42000"), (error.Code, error.State));
        Assert.Contains("'background' or NULL", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("comment")]
    [InlineData("attribute")]
    [InlineData("session")]
    public void A_statement_waits_no_longer_than_its_program_does(string how)
    {
        using var world = GateWorld.With(1, overload => overload);
        var client = world.Client(new() { Capabilities = FakeClientOptions.Modern | Capabilities.QueryAttributes });
        if (how == "session")
            Assert.True(client.Query("SET @seawall_deadline_ms = 100").IsOk);
        world.Client().BeginQuery(GateWorld.Slow);
        world.World.RunFor(50);
        var patient = world.Client().BeginQuery("SELECT 'before it'");
        world.World.RunFor(50);
        var began = world.World.Clock.ElapsedMs;

        var reply = how switch
        {
            "comment" => client.BeginQuery("SELECT 1 /*deadline_ms='100'*/"),
            "attribute" => client.BeginQuery("SELECT 1", ("seawall.deadline_ms", "100")),
            _ => client.BeginQuery("SELECT 1"),
        };

        Assert.Equal(1205, reply.Value.Code);
        Assert.Contains("reason=deadline deadline_ms=100", reply.Value.Error!.Message, StringComparison.Ordinal);
        Assert.InRange(world.World.Clock.ElapsedMs - began, 90, 200);
        Assert.False(patient.IsDone);
    }

    // What such statements take is known by those that ran. Of two places one is taken, which is half of them; of four less than that. Long ones have
    // a lane of their own, with one place in two.
    [Theory]
    [InlineData(2, "0.1", true)]
    [InlineData(4, "0.1", false)]
    [InlineData(4, "0.4", false)]
    public void One_that_its_program_would_not_see_answered_takes_no_place(int running, string seconds, bool isRefused)
    {
        using var world = GateWorld.With(running, overload => overload);
        var (client, text) = (world.Client(), $"SELECT 'x', SLEEP({seconds}), 'y'");
        for (var i = 0; i < 3; i++)
            Assert.True(client.Query(text).IsOk);
        world.World.RunFor(200);
        world.Client().BeginQuery(GateWorld.Slow);
        world.World.RunFor(50);

        Assert.Equal("", client.Query($"{text} /*deadline_ms='900'*/").Error?.Message ?? "");
        Assert.True(client.Query("SELECT 1 /*deadline_ms='50'*/").IsOk);
        var began = world.World.Clock.ElapsedMs;
        var explained = world.Engine.ExplainAdmission(new($"{text} /*deadline_ms='50'*/", "app", null, null, null))!;
        var reply = client.Query($"{text} /*deadline_ms='50'*/");

        Assert.Equal(isRefused ? "is refused" : "passes", explained.Last(step => step.Step == "decision").Result);
        Assert.Equal(isRefused ? 1205 : 0, reply.Code);
        Assert.InRange(world.World.Clock.ElapsedMs - began, isRefused ? 0 : 90, isRefused ? 50 : 500);
        if (isRefused)
            Assert.Contains("reason=deadline deadline_ms=50 needs_ms=2", reply.Error!.Message, StringComparison.Ordinal);
    }

    // The places are free, and the pool has no connection left: the sluice does not know of that wait.
    [Theory]
    [InlineData("busy", OverloadMode.Enforce, true)]
    [InlineData("down", OverloadMode.Enforce, true)]
    [InlineData("busy", OverloadMode.Observe, false)]
    [InlineData("transaction", OverloadMode.Enforce, false)]
    public void Nor_does_one_that_waits_for_a_connection(string trouble, OverloadMode mode, bool isRefused)
    {
        using var world = new EngineWorld(new()
        {
            WithServer = server => server with { RunningMax = 10, HangMsMax = 0 },
            With = options => options with
            {
                Pools = options.Pools with { SizeMax = 1, WaitMsMax = 2_000 },
                Overload = options.Overload with { Mode = mode },
            },
        });
        var (client, other) = (world.Client(), world.Client());
        if (trouble == "transaction")
            Assert.True(client.Query("SET autocommit = 0").IsOk && client.Query("BEGIN").IsOk);
        else if (trouble == "down")
            world.Server.Crash();
        else
            other.BeginQuery(GateWorld.Slow);
        world.World.RunFor(50);
        var began = world.World.Clock.ElapsedMs;

        var reply = client.BeginQuery("SELECT SLEEP(0.3), 'x' /*deadline_ms='100'*/");

        if (!isRefused)
        {
            Assert.DoesNotContain("deadline", reply.Value.Error?.Message ?? "", StringComparison.Ordinal);
            return;
        }
        Assert.Equal(1205, reply.Value.Code);
        var message = reply.Value.Error!.Message;
        Assert.InRange(world.World.Clock.ElapsedMs - began, 90, 200);
        Assert.Contains("reason=deadline deadline_ms=100 retry_after_ms=", message, StringComparison.Ordinal);
        Assert.Contains(trouble == "down"
            ? "no connection to server 'db' within 100 ms (deadline_ms)"
            : "had no free connection within 100 ms (deadline_ms): 1 of 1 (pool.size)",
            message, StringComparison.Ordinal);
        var entry = world.Engine.Views.LastShed(1).Single();
        Assert.Contains($"-{entry.Entry.Id};", message, StringComparison.Ordinal);
        Assert.Equal((ShedReason.Deadline, 100), (entry.Entry.Reason, entry.Entry.LimitMs));
        // Whoever has said nothing waits on.
        Assert.NotEqual(1205, client.Query("SELECT 1").Code);
    }
}
