using System.Net;
using Seawall.Engine;
using Seawall.Engine.Flow.Pools;
using Seawall.Engine.Loops;
using Seawall.Testing;
using Seawall.Testing.Clients;
using Seawall.Testing.Worlds;
using Xunit;

namespace Seawall.Tests.Flow.Pools;

/// <summary>
/// M19 of the matrix, in virtual time: three Seawalls in front of one server, one of which dies without a word, so that the server still
/// holds its connections while its clients come to the other two. The server must never be asked for more than it has.
/// </summary>
public sealed class FleetTests(ITestOutputHelper output)
{
    private const int Clients = 90;
    private const int ServerMax = 110;

    // Each with what the server has, less what watches it, over their number: the two that are left have room for each other's clients in
    // their lines, not at the server.
    [Fact]
    public void One_of_three_dies_and_the_server_is_not_asked_for_more_than_it_has()
    {
        var (most, refused, answered, before) = Play(connectionsMax: 30);
        output.WriteLine($"{most} of {ServerMax} at most, {refused} refused, {answered} answered a second, {before} before");
        Assert.InRange(most, 60, ServerMax);
        Assert.Equal(0, refused);
        Assert.True(answered >= 0.6 * before, $"{answered} of {before}"); // Two of three.
    }

    // The control: each may have what the server has.
    [Fact]
    public void With_more_for_each_the_server_refuses()
    {
        var (most, refused, _, _) = Play(connectionsMax: ServerMax);
        output.WriteLine($"{most} of {ServerMax} at most, {refused} refused");
        Assert.True(refused > 0, $"{most} at most");
    }

    private static (int Most, int Refused, int Answered, int Before) Play(int connectionsMax)
    {
        using var world = new EngineWorld(new()
        {
            With = options => options with { Pools = options.Pools with { SizeMax = 200, WaitMsMax = 60_000 } },
            WithServer = server => server with { ConnectionsMax = connectionsMax, RunningMax = 200, Dial = new DialLimits(200, 50, 20) },
            Prepare = server => server.ConnectionsMax = ServerMax,
        });
        var peers = Enumerable.Range(1, 2).Select(i => new Peer(world, Endpoint.Tcp(IPAddress.Loopback, 3500 + i))).ToArray();
        try
        {
            Endpoint[] doors = [EngineWorld.Door, peers[0].Door, peers[1].Door];
            var clients = Enumerable.Range(0, Clients).Select(i => new Busy(world, doors, i)).ToArray();
            var (most, answered) = Run(world, clients, 4_000);
            (most, var before) = Run(world, clients, 4_000);
            peers[0].Die();
            foreach (var client in clients)
                client.Lose(peers[0].Door);
            (var mostAfter, _) = Run(world, clients, 4_000);
            (most, answered) = (Math.Max(most, mostAfter), 0);
            (mostAfter, answered) = Run(world, clients, 4_000);
            var refused = world.Log.Lines.Concat(peers.SelectMany(peer => peer.Log.Lines))
                .Count(line => line.Contains("Too many connections", StringComparison.OrdinalIgnoreCase)) + world.Server.Refused;
            return (Math.Max(most, mostAfter), refused, answered, before);
        }
        finally
        {
            foreach (var peer in peers)
                peer.Dispose();
        }
    }

    private static (int Most, int Answered) Run(EngineWorld world, Busy[] clients, int forMs)
    {
        var (most, answered) = (0, 0);
        for (var ms = 0; ms < forMs; ms += 10)
        {
            foreach (var client in clients)
                answered += client.Look(world.World.Clock.ElapsedMs) ? 1 : 0;
            world.World.RunFor(10);
            most = Math.Max(most, world.Server.Live.Count());
        }
        return (most, answered);
    }

    // Another Seawall in the same world.
    private sealed class Peer : IDisposable
    {
        private readonly SimulatedLoop _data;
        private readonly SimulatedLoop _control;
        private readonly SeawallEngine _engine;

        internal Peer(EngineWorld world, Endpoint door)
        {
            Door = door;
            (_data, _control) = (world.World.AddLoop(0), world.World.AddLoop(1));
            _engine = new SeawallEngine(world.Engine.Options with { Listen = [door] }, new EngineThreads([_data], _control), Log, new Workers(0, 1));
            _engine.Start();
            world.World.RunUntil(() => _engine.Facts.Accounts.Mode == Engine.Facts.Accounts.AccountMode.Known, 5_000);
        }

        internal Endpoint Door { get; }

        internal RecordingLog Log { get; } = new();

        // The machine is gone: nobody closes anything.
        internal void Die() => _data.IsFrozen = _control.IsFrozen = true;

        public void Dispose()
        {
            _data.IsFrozen = _control.IsFrozen = false;
            _engine.Dispose();
        }
    }

    // Asks again as soon as it is answered; when its Seawall is lost it goes to another one after a second, and so on for ever.
    private sealed class Busy(EngineWorld world, Endpoint[] doors, int number)
    {
        private int _door = number % doors.Length;
        private FakeClient? _client;
        private Pending<LoginReply>? _login;
        private Pending<Reply>? _asked;
        private double _againAtMs;

        internal void Lose(Endpoint door)
        {
            if (doors[_door].Text == door.Text)
                Leave(0);
        }

        internal bool Look(double nowMs)
        {
            if (_client is null)
            {
                if (nowMs < _againAtMs)
                    return false;
                _client = world.ConnectTo(doors[_door]);
                _login = _client.BeginLogIn();
            }
            if (_login is { IsDone: true } login)
            {
                if (!login.Value.IsIn)
                    Leave(nowMs);
                _login = null;
            }
            if (_client is null || _login is not null)
                return false;
            if (_asked is { IsDone: false })
                return false;
            var isAnswered = _asked is { Value.IsOk: true };
            if (_asked is { Value.IsOk: false })
            {
                Leave(nowMs);
                return false;
            }
            _asked = _client.BeginQuery("SELECT SLEEP(0.05)");
            return isAnswered;
        }

        private void Leave(double nowMs)
        {
            _client?.Cut();
            (_client, _login, _asked, _door) = (null, null, null, (_door + 1) % doors.Length);
            _againAtMs = nowMs == 0 ? 0 : nowMs + 1_000;
        }
    }
}
