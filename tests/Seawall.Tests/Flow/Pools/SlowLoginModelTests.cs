using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Worlds;
using Xunit;

namespace Seawall.Tests.Flow.Pools;

/// <summary>
/// M7 of the matrix, in virtual time: in the middle of the day each login at the server takes five round trips more and 50 ms of its
/// processor. Programs that connect for each request must not notice. The control, the same clients without Seawall, do.
/// </summary>
public sealed class SlowLoginModelTests(ITestOutputHelper output)
{
    private const int ConnectsPerSecond = 100;
    private const int PatienceMs = 200;
    private const int ConnectionsMax = 60;

    // Five round trips of 20 ms, and 50 ms of work for which logins stand in line: 20 a second is what the server can do.
    private const int MoreMs = 100;
    private const int WorkMs = 50;

    [Fact]
    public void Logins_at_the_server_become_slow_and_clients_that_connect_for_each_request_do_not_notice()
    {
        using var world = new EngineWorld(new()
        {
            Prepare = server => server.ConnectionsMax = ConnectionsMax,
            WithServer = server => server with { ConnectionsMax = 40 },
        });
        var model = new Model(world, EngineWorld.Door);
        WarmUp(world, 20);
        var before = model.Run(forMs: 5_000);
        var pace = world.PoolOf("app").Server.Gate.State;
        model.MakeSlow();
        var during = model.Run(forMs: 20_000, loseEveryMs: 1_000); // The server drops a pooled connection each second: some logins there must be.
        var slowPace = world.PoolOf("app").Server.Gate.State;
        model.MakeFast();
        model.Run(forMs: 10_000);
        var after = model.Run(forMs: 10_000);
        output.WriteLine($"before {before}\nduring {during}\nafter  {after}\npace {pace} | {slowPace}");

        Assert.True(before.Goodput >= 0.999, $"{before}");
        Assert.True(during.Goodput >= 0.99 * before.Goodput, $"{before} | {during}"); // Unchanged while the pool is warm.
        Assert.True(after.Goodput >= 0.98 * before.Goodput, $"{after}"); // MI 1, as near as it can be told.
        Assert.True(during.LoginsMax <= pace.InProgressMax, $"{during.LoginsMax} logins at one time");
        Assert.True(slowPace.InProgressMax < pace.InProgressMax, $"h has not backed off: {pace} | {slowPace}");
        Assert.True(slowPace.PerSecond < pace.PerSecond, $"r has not backed off: {pace} | {slowPace}");
        Assert.Equal(0, before.Refused + during.Refused + after.Refused); // No 1040.
        Assert.True(during.ConnectionsMost <= ConnectionsMax, $"{during}");
    }

    [Fact]
    public void The_same_clients_without_it_are_not_served_and_fill_the_server()
    {
        using var world = new EngineWorld(new() { Prepare = server => server.ConnectionsMax = ConnectionsMax });
        var model = new Model(world, EngineWorld.ServerDoor);
        var before = model.Run(forMs: 5_000);
        model.MakeSlow();
        var during = model.Run(forMs: 20_000);
        output.WriteLine($"before {before}\nduring {during}");

        Assert.True(before.Goodput >= 0.999, $"{before}");
        Assert.True(during.Goodput < 0.5, $"{during}");
        Assert.True(during.Refused > 0, $"{during}");
    }

    // A pool as a busy moment leaves it.
    private static void WarmUp(EngineWorld world, int connections)
    {
        var asked = Enumerable.Range(0, connections).Select(_ => world.Client().BeginQuery("SELECT SLEEP(2)")).ToArray();
        Assert.All(asked, one => Assert.True(one.Value.IsOk));
        Assert.Equal(connections, world.Pooled.Count());
    }

    private sealed record Figures(int Offered, int Good, int Refused, int LoginsMax, int ConnectionsMost)
    {
        internal double Goodput => (double)Good / Math.Max(1, Offered);
    }

    // Programs without a pool: connect, ask, leave; so many a second, whatever became of those before.
    private sealed class Model(EngineWorld world, Engine.Loops.Endpoint door)
    {
        private readonly List<Visit> _visits = [];
        private double _idleAtMs;

        internal void MakeSlow() => world.Server.LoginTakes = () =>
        {
            // One core does the work of logins, one after another.
            var now = world.World.Clock.ElapsedMs;
            _idleAtMs = Math.Max(now, _idleAtMs) + WorkMs;
            return (long)(MoreMs + _idleAtMs - now);
        };

        internal void MakeFast() => world.Server.LoginTakes = null;

        internal Figures Run(int forMs, int loseEveryMs = 0)
        {
            var (offered, good, refused, logins, most) = (0, 0, 0, 0, 0);
            for (var ms = 0; ms < forMs; ms += 5)
            {
                if (ms % (1_000 / ConnectsPerSecond) == 0)
                {
                    offered++;
                    _visits.Add(new Visit(world.ConnectTo(door), world.World.Clock.ElapsedMs));
                }
                if (loseEveryMs > 0 && ms % loseEveryMs == 0)
                    EngineWorld.PooledOf(world.Server).FirstOrDefault(connection => connection.IsLoggedIn)?.Cut();
                world.World.RunFor(5);
                logins = Math.Max(logins, EngineWorld.PooledOf(world.Server).Count(connection => !connection.IsLoggedIn));
                most = Math.Max(most, world.Server.Live.Count());
                foreach (var visit in _visits)
                    visit.Look(world.World.Clock.ElapsedMs);
                good += _visits.Count(visit => visit.IsGood);
                refused += _visits.Count(visit => visit.IsRefused);
                _visits.RemoveAll(visit => visit.IsOver);
            }
            // Whoever was under way at the end belongs to the next figures, and to none when there are no next ones.
            return new(offered, good, refused, logins, most);
        }
    }

    private sealed class Visit(FakeClient client, double beganMs)
    {
        private readonly Pending<LoginReply> _login = client.BeginLogIn();
        private Pending<Reply>? _asked;

        internal bool IsGood { get; private set; }

        internal bool IsRefused { get; private set; }

        internal bool IsOver { get; private set; }

        internal void Look(double nowMs)
        {
            if (_asked is null && _login.IsDone)
            {
                if (_login.Value.IsIn)
                    _asked = client.BeginQuery("SELECT 1");
                else
                    (IsRefused, IsOver) = (_login.Value.Error?.Code == 1040, true);
            }
            if (_asked is { IsDone: true } answered)
                (IsGood, IsOver) = (answered.Value.IsOk && nowMs - beganMs <= PatienceMs, true);
            IsOver |= nowMs - beganMs > PatienceMs;
            if (IsOver)
                client.Cut();
        }
    }
}
