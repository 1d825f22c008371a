using System.Net;
using System.Text;
using Seawall.Engine;
using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Pools;
using Seawall.Engine.Loops;
using Seawall.MySql.Passwords;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Xunit;

namespace Seawall.Tests.Flow;

/// <summary>
/// What a reload does to an engine that is at work: changed settings act, and nothing else is disturbed.
/// </summary>
public sealed class ApplyTests
{
    private static readonly Endpoint s_elsewhere = Endpoint.Tcp(IPAddress.Loopback, 3316);

    [Fact]
    public void A_server_that_has_moved_gets_its_statements_at_the_new_address()
    {
        using var world = new EngineWorld();
        var second = world.AddServer(s_elsewhere);
        Name(world.Server, "first");
        Name(second, "second");
        var client = world.Client();
        Assert.Equal("first", client.Query("SELECT @@hostname").Scalar);

        world.Apply(options => options with { Servers = [options.Servers[0] with { Endpoint = s_elsewhere }] });

        Assert.Equal("second", client.Query("SELECT @@hostname").Scalar);
        world.World.RunFor(2_000);
        Assert.Empty(world.Server.Live);
        Assert.Contains(second.Live, connection => connection.Session.User == "monitor");
    }

    [Fact]
    public void A_transaction_ends_where_it_began_when_its_server_has_moved()
    {
        using var world = new EngineWorld();
        var second = world.AddServer(s_elsewhere);
        Name(world.Server, "first");
        Name(second, "second");
        var client = world.Client();
        client.Query("BEGIN");

        world.Apply(options => options with { Servers = [options.Servers[0] with { Endpoint = s_elsewhere }] });
        world.World.RunFor(3_000);

        Assert.Equal("first", client.Query("SELECT @@hostname").Scalar);
        Assert.True(client.Query("COMMIT").IsOk);
        Assert.Equal("second", client.Query("SELECT @@hostname").Scalar);
    }

    [Fact]
    public void Another_primary_takes_the_statements()
    {
        using var world = new EngineWorld();
        var second = world.AddServer(s_elsewhere);
        Name(second, "second");
        var client = world.Client();
        client.Query("SELECT 1");
        client.Query("BEGIN");

        world.Apply(options => options with
        {
            Servers = [new ServerOptions { Id = new ServerId("other"),
            Endpoint = s_elsewhere }]
        });

        // At once, before anything is known of the new one: the transaction has its connection, and others are told.
        Assert.True(client.Query("SELECT 1").IsOk);
        Assert.True(client.Query("COMMIT").IsOk);
        world.World.RunFor(2_000);
        Assert.Equal("second", client.Query("SELECT @@hostname").Scalar);
        Assert.Empty(world.Pooled);
    }

    [Fact]
    public void A_statement_for_a_primary_that_was_never_seen_is_refused_with_its_name()
    {
        using var world = new EngineWorld();
        var client = world.Client();
        client.Query("SELECT 1");

        world.Apply(options => options with
        {
            Servers = [new ServerOptions { Id = new ServerId("other"),
            Endpoint = s_elsewhere }]
        });
        world.World.RunFor(2_000);

        Assert.Contains("'other'", client.Query("SELECT 1").Error?.Message, StringComparison.Ordinal);
        world.AddServer(s_elsewhere);
        world.World.RunFor(2_000);
        Assert.True(client.Query("SELECT 1").IsOk);
    }

    [Fact]
    public void What_did_not_change_is_not_touched()
    {
        using var world = new EngineWorld();
        var client = world.Client();
        client.Query("SELECT 1");
        var before = world.Server.Connections.Count;

        world.Apply(options => options with
        {
            Monitor = AccountOf("monitor", "watch"),
            Servers = [options.Servers[0] with { ConnectMsMax = 1_234 }],
        });
        client.Query("SELECT 1");
        world.World.RunFor(5_000);

        Assert.Equal(before, world.Server.Connections.Count);
    }

    [Fact]
    public void Another_monitoring_account_watches_from_now_on()
    {
        using var world = new EngineWorld(new()
        {
            Prepare = server => server.Accounts.Add(new FakeAccount("other", "eyes")),
        });

        world.Apply(options => options with { Monitor = AccountOf("other", "eyes") });

        world.Pump(() => world.Server.LiveOf("other").Any() && !world.Server.LiveOf("monitor").Any(),
            "the other monitor");
        world.Server.Accounts.Add(new FakeAccount("late", "comer"));
        world.World.RunFor(3_000);
        world.Client(new FakeClientOptions { User = "late", Password = "comer" });
    }

    [Fact]
    public void A_pool_that_is_too_large_now_shrinks_although_it_is_in_use()
    {
        using var world = new EngineWorld();
        var clients = Enumerable.Range(0, 8).Select(_ => world.Client()).ToArray();
        Busy(clients);
        Assert.Equal(8, world.Pooled.Count());

        world.Apply(options => options with { Pools = options.Pools with { SizeMax = 2 } });
        Busy(clients);

        Assert.Equal(2, world.Pooled.Count());
    }

    [Fact]
    public void A_server_that_may_have_fewer_connections_now_gets_rid_of_some()
    {
        using var world = new EngineWorld();
        var clients = Enumerable.Range(0, 6).Select(_ => world.Client()).ToArray();
        Busy(clients);

        world.Apply(options => options with { Servers = [options.Servers[0] with { ConnectionsMax = 3 }] });
        world.World.RunFor(100);

        Assert.Equal(3, world.Pooled.Count());
    }

    [Fact]
    public void Who_waits_for_a_pool_that_is_larger_now_waits_no_more()
    {
        using var world = new EngineWorld(new()
        {
            With = options =>
            options with { Pools = new PoolLimits { SizeMax = 1 } }
        });
        var (first, second) = (world.Client(), world.Client());
        var slow = first.BeginQuery("SELECT SLEEP(4)");
        world.World.RunFor(100);
        var waiting = second.BeginQuery("SELECT 1");
        world.World.RunFor(500);
        Assert.False(waiting.IsDone);

        world.Apply(options => options with { Pools = new PoolLimits { SizeMax = 2 } });

        Assert.Equal("1", waiting.Value.Scalar);
        Assert.False(slow.IsDone);
        _ = slow.Value;
    }

    [Fact]
    public void Dials_follow_the_new_pace()
    {
        using var world = new EngineWorld(new()
        {
            WithServer = server => server with { Dial = new DialLimits(PerSecond: 1, Burst: 1, InProgressMax: 1) },
        });
        var clients = Enumerable.Range(0, 20).Select(_ => world.Client()).ToArray();
        var replies = clients.Select(client => client.BeginQuery("SELECT SLEEP(3)")).ToArray();
        world.World.RunFor(1_500);
        Assert.InRange(world.Pooled.Count(), 1, 3);

        world.Apply(options => options with
        {
            Servers = [options.Servers[0] with { Dial = new DialLimits(PerSecond: 1_000, Burst: 20,
                InProgressMax: 20) }],
        });
        world.World.RunFor(500);

        Assert.Equal(20, world.Pooled.Count());
        Assert.All(replies, reply => Assert.True(reply.Value.IsOk));
    }

    [Fact]
    public void A_silent_client_goes_when_less_silence_is_allowed_now()
    {
        using var world = new EngineWorld();
        var client = world.Client();
        client.Query("SELECT 1");

        world.Apply(options => options with { Clients = options.Clients with { IdleMsMax = 5_000 } });
        world.World.RunFor(6_000);

        Assert.Equal(0, world.Engine.ClientCount);
        Assert.Contains("clients.idle_ms_max", client.BeginRead(sequence: 0).Value.Error?.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_settings_account_with_another_password_lets_nobody_in_with_the_old_one()
    {
        using var world = new EngineWorld(new()
        {
            With = options =>
            options with { Accounts = [AccountOf("app", "secret", mark: 1)] }
        });
        world.Client().Query("SELECT 1");

        world.Server.Accounts.RemoveAll(account => account.User == "app");
        world.Server.Accounts.Add(new FakeAccount("app", "other"));
        world.Apply(options => options with { Accounts = [AccountOf("app", "other", mark: 2)] });
        world.World.RunFor(100);

        Assert.Equal(1045, world.Connect().LogIn().Code);
        Assert.True(world.Client(new FakeClientOptions { Password = "other" }).Query("SELECT 1").IsOk);
    }

    [Fact]
    public void Without_a_monitor_accounts_are_learnt_and_with_one_they_are_known_again()
    {
        using var world = new EngineWorld(new()
        {
            // Whoever is learnt must be able to show a password.
            Prepare = server => server.Accounts.Add(new FakeAccount("new", "comer", "caching_sha2_password")),
        });
        var monitor = world.Engine.Options.Monitor;

        world.Apply(options => options with { Monitor = null });
        world.World.RunFor(100);
        Assert.Equal(AccountMode.Learning, world.Engine.Facts.Accounts.Mode);
        Assert.Equal(0, world.Engine.Facts.Accounts.Count);
        Assert.True(world.Client(new FakeClientOptions { User = "new", Password = "comer" }).Query("SELECT 1").IsOk);

        world.Apply(options => options with { Monitor = monitor });
        world.Pump(() => world.Engine.Facts.Accounts.Mode == AccountMode.Known, "known accounts");
        Assert.True(world.Client().Query("SELECT 1").IsOk);
    }

    [Fact]
    public void Listeners_and_loops_stay_as_they_are()
    {
        using var world = new EngineWorld();

        world.Apply(options => options with { Listen = [s_elsewhere], Loops = 7 });

        Assert.Equal([EngineWorld.Door], world.Engine.Options.Listen);
        Assert.Equal(0, world.Engine.Options.Loops);
    }

    // Whatever is reloaded while statements run: each of them succeeds, and afterwards nothing is left over (EngineWorld).
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Reloads_under_load_cost_nobody_a_statement(int seed)
    {
        using var world = new EngineWorld(new() { Seed = seed, IsChaotic = true, Loops = 2 });
        world.AddServer(s_elsewhere);
        var dice = new Random(seed);
        var clients = Enumerable.Range(0, 8).Select(_ => world.Client()).ToArray();
        for (var round = 0; round < 25; round++)
        {
            var replies = clients.Select((client, i) => client.BeginQuery(
                dice.Next(3) switch { 0 => "BEGIN", 1 => "COMMIT", _ => $"SELECT {i}, SLEEP(0.0{dice.Next(10)})" })).ToArray();
            world.World.RunFor(dice.Next(30));

            world.Apply(options => Reloaded(options, dice));

            Assert.All(replies, reply => Assert.True(reply.Value.IsOk, $"seed {seed}, round {round}: {reply.Value}"));
        }
        foreach (var client in clients)
            Assert.True(client.Query("COMMIT").IsOk);
    }

    private static EngineOptions Reloaded(EngineOptions options, Random dice) => dice.Next(6) switch
    {
        // Eight sessions in transactions need eight connections.
        0 => options with { Pools = options.Pools with { SizeMax = dice.Next(8, 20) } },
        1 => options with { Servers = [options.Servers[0] with { ConnectionsMax = dice.Next(16, 40) }] },
        2 => options with
        {
            Servers = [options.Servers[0] with { Endpoint = dice.Next(2) == 0 ? s_elsewhere : EngineWorld.ServerDoor }],
        },
        3 => options with
        {
            Servers = [options.Servers[0] with { Dial = new DialLimits(dice.Next(50, 500), dice.Next(5, 20), dice.Next(2, 8)) }],
        },
        4 => options with { Clients = options.Clients with { IdleMsMax = dice.Next(60_000, 600_000) } },
        _ => options with { Accounts = dice.Next(2) == 0 ? [] : [AccountOf("other", "password", mark: 1)] },
    };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_password_is_encrypted_with_the_key_that_an_operator_has_brought(bool isServersOwn)
    {
        using var other = ServerRsaKey.Generate();
        var pem = isServersOwn ? FakeServer.PublicKeyPem : other.PublicKeyPem;
        Assert.True(PublicKeyOfServer.TryParse(pem, out var key));
        using var world = new EngineWorld(new()
        {
            WithServer = server => server with { PublicKey = key },
            Prepare = server => server.Accounts.Add(new FakeAccount("new", "comer", "caching_sha2_password")),
        });
        var client = world.Client(new FakeClientOptions { User = "new", Password = "comer" });

        // Another key would do for whoever sits between, and must not do here.
        Assert.Equal(isServersOwn, client.Query("SELECT 1").IsOk);
    }

    // As many connections as clients, all given back.
    private static void Busy(FakeClient[] clients)
    {
        foreach (var reply in clients.Select(client => client.BeginQuery("SELECT SLEEP(1)")).ToArray())
            Assert.True(reply.Value.IsOk);
    }

    private static void Name(FakeServer server, string name) =>
        server.When("SELECT @@hostname", new FakeRows(["@@hostname"], [[name]]));

    private static Account AccountOf(string user, string password, ulong mark = 0)
    {
        var account = new Account(user, "%", [], AccountSource.Settings) { Fingerprint = mark };
        account.Secrets.LearnPassword(Encoding.UTF8.GetBytes(password));
        return account;
    }
}
