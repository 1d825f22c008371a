using Seawall.Engine.Flow.Pools;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Xunit;

namespace Seawall.Tests.Flow.Kills;

/// <summary>The few connections on which statements are ended.</summary>
public sealed class CancelDeskTests
{
    [Fact]
    public void Accounts_share_one_connection_one_after_the_other()
    {
        using var world = World(connections: 1);
        foreach (var user in (string[])["app", "other", "app", "other"])
        {
            var began = world.World.Clock.ElapsedMs;
            End(world, user);
            Assert.True(world.World.Clock.ElapsedMs - began < 2_000, "the idle connection of the account before did not make room");
            Assert.InRange(Lines(world).Count(), 0, 1);
        }
        Assert.Equal(4, world.Server.Kills);
    }

    [Fact]
    public void One_connection_serves_many_and_is_closed_when_nobody_needs_it()
    {
        using var world = World(connections: 1);
        var targets = Enumerable.Range(0, 20).Select(_ => world.Client()).ToArray();
        var slow = targets.Select(target => target.BeginQuery("SELECT SLEEP(60), 1")).ToArray();
        world.Pump(() => world.Pooled.Count(connection => connection.Session.IsBusy) == 20, "all at the server");

        var kills = targets.Select(target => world.Client().BeginQuery($"KILL QUERY {target.ConnectionId}")).ToArray();

        Assert.All(kills, kill => Assert.True(kill.Value.IsOk));
        Assert.All(slow, statement => Assert.Equal(1317, statement.Value.Code));
        Assert.Single(Lines(world));
        Assert.Single(world.Server.Connections, connection => connection.OnlyKills);
        world.World.RunFor(5_000);
        Assert.Empty(Lines(world));
    }

    [Fact]
    public void A_connection_that_the_server_has_closed_meanwhile_is_replaced()
    {
        using var world = World(connections: 1);
        End(world, "app");
        Lines(world).Single().Cut();
        world.World.RunFor(100);
        End(world, "app");
        Assert.Equal(2, world.Server.Kills);
    }

    [Fact]
    public void It_does_not_wait_behind_a_storm_at_the_gate()
    {
        using var world = World(connections: 1, dial: new DialLimits(PerSecond: 1, Burst: 2, InProgressMax: 1));
        var target = world.Client();
        var slow = target.BeginQuery("SELECT SLEEP(100), 1");
        world.Pump(() => world.Pooled.Any(connection => connection.Session.IsBusy), "the statement at the server");
        for (var i = 0; i < 30; i++)
            _ = world.Client().BeginQuery("SELECT SLEEP(0.1), 2");
        world.World.RunFor(10);

        Assert.True(world.Client().Query($"KILL QUERY {target.ConnectionId}").IsOk);
        Assert.Equal(1317, slow.Value.Code);
    }

    private static void End(EngineWorld world, string user)
    {
        var options = new FakeClientOptions { User = user, Password = user == "app" ? "secret" : "else" };
        var (target, killer) = (world.Client(options), world.Client(options));
        var slow = target.BeginQuery("SELECT SLEEP(60), 1");
        world.Pump(() => world.Pooled.Any(connection => connection.Session.IsBusy), "the statement at the server");
        Assert.True(killer.Query($"KILL QUERY {target.ConnectionId}").IsOk);
        Assert.Equal(1317, slow.Value.Code);
    }

    private static IEnumerable<FakeConnection> Lines(EngineWorld world) =>
        world.Server.Live.Where(connection => connection.Attributes.GetValueOrDefault("program_name") == "seawall-cancel");

    private static EngineWorld World(int connections, DialLimits? dial = null) => new(new()
    {
        Loops = 2,
        Prepare = server => server.Accounts.Add(new FakeAccount("other", "else")),
        WithServer = server => server with
        {
            Cancels = new CancelLimits(connections),
            Dial = dial ?? new DialLimits(PerSecond: 1_000, Burst: 100),
        },
    });
}
