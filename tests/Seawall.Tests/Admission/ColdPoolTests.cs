using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Pools;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Seawall.Testing.Worlds;
using Xunit;

namespace Seawall.Tests.Admission;

/// <summary>
/// What classes are worth while there are no connections yet. Whoever waits for one does not count as running, so a storm on a cold
/// pool stands in the line of the pool and not at the sluice.
/// </summary>
public sealed class ColdPoolTests
{
    private const int Running = 4;
    private const string Critical = "SELECT 'critical' /*priority='critical'*/";

    private static readonly FakeClientOptions s_boss = new() { User = "boss", Password = "other" };

    [Theory]
    [InlineData(1, "app")]
    [InlineData(3, "app")]
    [InlineData(1, "boss")]
    [InlineData(3, "boss")]
    public void What_matters_gets_the_next_connection_though_it_came_last(int loops, string whose)
    {
        using var world = Cold(loops: loops);
        var storm = Storm(world, 40, "SELECT SLEEP(0.2), 'storm' /*priority='low'*/");
        world.World.RunFor(50);

        var critical = world.Client(whose == "boss" ? s_boss : null).BeginQuery(Critical);
        world.Pump(() => critical.IsDone, "the critical one");

        Assert.True(critical.Value.IsOk, critical.Value.Error?.Message);
        // Logins that were under way when it came, and what these can serve meanwhile.
        Assert.InRange(AtServer(world, "storm"), 0, 6);
        Settle(world, storm);
    }

    // The control of the above: where nobody is held, first come goes first.
    [Fact]
    public void Where_nobody_is_held_whoever_came_first_goes_first()
    {
        using var world = Cold(mode: OverloadMode.Observe, poolSize: 4);
        var storm = Storm(world, 40, "SELECT SLEEP(0.2), 'storm' /*priority='low'*/");
        world.World.RunFor(50);

        var critical = world.Client().BeginQuery(Critical);
        world.Pump(() => critical.IsDone, "the critical one");

        Assert.Equal(40, AtServer(world, "storm"));
        Settle(world, storm);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 2)]
    public void No_more_run_than_may_when_the_connections_are_there(int loops, int seed)
    {
        using var world = Cold(loops: loops, seed: seed, perSecond: 1_000, patient: true);
        var storm = Storm(world, 40, "SELECT SLEEP(0.5), 'storm'");
        var most = 0;
        for (var i = 0; i < 600; i++)
        {
            world.World.RunFor(10);
            most = Math.Max(most, world.Engine.Views.Sluices().Single().Running);
        }

        Assert.All(storm, reply => Assert.True(reply.Value.IsOk));
        // One more may be there whose turn had come before it had a connection.
        Assert.InRange(most, Running, Running + 1);
        Assert.True(world.PoolOf("app").Total > Running, "no connection was there that could have been too many");
        Settle(world, storm);
    }

    [Fact]
    public void Whoever_finds_the_line_of_the_pool_full_takes_the_place_of_one_that_matters_less()
    {
        using var world = Cold(waiters: 10);
        var storm = Storm(world, 10, "SELECT SLEEP(0.2), 'storm' /*priority='low'*/");
        world.World.RunFor(20);
        Assert.Equal(10, world.PoolOf("app").Waiting);

        var critical = world.Client().BeginQuery(Critical);
        world.World.RunFor(20);
        var late = world.Client().BeginQuery("SELECT 'late' /*priority='low'*/");

        Assert.True(critical.Value.IsOk, critical.Value.Error?.Message);
        Assert.Contains("pool.waiters_max", late.Value.Error?.Message ?? "", StringComparison.Ordinal);
        world.World.RunFor(10_000);
        Assert.Equal("newest", storm[^1].Value.IsOk ? "" : "newest");
        Assert.Equal(9, storm.Count(reply => reply.Value.IsOk));
    }

    [Fact]
    public void Somebody_who_matters_little_gets_a_connection_now_and_then()
    {
        using var world = Cold(poolSize: 1);
        var clients = Enumerable.Range(0, 4).Select(_ => world.Client()).ToArray();
        const string Busy = "SELECT SLEEP(0.05), 'busy' /*priority='critical'*/";
        var busy = clients.Select(client => client.BeginQuery(Busy)).ToArray();
        var background = world.Client().BeginQuery("SELECT 'little' /*priority='low'*/");
        var second = world.Client().BeginQuery("SELECT 'second' /*priority='low'*/");
        for (var i = 0; i < 300 && !second.IsDone; i++)
        {
            world.World.RunFor(10);
            for (var c = 0; c < clients.Length; c++)
            {
                if (busy[c].IsDone)
                    busy[c] = clients[c].BeginQuery(Busy);
            }
            if (i == 10)
                Assert.False(background.IsDone);
        }

        Assert.True(background.Value.IsOk && second.Value.IsOk);
    }

    [Fact]
    public void What_can_be_done_later_is_deferred_again_and_not_refused()
    {
        using var world = Cold(perSecond: 1_000);
        var storm = Storm(world, 30, "SELECT SLEEP(0.2), 'storm' /*priority='background'*/");
        world.World.RunFor(1_000);
        Assert.True(world.Engine.Views.Sluices().Single().Deferral.Held > 0);
        world.World.RunFor(9_000);

        Assert.All(storm, reply => Assert.True(reply.Value.IsOk, reply.Value.Error?.Message));
    }

    [Fact]
    public void Room_at_the_server_goes_to_the_account_that_matters()
    {
        using var world = Cold(connections: 4, poolSize: 32, perSecond: 1_000, running: 16, patient: true);
        var storm = Storm(world, 60, "SELECT SLEEP(0.2), 'storm' /*priority='low'*/");
        world.World.RunFor(400);

        var critical = world.Client(s_boss).BeginQuery("SELECT 'critical'");
        world.Pump(() => critical.IsDone, "the critical one");

        Assert.True(critical.Value.IsOk, critical.Value.Error?.Message);
        Assert.InRange(AtServer(world, "storm"), 4, 20);
        Settle(world, storm);
    }

    private static Pending<Reply>[] Storm(EngineWorld world, int count, string text) =>
        [.. Enumerable.Range(0, count).Select(_ => world.Client()).ToArray().Select(client => client.BeginQuery(text))];

    private static void Settle(EngineWorld world, Pending<Reply>[] storm)
    {
        world.World.RunFor(15_000);
        Assert.All(storm, reply => Assert.True(reply.IsDone));
    }

    private static int AtServer(EngineWorld world, string word) =>
        world.Server.Connections.Sum(connection => connection.Queries.Count(query => query.Contains($"'{word}'", StringComparison.Ordinal)));

    // Logins take a tenth of a second, two at a time.
    private static EngineWorld Cold(int loops = 1, int seed = 1, OverloadMode mode = OverloadMode.Enforce, int poolSize = 32,
        int waiters = 10_000, int perSecond = 50, int connections = 200, int running = Running, bool patient = false)
    {
        var world = new EngineWorld(new()
        {
            Seed = seed,
            Loops = loops,
            Prepare = server => server.Accounts.Add(new FakeAccount("boss", "other")),
            WithServer = server => server with
            {
                RunningMax = running,
                ConnectionsMax = connections,
                Dial = new DialLimits(PerSecond: perSecond, InProgressMax: 2),
                HangMsMax = 0,
            },
            With = options => options with
            {
                Pools = options.Pools with { SizeMax = poolSize, WaitersMax = waiters, WaitMsMax = 20_000 },
                Overload = options.Overload with
                {
                    Mode = mode,
                    Rules =
                    [
                        new(StatementClass.Critical, "boss", null, null, MayRaise: false),
                        new(StatementClass.Normal, "app", null, null, MayRaise: true),
                    ],
                    Classes = !patient ? options.Overload.Classes : [.. options.Overload.Classes.Select(limits =>
                        limits with { WaitMsMax = 30_000, StandingMsMax = 30_000 })],
                    QueueMaxPerRunning = patient ? 100 : options.Overload.QueueMaxPerRunning,
                },
            },
        });
        world.Server.LoginMs = 100;
        return world;
    }
}
