using Seawall.Engine.Flow.Pools;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Xunit;

namespace Seawall.Tests.Flow.Pools;

/// <summary>Opening a server connection is the expensive act; here is when it happens, and how fast.</summary>
public sealed class DialTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_process_without_descriptors_opens_connections_again_when_it_has_some(bool learns)
    {
        using var world = new EngineWorld(new() { Learns = learns });
        var client = learns ? null : world.Client();
        // As the real loop does when the system gives it no socket.
        world.World.Network.Connecting = link =>
        {
            if (link.To.Text == EngineWorld.ServerDoor.Text)
                throw new System.Net.Sockets.SocketException(24, "Too many open files");
        };
        if (client is not null)
        {
            Assert.Contains("Too many open files", client.Query("SELECT 1").Error!.Message, StringComparison.Ordinal);
            foreach (var connection in world.Server.Live)
                connection.Cut(); // The monitor's, which must come back as well.
        }
        else
        {
            Assert.False(world.Connect().LogIn().IsIn);
        }
        world.World.RunFor(5_000);
        world.World.Network.Connecting = null;
        world.World.RunFor(10_000);

        Assert.Equal("1", world.Client().Query("SELECT 1").Scalar);
        Assert.Equal(0, world.Engine.Pools.All.Sum(pool => pool.Dialing));
        if (!learns)
            Assert.Single(world.Server.LiveOf("monitor"));
    }

    [Fact]
    public void Logging_in_opens_no_server_connection()
    {
        using var world = new EngineWorld();
        for (var i = 0; i < 100; i++)
            world.Client();

        Assert.Empty(world.Pooled);
    }

    [Fact]
    public void A_pool_opens_what_is_needed_at_one_time_and_no_more()
    {
        using var world = new EngineWorld();
        var clients = Enumerable.Range(0, 50).Select(_ => world.Client()).ToArray();
        foreach (var client in clients)
            Assert.True(client.Query("SELECT 1").IsOk);

        Assert.Single(world.Pooled);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Never_more_logins_are_in_progress_than_the_gate_allows(int loops)
    {
        using var world = new EngineWorld(new()
        {
            Loops = loops,
            With = options => options with { Pools = options.Pools with { SizeMax = 100, WaitMsMax = 60_000 } },
            // The watch for a server that hangs has a connection of its own, which no gate counts.
            WithServer = server => server with { Dial = new DialLimits(InProgressMax: 3), HangMsMax = 0 },
        });
        world.Server.LoginMs = 300;
        var replies = Enumerable.Range(0, 200).Select(_ => world.Client().BeginQuery("SELECT SLEEP(2)")).ToArray();

        Assert.All(replies, reply => Assert.True(reply.Value.IsOk));

        Assert.Equal(3, world.Server.LoggingInMax);
    }

    [Fact]
    public void Dials_keep_to_the_pace_of_the_bucket()
    {
        using var world = new EngineWorld(new()
        {
            With = options => options with { Pools = options.Pools with { SizeMax = 200, WaitMsMax = 60_000 } },
            WithServer = server => server with { Dial = new DialLimits(PerSecond: 20, Burst: 5) },
        });
        var opened = new List<double>();
        world.World.Network.Connecting = _ => opened.Add(world.World.Clock.ElapsedMs);
        var clients = Enumerable.Range(0, 100).Select(_ => world.Client()).ToArray();
        opened.Clear(); // Those were the clients' own.
        var begun = world.World.Clock.ElapsedMs;

        var replies = clients.Select(client => client.BeginQuery("BEGIN")).ToArray();
        Assert.All(replies, reply => Assert.True(reply.Value.IsOk));

        Assert.Equal(100, opened.Count);
        for (var i = 0; i < opened.Count; i++)
        {
            var within = (opened[i] - begun) / 1000;
            // The loops' clock has milliseconds: a fiftieth of a token more or less.
            Assert.True(i + 1 <= 5 + (20 * within) + 0.05, $"dial {i + 1} after {within:F3} s");
        }
        Assert.InRange(opened[^1] - begun, 4_700, 5_500); // And it is not slower than it may be.
    }

    [Fact]
    public void A_full_server_is_asked_less_and_less_often()
    {
        using var world = new EngineWorld(Waiting(60_000));
        var clients = Enumerable.Range(0, 20).Select(_ => world.Client()).ToArray();
        world.Server.ConnectionsMax = 1; // The monitor has it.
        foreach (var client in clients)
            client.BeginQuery("SELECT 1");
        var before = world.Server.Connections.Count;

        world.World.RunFor(30_000);

        Assert.InRange(world.Server.Connections.Count - before, 8, 60); // 20 clients, 30 s: without a gate, thousands.
    }

    [Fact]
    public void A_server_whose_logins_become_slow_gets_fewer_at_a_time()
    {
        using var world = new EngineWorld(Waiting(60_000));
        world.Client().Query("BEGIN");
        world.Server.LoginMs = 400;
        var replies = Enumerable.Range(0, 12).Select(_ => world.Client().BeginQuery("BEGIN")).ToArray();

        Assert.All(replies, reply => Assert.True(reply.Value.IsOk));
        var state = world.PoolOf("app").Server.Gate.State;

        Assert.Equal(1, state.InProgressMax);
        world.Server.LoginMs = 0;
        world.World.RunFor(30_000);
        Assert.True(world.Client().Query("BEGIN").IsOk);
        Assert.Equal(4, world.PoolOf("app").Server.Gate.State.InProgressMax);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public void A_server_that_restarts_under_five_hundred_clients_gets_its_connections_back_one_by_one(int loops, bool chaotic)
    {
        using var world = new EngineWorld(new()
        {
            Loops = loops,
            IsChaotic = chaotic,
            With = options => options with { Pools = options.Pools with { SizeMax = 50, WaitMsMax = 30_000 } },
        });
        var clients = Enumerable.Range(0, 500).Select(_ => world.Client()).ToArray();
        var replies = clients.Select(client => client.BeginQuery("SELECT SLEEP(0.2)")).ToArray();
        Assert.All(replies, reply => Assert.True(reply.Value.IsOk));

        replies = [.. clients.Select(client => client.BeginQuery("SELECT SLEEP(0.2)"))];
        world.World.RunFor(300);
        world.Server.Crash();
        world.World.RunFor(3_000);
        world.Server.Open();
        var before = world.Server.Connections.Count;
        world.World.RunFor(1_000);
        var inTheFirstSecond = world.Server.Connections.Count - before;

        var served = replies.Count(reply => reply.Value.IsOk);
        var told = replies.Count(reply => reply.Value.Code == 2013);
        Assert.Equal(500, served + told);
        Assert.InRange(told, 1, 50); // Whose statement was at the server; nobody else has lost anything.
        Assert.InRange(inTheFirstSecond, 1, 61);
        Assert.Equal(50, world.PoolOf("app").Total);
    }

    [Fact]
    public void Nobody_dials_for_those_who_have_left()
    {
        using var world = new EngineWorld(Waiting(60_000));
        var clients = Enumerable.Range(0, 30).Select(_ => world.Client()).ToArray();
        world.Server.LoginMs = 500;
        foreach (var client in clients)
            client.BeginQuery("SELECT 1");
        world.World.RunFor(100);
        foreach (var client in clients)
            client.Cut();
        world.World.RunFor(10_000);

        Assert.True(world.Server.Connections.Count <= 1 + 4, $"{world.Server.Connections.Count} connections were opened");
    }

    [Fact]
    public void Idle_connections_are_closed_in_time_save_those_to_be_kept()
    {
        using var world = new EngineWorld(new()
        {
            With = options => options with { Pools = options.Pools with { IdleMsMax = 10_000, IdleMin = 2 } },
        });
        OpenConnections(world, 6);
        world.World.RunFor(9_000);
        Assert.Equal(6, world.Pooled.Count());

        world.World.RunFor(3_000);

        Assert.Equal(2, world.Pooled.Count());
    }

    [Fact]
    public void Connections_that_were_opened_together_do_not_end_together()
    {
        using var world = new EngineWorld(new()
        {
            With = options => options with { Pools = options.Pools with { LifetimeMsMax = 100_000, IdleMsMax = 1_000_000 } },
        });
        OpenConnections(world, 30);
        world.World.RunFor(79_000);
        Assert.Equal(30, world.Pooled.Count());

        var counts = new List<int>();
        for (var second = 0; second < 45; second++)
        {
            counts.Add(world.Pooled.Count());
            world.World.RunFor(1_000);
        }

        Assert.Equal(0, counts[^1]);
        Assert.True(counts.Zip(counts.Skip(1), (before, after) => before - after).Max() < 10);
    }

    [Fact]
    public void Accounts_share_what_a_server_takes_and_the_richest_gives()
    {
        using var world = new EngineWorld(new()
        {
            WithServer = server => server with { ConnectionsMax = 3 },
            Prepare = server =>
            {
                server.Accounts.Add(new FakeAccount("web", "secret"));
                server.Accounts.Add(new FakeAccount("job", "secret"));
            },
        });
        OpenConnections(world, 3);
        Assert.Equal(3, world.PoolOf("app").Idle);

        Assert.Equal("web", world.Client(new() { User = "web" }).Query("SELECT CURRENT_USER()").Scalar);
        Assert.Equal("job", world.Client(new() { User = "job" }).Query("SELECT CURRENT_USER()").Scalar);

        Assert.Equal(3, world.Pooled.Count());
        Assert.Equal(1, world.PoolOf("app").Total);
    }

    [Fact]
    public void Two_accounts_take_turns_on_a_server_with_room_for_one()
    {
        using var world = new EngineWorld(new()
        {
            WithServer = server => server with { ConnectionsMax = 1, Dial = new DialLimits(PerSecond: 1000, Burst: 100) },
            Prepare = server => server.Accounts.Add(new FakeAccount("web", "secret")),
        });
        var clients = new[] { world.Client(), world.Client(new() { User = "web" }) };

        for (var i = 0; i < 20; i++)
            Assert.Equal(clients[i % 2].Options.User, clients[i % 2].Query("SELECT CURRENT_USER()").Scalar);

        Assert.Single(world.Pooled);
    }

    [Fact]
    public void Clients_that_count_found_rows_and_clients_that_do_not_never_share()
    {
        using var world = new EngineWorld();
        world.Client().Query("SELECT 1");
        world.Client(new() { Capabilities = FakeClientOptions.Modern | MySql.Handshakes.Capabilities.FoundRows }).Query("SELECT 1");

        Assert.Equal([false, true],
            world.Pooled.Select(connection => connection.Capabilities.HasFlag(MySql.Handshakes.Capabilities.FoundRows)));
    }

    private static void OpenConnections(EngineWorld world, int count)
    {
        var clients = Enumerable.Range(0, count).Select(_ => world.Client()).ToArray();
        var replies = clients.Select(client => client.BeginQuery("SELECT SLEEP(2)")).ToArray();
        Assert.All(replies, reply => Assert.True(reply.Value.IsOk));
        Assert.Equal(count, world.Pooled.Count());
    }

    private static EngineWorldOptions Waiting(int milliseconds) =>
        WaitingTests.Pool(limits => limits with { WaitMsMax = milliseconds });
}
