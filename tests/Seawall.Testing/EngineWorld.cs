using System.Net;
using Seawall.Engine;
using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Pools;
using Seawall.Engine.Loops;
using Seawall.Engine.Telemetry;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;
using Seawall.Testing.Worlds;

namespace Seawall.Testing;

/// <summary>What an <see cref="EngineWorld"/> is made of.</summary>
public sealed record EngineWorldOptions
{
    /// <summary>What everything follows from.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Whether order and packet sizes are left to chance.</summary>
    public bool IsChaotic { get; init; }

    /// <summary>What the server pretends to be.</summary>
    public FakeServerKind Kind { get; init; } = FakeServerKind.MySql97;

    /// <summary>How many loops move bytes.</summary>
    public int Loops { get; init; } = 1;

    /// <summary>Whether there is no monitoring account.</summary>
    public bool Learns { get; init; }

    /// <summary>Whether the server's accounts cannot be read, whatever the monitor tries.</summary>
    public bool HidesAccounts { get; init; }

    /// <summary>Changes the engine's options.</summary>
    public Func<EngineOptions, EngineOptions> With { get; init; } = options => options;

    /// <summary>Changes the one server's options.</summary>
    public Func<ServerOptions, ServerOptions> WithServer { get; init; } = options => options;

    /// <summary>Changes the server before anything runs.</summary>
    public Action<FakeServer> Prepare { get; init; } = _ => { };
}

/// <summary>
/// The real engine between fake clients and a fake server, in a simulated world. Disposing of it checks what must hold
/// after everything: see <see cref="CheckAfterwards"/>.
/// </summary>
public sealed class EngineWorld : IDisposable
{
    /// <summary>Where the engine listens.</summary>
    public static readonly Endpoint Door = Endpoint.Tcp(IPAddress.Loopback, 3307);

    /// <summary>Where the server listens.</summary>
    public static readonly Endpoint ServerDoor = Endpoint.Tcp(IPAddress.Loopback, 3306);

    private static readonly PeerAddress s_local = PeerAddress.From(IPAddress.Loopback, 0);

    private readonly SimulatedLoop _outside;
    private readonly List<FakeClient> _clients = [];
    private readonly List<FakeServer> _servers = [];
    private readonly CancellationTokenSource _hurry = new();
    private bool _isChecked;

    /// <summary>A world that has run until the engine knows its server and accounts.</summary>
    public EngineWorld(EngineWorldOptions? options = null)
    {
        Options = options ??= new();
        World = new World(options.Seed, options.IsChaotic);
        var data = Enumerable.Range(0, options.Loops).Select(World.AddLoop).ToArray();
        var control = World.AddLoop(options.Loops);
        _outside = World.AddLoop(0);
        Server = new FakeServer(World.AddLoop(0), ServerDoor, options.Kind);
        Server.Accounts.Add(new FakeAccount("monitor", "watch"));
        Server.Accounts.Add(new FakeAccount("app", "secret"));
        options.Prepare(Server);
        Server.Open();
        _servers.Add(Server);
        Engine = new SeawallEngine(
            options.With(EngineOptionsOf(options)), new EngineThreads(data, control), Log, new Workers(0, 1));
        Engine.Start();
        if (!World.RunUntil(() => IsReady, 5_000) && !options.Learns && Server.LiveOf("monitor").Any())
            throw new InvalidOperationException($"the engine does not know its server: {string.Join('\n', Log.Lines)}");
    }

    /// <summary>What it is made of.</summary>
    public EngineWorldOptions Options { get; }

    /// <summary>Clock, network and loops.</summary>
    public World World { get; }

    /// <summary>The engine.</summary>
    public SeawallEngine Engine { get; }

    /// <summary>The server.</summary>
    public FakeServer Server { get; }

    /// <summary>What the engine has logged.</summary>
    public RecordingLog Log { get; } = new();

    /// <summary>The server connections that pools have, without the monitor's and those that end statements.</summary>
    public IEnumerable<FakeConnection> Pooled => PooledOf(Server);

    /// <summary>The connections that pools have to one of several servers, without the monitor's.</summary>
    public static IEnumerable<FakeConnection> PooledOf(FakeServer server) => server.Live.Where(connection =>
        connection.Attributes.GetValueOrDefault("program_name") is not ("seawall-monitor" or "seawall-cancel" or "seawall-deferred" or "seawall-positions")
        // Servers that cannot be reset are told no attributes.
        && (connection.Attributes.Count > 0 || (connection.Session.User != "monitor" && !connection.OnlyKills)));

    /// <summary>One more server, with the accounts of the first, of which the engine's options know nothing yet.</summary>
    public FakeServer AddServer(Endpoint endpoint, FakeServerKind? kind = null)
    {
        var server = new FakeServer(World.AddLoop(0), endpoint, kind ?? Server.Kind);
        server.Accounts.AddRange(Server.Accounts);
        server.Open();
        _servers.Add(server);
        return server;
    }

    /// <summary>What the engine has counted, of all loops.</summary>
    public long Count(Func<LoopMeter, long> what) => Engine.Lanes.Sum(lane => what(lane.Meter));

    /// <summary>A client that is connecting.</summary>
    public FakeClient Connect(FakeClientOptions? options = null, string? fromAddress = null)
    {
        var source = fromAddress is null ? s_local : PeerAddress.From(IPAddress.Parse(fromAddress), 0);
        var client = new FakeClient(World.Network.Connect(_outside, Door, source), options ?? new(), Pump);
        _clients.Add(client);
        return client;
    }

    /// <summary>A client that is connecting to another place than <see cref="Door"/>.</summary>
    public FakeClient ConnectTo(Endpoint endpoint, FakeClientOptions? options = null)
    {
        var client = new FakeClient(World.Network.Connect(_outside, endpoint, s_local), options ?? new(), Pump);
        _clients.Add(client);
        return client;
    }

    /// <summary>A client that has logged in.</summary>
    public FakeClient Client(FakeClientOptions? options = null)
    {
        var client = Connect(options);
        var reply = client.LogIn();
        if (!reply.IsIn)
            throw new InvalidOperationException($"the login failed: {reply.Error}\n{string.Join('\n', Log.Lines)}");
        return client;
    }

    /// <summary>The one pool of an account.</summary>
    internal Pool PoolOf(string user) => Engine.Pools.All.Single(pool => pool.Key.User == user);

    /// <summary>Gives the engine other options.</summary>
    public void Apply(Func<EngineOptions, EngineOptions> change) => Engine.Apply(change(Engine.Options));

    /// <summary>Lets go of what the world has noted of clients and connections that have left: for a look at memory.</summary>
    public void ForgetThePast()
    {
        _clients.RemoveAll(client => client.Wire.IsClosed && client.Problem is null);
        foreach (var server in _servers)
            server.ForgetThePast();
        World.Network.ForgetThePast();
        Log.Clear();
    }

    /// <summary>Begins to shut the engine down.</summary>
    public Closing BeginShutdown(TimeSpan atMost)
    {
        // Without a context of the test framework: the world alone decides what goes on when.
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            return new Closing(Engine.Shutdown(atMost, World.Clock, _hurry.Token), this);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    /// <summary>Wants the shutdown over, as an operator does who asks twice.</summary>
    public void Hurry() => _hurry.Cancel();

    /// <summary>Lets the world go on until something is true; throws when it never is.</summary>
    public void Pump(Func<bool> isDone, string what)
    {
        var isThere = World.RunUntil(isDone);
        World.ThrowBugs();
        if (!isThere)
        {
            throw new TimeoutException($"'{what}' has not come within two simulated minutes (seed {World.Seed})\n"
                + string.Join('\n', Log.Lines.TakeLast(10)));
        }
    }

    /// <summary>
    /// Everybody leaves; then nothing may be left: no client, no waiter, no lease, no byte unsent; and pools and server must
    /// agree on how many connections there are.
    /// </summary>
    public void CheckAfterwards()
    {
        _isChecked = true;
        foreach (var client in _clients)
            client.Cut();
        World.RunFor(10_000);
        World.ThrowBugs();
        Check(Engine.ClientCount == 0, $"{Engine.ClientCount} clients are still in");
        Check(Count(meter => meter.ClientsAccepted - meter.ClientsClosed) == 0, "clients were accepted and never closed");
        foreach (var server in _servers)
            Check(server.Violations.Count == 0, $"at the server: {string.Join("; ", server.Violations)}");
        foreach (var client in _clients)
            Check(client.Problem is null, $"at a client: {client.Problem}");
        foreach (var pool in Engine.Pools.All)
        {
            Check(pool.Waiting == 0, $"{pool.Waiting} wait for {pool.Key}");
            Check(pool.Dialing == 0, $"{pool.Dialing} dials of {pool.Key} never ended");
            Check(pool.Idle == pool.Total, $"{pool.Total - pool.Idle} of {pool.Total} connections of {pool.Key} are not idle");
        }
        foreach (var sluice in Engine.Views.Sluices())
        {
            Check(sluice.Running == 0 && sluice.Classes.All(view => view.Running == 0), $"{sluice.Running} run at {sluice.Server}");
            Check(sluice.Classes.All(view => view.Waiting == 0), $"some wait for their turn at {sluice.Server}");
        }
        var total = Engine.Pools.All.Sum(pool => pool.Total);
        var there = _servers.Sum(server => PooledOf(server).Count());
        Check(there == total, $"pools have {total} connections, the servers have {there}");
        foreach (var server in Engine.Pools.All.Select(pool => pool.Server).Distinct())
        {
            var own = Engine.Pools.All.Where(pool => pool.Server == server).Sum(pool => pool.Total);
            Check(server.Slots.Used == own, $"{server.Slots.Used} slots are taken, {own} connections are there");
            Check(server.Gate.State.InProgress == 0, "the dial gate counts dials that have ended");
        }
        Check(!World.Network.Links.Any(link => link is { ClientWire: { IsClosed: false, HasUnsent: true } }
            or { ServerWire: { IsClosed: false, HasUnsent: true } }), "bytes are still unsent");
    }

    /// <summary>Checks, unless that was done, and ends the engine.</summary>
    public void Dispose()
    {
        try
        {
            // A test that fails has said why; its world is in a state of its own.
            if (!_isChecked && System.Runtime.InteropServices.Marshal.GetExceptionPointers() == 0)
                CheckAfterwards();
        }
        finally
        {
            Engine.Dispose();
            _hurry.Dispose();
        }
    }

    private bool IsReady => Engine.Facts.Primary is { Version: not null }
        && (Options.Learns || Options.HidesAccounts || Engine.Facts.Accounts.Mode == AccountMode.Known);

    private void Check(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new InvalidOperationException(
                $"Afterwards (seed {World.Seed}): {otherwise}\n{string.Join('\n', Log.Lines.TakeLast(20))}");
        }
    }

    private static EngineOptions EngineOptionsOf(EngineWorldOptions options)
    {
        var monitor = new Account("monitor", "%", [], AccountSource.Settings);
        monitor.Secrets.LearnPassword("watch"u8);
        return new EngineOptions
        {
            Listen = [Door],
            Servers = [options.WithServer(new ServerOptions { Id = new ServerId("db"), Endpoint = ServerDoor })],
            Monitor = options.Learns ? null : monitor,
        };
    }
}

/// <summary>A shutdown that goes on.</summary>
public sealed class Closing
{
    private readonly Task<bool> _task;
    private readonly EngineWorld _world;

    internal Closing(Task<bool> task, EngineWorld world)
    {
        _task = task;
        _world = world;
    }

    /// <summary>Whether it has ended.</summary>
    public bool IsDone => _task.IsCompleted;

    /// <summary>Whether everybody had left by then; waits for that.</summary>
    public bool EverybodyLeft
    {
        get
        {
            _world.Pump(() => IsDone, "the shutdown");
            return _task.GetAwaiter().GetResult();
        }
    }
}
