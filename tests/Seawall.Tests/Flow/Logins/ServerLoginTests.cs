using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Xunit;

namespace Seawall.Tests.Flow.Logins;

public sealed class ServerLoginTests
{
    [Theory]
    [InlineData("mysql_native_password", 3)] // Greeting, login, OK.
    [InlineData("caching_sha2_password", 4)] // And "fast it is" before the OK.
    public void A_dial_takes_the_shortest_exchange_that_the_account_allows(string plugin, int packets)
    {
        using var world = new EngineWorld(new()
        {
            Prepare = server =>
            {
                server.Accounts[1] = new FakeAccount("app", "secret", plugin);
                server.RememberedSha2.Add("app");
            },
        });

        world.Client().Query("SELECT 1");

        Assert.Equal(packets, Assert.Single(world.Pooled).LoginPackets);
    }

    [Fact]
    public void A_server_that_does_not_remember_the_account_gets_the_password_under_its_key()
    {
        using var world = new EngineWorld(new()
        {
            Prepare = server => server.Accounts[1] = new FakeAccount("app", "secret", "caching_sha2_password"),
        });

        Assert.Equal("app", world.Client().Query("SELECT CURRENT_USER()").Scalar);
        Assert.Equal(7, Assert.Single(world.Pooled).LoginPackets);
        Assert.Contains("app", world.Server.RememberedSha2);
    }

    [Fact]
    public void The_servers_key_is_asked_for_once()
    {
        using var world = new EngineWorld(new()
        {
            Prepare = server => server.Accounts[1] = new FakeAccount("app", "secret", "caching_sha2_password"),
        });
        var first = world.Client();
        first.Query("BEGIN");

        world.Server.RememberedSha2.Clear();
        var second = world.Client();
        second.Query("BEGIN");

        Assert.Equal([7, 5], world.Pooled.Select(connection => connection.LoginPackets));
    }

    [Fact]
    public void A_server_with_another_default_plugin_is_told_at_once_which_one_the_account_has()
    {
        // MySQL 9 greets with caching_sha2_password; an account may still have another plugin (here: native).
        using var world = new EngineWorld(new() { Kind = FakeServerKind.MySql97 });

        world.Client().Query("SELECT 1");

        Assert.Equal(3, Assert.Single(world.Pooled).LoginPackets);
    }

    [Theory]
    [MemberData(nameof(WorldTests.Kinds), MemberType = typeof(WorldTests))]
    public void A_server_that_breaks_off_at_any_byte_of_a_login_is_tried_again(FakeServerKind kind)
    {
        using var world = new EngineWorld(new() { Kind = kind });
        var client = world.Client();
        var first = client.BeginQuery("SELECT 1");
        world.Pump(() => world.Pooled.Any(pooled => pooled.IsLoggedIn), "the first dial");
        var whole = world.World.Network.Links[^1].ToClient.Written;
        Assert.True(whole > 80);
        Assert.True(first.Value.IsOk);

        for (var cut = 0; cut < whole; cut++)
        {
            foreach (var pooled in world.Pooled.ToArray())
                pooled.Cut();
            world.World.RunFor(20);
            var isFirst = true;
            world.World.Network.Connecting = link =>
            {
                if (isFirst && link.To.Text == world.Server.Endpoint.Text)
                    link.ToClient.CutAfter(cut);
                isFirst = false;
            };
            var reply = client.Query("SELECT 'again'");
            Assert.True(reply.IsOk, $"cut after {cut}: {reply}");
        }
        world.World.Network.Connecting = null;
    }

    [Fact]
    public void A_server_that_greets_and_then_says_nothing_is_given_up_in_time()
    {
        using var world = new EngineWorld(new()
        {
            WithServer = server => server with { LoginMsMax = 500 },
            With = options => options with { Pools = options.Pools with { WaitMsMax = 2_000 } },
        });
        var client = world.Client();
        world.Server.LoginMs = 60_000;

        var reply = client.Query("SELECT 1");

        Assert.Equal(3168, reply.Code);
        Assert.Contains("servers.login_ms_max", reply.Error!.Message, StringComparison.Ordinal);
        Assert.Contains("pool.wait_ms_max", reply.Error!.Message, StringComparison.Ordinal);
        world.Server.LoginMs = 0;
        world.World.RunFor(70_000);
        Assert.True(client.Query("SELECT 1").IsOk);
    }

    [Fact]
    public void A_black_hole_is_given_up_in_time()
    {
        using var world = new EngineWorld(new()
        {
            WithServer = server => server with { ConnectMsMax = 500 },
            With = options => options with { Pools = options.Pools with { WaitMsMax = 2_000 } },
        });
        var client = world.Client();
        world.World.Network.MakeBlackHole(world.Server.Endpoint);

        var reply = client.Query("SELECT 1");

        Assert.Equal(3168, reply.Code);
        Assert.Contains("servers.connect_ms_max", reply.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_old_server_sees_a_login_that_it_understands()
    {
        using var world = new EngineWorld(new() { Kind = FakeServerKind.MySql56 });

        Assert.Equal("app", world.Client(new FakeClientOptions { Capabilities = FakeClientOptions.Old })
            .Query("SELECT CURRENT_USER()").Scalar);
        Assert.Empty(world.Server.Violations);
    }
}
