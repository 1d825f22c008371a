using Seawall.Engine.Flow.Pools;
using Seawall.MySql.Framing;
using Seawall.MySql.Results;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Seawall.Testing.Worlds;
using Xunit;

namespace Seawall.Tests.Flow.Pools;

public sealed class WaitingTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Those_who_wait_are_served_in_their_order(int loops)
    {
        using var world = new EngineWorld(Pool(limits => limits with { SizeMax = 1 }, loops));
        var first = world.Client();
        first.Query("BEGIN");
        var replies = new List<Pending<Reply>>();
        for (var i = 0; i < 20; i++)
        {
            replies.Add(world.Client().BeginQuery($"SELECT '{i}'"));
            world.World.RunFor(20); // More than what waiters of two loops may overtake each other by.
        }
        Assert.All(replies, reply => Assert.False(reply.IsDone));

        first.Query("COMMIT");
        for (var i = 0; i < replies.Count; i++)
            Assert.Equal($"{i}", replies[i].Value.Scalar);

        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"SELECT '{i}'"),
            world.Pooled.Single().Queries.Where(sql => sql.StartsWith("SELECT", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Whoever_waits_for_room_at_the_server_gets_it_when_another_account_has_an_idle_connection(int loops)
    {
        using var world = new EngineWorld(new()
        {
            Loops = loops,
            Prepare = server => server.Accounts.Add(new FakeAccount("boss", "other")),
            WithServer = server => server with { ConnectionsMax = 1 },
        });
        var app = world.Client();
        var boss = world.Client(new() { User = "boss", Password = "other" });
        var busy = app.BeginQuery("SELECT SLEEP(1)");
        world.World.RunFor(100);

        var waiting = boss.BeginQuery("SELECT 'at last'");
        world.World.RunFor(1_500);

        Assert.True(busy.Value.IsOk);
        Assert.True(waiting.IsDone);
        Assert.Equal("at last", waiting.Value.Scalar);
    }

    [Theory]
    [InlineData(1153)]
    [InlineData(1053)]
    public void A_connection_on_which_the_server_hangs_up_after_its_words_is_not_used_again(int code)
    {
        using var world = new EngineWorld();
        var client = world.Client();
        client.Query("SELECT 'first'");
        var before = world.Pooled.Single();
        var words = new PacketWriter().Begin(1);
        ErrPacket.Write(words, new SqlError((ushort)code, "08S01"), "last words");
        var said = words.End().Bytes.ToArray();
        world.Server.Sabotage = (connection, now) =>
            now == FakeMoment.Command && connection.Commands[^1].Text == "SELECT 'last'" ? new FakeSabotage(said, Closes: true) : null;

        Assert.Equal(code, client.Query("SELECT 'last'").Code);
        Assert.Equal("anew", client.Query("SELECT 'anew'").Scalar);

        Assert.False(before.IsLive);
        Assert.DoesNotContain("SELECT 'anew'", before.Queries);
    }

    // SIGNAL says any number.
    [Theory]
    [InlineData(1153)]
    [InlineData(1053)]
    public void A_transaction_goes_on_after_such_words_of_a_server_that_does_not_hang_up(int code)
    {
        using var world = new EngineWorld(new()
        {
            Prepare = server => server.When("SIGNAL", new FakeError((ushort)code, "not the last words")),
        });
        var client = world.Client();
        client.Query("BEGIN");
        var before = world.Pooled.Single();

        Assert.Equal(code, client.Query("SIGNAL").Code);
        Assert.Equal("on", client.Query("SELECT 'on'").Scalar);
        Assert.True(client.Query("COMMIT").IsOk);

        Assert.Same(before, world.Pooled.Single());
        Assert.Contains("COMMIT", before.Queries);
    }

    // A statement that crosses the server's hang-up is lost, and nobody knows whether it ran.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_connection_on_which_the_server_may_be_about_to_hang_up_is_not_used(bool isGlobal)
    {
        using var world = new EngineWorld(new()
        {
            Prepare = server => server.Globals["wait_timeout"] = isGlobal ? "10" : "28800",
        });
        var client = world.Client();
        client.Query(isGlobal ? "SELECT 'first'" : "SET SESSION wait_timeout = 10");
        world.World.RunFor(4_000);
        client.Query("SELECT 'still'");
        var before = world.Pooled.Single();

        world.World.RunFor(6_000);
        Assert.Equal("anew", client.Query("SELECT 'anew'").Scalar);

        Assert.Contains("SELECT 'still'", before.Queries);
        Assert.False(before.IsLive);
        Assert.Contains("SELECT 'anew'", world.Pooled.Single().Queries);
    }

    [Fact]
    public void A_waiter_gets_whatever_comes_free_first_and_the_dial_becomes_a_spare()
    {
        using var world = new EngineWorld();
        var first = world.Client();
        first.Query("BEGIN");
        world.Server.LoginMs = 1_000;
        var waiting = world.Client().BeginQuery("SELECT @@server_thread FROM one");
        world.World.RunFor(100);
        var begun = world.World.Clock.ElapsedMs;

        first.Query("COMMIT");

        Assert.Equal($"{world.Pooled.First().Session.Id}", waiting.Value.Scalar);
        Assert.True(world.World.Clock.ElapsedMs - begun < 50);
        world.World.RunFor(1_500);
        Assert.Equal((2, 2), (world.PoolOf("app").Total, world.PoolOf("app").Idle));
    }

    [Theory]
    [MemberData(nameof(WorldTests.Kinds), MemberType = typeof(WorldTests))]
    public void Whoever_waits_too_long_is_told_which_setting_to_look_at(FakeServerKind kind)
    {
        using var world = new EngineWorld(Pool(limits => limits with { SizeMax = 1, WaitMsMax = 500 }) with { Kind = kind });
        world.Client().Query("BEGIN");
        var client = world.Client();
        var begun = world.World.Clock.ElapsedMs;

        var error = client.Query("SELECT 1").Error!;

        Assert.InRange(world.World.Clock.ElapsedMs - begun, 500, 540);
        Assert.Equal(kind.IsMariaDb ? 1969 : 3024, error.Code);
        Assert.Equal("pool 'app@db' had no free connection within 500 ms (pool.wait_ms_max): 1 of 1 (pool.size) in use, "
            + "0 waiting; trying again is safe [seawall: the statement did not run]", error.Message);
        Assert.True(client.Command(MySql.Commands.CommandKind.Ping).IsOk);
    }

    [Fact]
    public void Too_many_do_not_wait()
    {
        using var world = new EngineWorld(Pool(limits => limits with { SizeMax = 1, WaitersMax = 2 }));
        var first = world.Client();
        first.Query("BEGIN");
        var waiting = Enumerable.Range(0, 2).Select(_ => world.Client().BeginQuery("SELECT 1")).ToArray();
        world.World.RunFor(10);

        var error = world.Client().Query("SELECT 1").Error!;

        Assert.Equal(3024, error.Code);
        Assert.Contains("pool.waiters_max", error.Message, StringComparison.Ordinal);
        first.Query("COMMIT");
        Assert.All(waiting, reply => Assert.True(reply.Value.IsOk));
    }

    [Theory]
    [InlineData(Ending.Closed)]
    [InlineData(Ending.Reset)]
    public void A_client_that_leaves_leaves_the_line(Ending ending)
    {
        using var world = new EngineWorld(Pool(limits => limits with { SizeMax = 1, WaitMsMax = 60_000 }));
        var first = world.Client();
        first.Query("BEGIN");
        var leaving = Enumerable.Range(0, 5).Select(_ => world.Client()).ToArray();
        foreach (var client in leaving)
            client.BeginQuery("INSERT INTO t VALUES ('nobody wants it')");
        world.World.RunFor(10);
        Assert.Equal(5, world.PoolOf("app").Waiting);

        foreach (var client in leaving)
            client.Link.Cut(ending);
        world.World.RunFor(10);

        Assert.Equal(0, world.PoolOf("app").Waiting);
        Assert.Equal(1, world.Engine.ClientCount);
        Assert.True(first.Query("COMMIT").IsOk);
        Assert.DoesNotContain(world.Pooled.Single().Queries, sql => sql.Contains("nobody", StringComparison.Ordinal));
    }

    [Fact]
    public void A_waiter_is_woken_when_a_dial_fails()
    {
        using var world = new EngineWorld(Pool(limits => limits with { WaitMsMax = 20_000 }));
        world.Server.StopListening();
        var replies = Enumerable.Range(0, 10).Select(i => world.Client().BeginQuery($"SELECT '{i}'")).ToArray();
        world.World.RunFor(2_000);
        Assert.All(replies, reply => Assert.False(reply.IsDone));

        world.Server.Open();

        for (var i = 0; i < replies.Length; i++)
            Assert.Equal($"{i}", replies[i].Value.Scalar);
    }

    [Fact]
    public void All_who_wait_are_told_when_the_server_refuses_the_account()
    {
        using var world = new EngineWorld(Pool(limits => limits with { WaitMsMax = 60_000 }));
        world.Server.LoginMs = 50;
        var clients = Enumerable.Range(0, 20).Select(_ => world.Client()).ToArray();
        // The watch has not seen it yet.
        world.Server.Accounts[1] = world.Server.Accounts[1] with { Password = "changed" };

        var replies = clients.Select(client => client.BeginQuery("SELECT 1")).ToArray();

        foreach (var reply in replies)
        {
            Assert.Equal(1045, reply.Value.Code);
            Assert.Contains("does not let 'app' in", reply.Value.Error!.Message, StringComparison.Ordinal);
        }
        Assert.True(world.World.Clock.ElapsedMs < 6_000);
    }

    [Fact]
    public void An_idle_connection_of_another_loop_serves_whoever_waits()
    {
        using var world = new EngineWorld(Pool(limits => limits with { SizeMax = 1 }, loops: 2));
        var clients = Enumerable.Range(0, 4).Select(_ => world.Client()).ToArray();

        for (var i = 0; i < 100; i++)
            Assert.Equal($"{i}", clients[i % 4].Query($"SELECT '{i}'").Scalar);

        Assert.Single(world.Server.Connections, connection => connection.Queries.Contains("SELECT '99'"));
        Assert.Equal(2, world.Server.Connections.Count); // The monitor's, and the one that all four shared.
    }

    [Fact]
    public void A_connection_that_dies_on_its_way_to_another_loop_answers_nobody()
    {
        for (var seed = 0; seed < 60; seed++)
        {
            using var world = new EngineWorld(
                Pool(limits => limits with { SizeMax = 1 }, loops: 2) with { Seed = seed, IsChaotic = true });
            var clients = Enumerable.Range(0, 4).Select(_ => world.Client()).ToArray();
            for (var i = 0; i < 12; i++)
            {
                var replies = clients.Select((client, n) => client.BeginQuery($"SELECT '{i} {n}'")).ToArray();
                if (i % 3 == 0)
                    world.Pooled.LastOrDefault()?.Cut();
                for (var n = 0; n < 4; n++)
                {
                    var reply = replies[n].Value;
                    Assert.True(reply.Code == 2013 || reply.Scalar == $"{i} {n}", $"seed {seed}: {reply}");
                }
            }
        }
    }

    internal static EngineWorldOptions Pool(Func<PoolLimits, PoolLimits> change, int loops = 1) => new()
    {
        Loops = loops,
        With = options => options with { Pools = change(options.Pools) },
    };
}
