using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Text;
using Microsoft.Extensions.Logging;
using MySqlConnector;
using Seawall.Engine;
using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Facts.Freshness;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Decisions;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;
using Seawall.Engine.Telemetry;

namespace Seawall.LabTests.Lab;

/// <summary>
/// The real engine, in this process and on a port of the system's choice, in front of a real server. A bug that the engine
/// caught and logged fails the test that disposes of it: a conversation that ended by accident must not look like one
/// that ended.
/// </summary>
public sealed class SeawallUnderTest : IAsyncDisposable
{
    // The watch connects at once, and again after a second; the rest is for a machine with much else to do.
    private static readonly TimeSpan ReadyTimeMax = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan FreshTimeMax = TimeSpan.FromSeconds(60);

    private readonly Records _records = new();
    private bool _isDisposed;

    private SeawallUnderTest(EngineOptions options) => Engine = new SeawallEngine(options, TimeProvider.System, _records);

    public SeawallEngine Engine { get; }

    public int Port => IPEndPoint.Parse(Engine.Bound[0].Text).Port;

    /// <summary>Everything that was logged, from Debug up.</summary>
    public IReadOnlyCollection<string> Log => _records.Lines;

    /// <summary>
    /// Starts it in front of a server, which it watches as <c>seawall</c>, and waits until it lets clients in.
    /// <paramref name="change"/> changes the options first: without a monitor, with other limits, ...
    /// </summary>
    public static async Task<SeawallUnderTest> StartAsync(
        LabServer server, CancellationToken cancel, Func<EngineOptions, EngineOptions>? change = null)
    {
        var options = Options(server);
        var seawall = new SeawallUnderTest(change?.Invoke(options) ?? options);
        try
        {
            seawall.Engine.Start();
            await Eventually.TrueAsync(() => seawall.IsReady, ReadyTimeMax, cancel, () => string.Join('\n', seawall.Log));
            return seawall;
        }
        catch
        {
            await seawall.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Starts it in front of a replica set, of which it is told who is who, and waits until all replicas are fresh. Without
    /// <paramref name="isFixed"/> it finds out who is the primary, for a test in which that changes.
    /// </summary>
    public static async Task<SeawallUnderTest> StartAsync(
        ReplicaSet set, ReadOptions reads, CancellationToken cancel, bool isFixed = true, Func<EngineOptions, EngineOptions>? change = null)
    {
        var seawall = await StartAsync(set.Primary, cancel, options =>
        {
            options = options with { Servers = ServerOptions(set.Members, isFixed ? set.Primary : null), Reads = reads };
            return change?.Invoke(options) ?? options;
        });
        try
        {
            await seawall.AllFreshAsync(set, cancel);
            return seawall;
        }
        catch
        {
            await seawall.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until all replicas are fresh.</summary>
    public Task AllFreshAsync(ReplicaSet set, CancellationToken cancel) => Eventually.TrueAsync(
        () => Engine.Facts.Servers.Count(server => server.Freshness.State == FreshnessState.Fresh) == set.Replicas.Count(), FreshTimeMax, cancel,
        () => string.Join('\n', Engine.Facts.Servers.Select(server =>
            $"{server.Id} {server.Role} {server.Health} {server.Problem} {server.Freshness.State}")));

    /// <summary>Starts it and does not wait: for what keeps it from letting clients in.</summary>
    public static Task<SeawallUnderTest> StartUnreadyAsync(LabServer server, Func<EngineOptions, EngineOptions> change)
    {
        var seawall = new SeawallUnderTest(change(Options(server)));
        seawall.Engine.Start();
        return Task.FromResult(seawall);
    }

    /// <summary>What it is told unless a test wants something else.</summary>
    public static EngineOptions Options(LabServer server) => new()
    {
        // On a machine with much else to do, clients of a test would be turned away because everything waits for its turn.
        Protection = new() { Mode = OverloadMode.Observe },
        Listen = [Endpoint.Tcp(IPAddress.Loopback, 0)],
        Servers = [ServerOptions(server)],
        Monitor = AccountWithPassword("seawall", "seawall"),
        Loops = 2,
    };

    public static ServerOptions ServerOptions(LabServer server) => new()
    {
        Id = new ServerId("primary"),
        Endpoint = Endpoint.Tcp(IPAddress.Loopback, server.Port),
        Tls = ServerTls.Off,
        // A machine with much else to do may leave a server without a turn for longer than is right elsewhere.
        HangMsMax = 20_000,
    };

    /// <summary>Several, named 0, 1, … in this order. Without <paramref name="primary"/> it is to be found out who that is.</summary>
    public static ImmutableArray<ServerOptions> ServerOptions(IEnumerable<LabServer> servers, LabServer? primary) =>
        [.. servers.Select((server, i) => ServerOptions(server) with
        {
            Id = new($"{i}"),
            Role = primary is null ? null : server == primary ? ServerRole.Primary : ServerRole.Replica,
        })];

    /// <summary>An account as the settings file names it.</summary>
    public static Account AccountWithPassword(string user, string password)
    {
        var account = new Account(user, "%", [], AccountSource.Settings);
        account.Secrets.LearnPassword(Encoding.UTF8.GetBytes(password));
        return account;
    }

    /// <summary>A connection string over TCP, without TLS and without a pool; add to it what a test needs.</summary>
    public MySqlConnectionStringBuilder ConnectionString(string user = "seawall", string password = "seawall") => new()
    {
        Server = "127.0.0.1",
        Port = (uint)Port,
        UserID = user,
        Password = password,
        SslMode = MySqlSslMode.None,
        AllowPublicKeyRetrieval = true,
        Pooling = false,
        ConnectionTimeout = 60, // As patient as any test, on a machine with much else to do.
        DefaultCommandTimeout = 300,
    };

    /// <summary>A connection as seawall, who may do everything.</summary>
    public Task<MySqlConnection> ConnectAsync(CancellationToken cancel) => ConnectAsync("seawall", "seawall", cancel);

    /// <summary>A connection as app, which may write to the schema app and is bound by read_only.</summary>
    public Task<MySqlConnection> ConnectAppAsync(CancellationToken cancel) => ConnectAsync("app", "app", cancel);

    public async Task<MySqlConnection> ConnectAsync(string user, string password, CancellationToken cancel)
    {
        var connection = new MySqlConnection(ConnectionString(user, password).ConnectionString);
        try
        {
            await connection.OpenAsync(cancel);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>One of the engine's counters, over all loops.</summary>
    public long Count(Func<LoopMeter, long> counter) => Engine.Lanes.Sum(lane => counter(lane.Meter));

    /// <summary>Connections that the engine has to its server for clients: idle, in use, and being opened.</summary>
    public int ServerConnections => Engine.Pools.All.Sum(pool => pool.Total);

    /// <summary>Those of them that nobody uses.</summary>
    public int IdleServerConnections => Engine.Pools.All.Sum(pool => pool.Idle);

    /// <summary>Dials that succeeded, and those that did not.</summary>
    public (long Succeeded, long Failed) Dials
    {
        get
        {
            var contexts = Engine.Pools.All.Select(pool => pool.Context.Telemetry).Distinct().ToArray();
            return (contexts.Sum(telemetry => telemetry.DialsSucceeded), contexts.Sum(telemetry => telemetry.DialsFailed));
        }
    }

    /// <summary>
    /// Has the server kill the connection that a client would use next, and waits until that is known here: what the client
    /// does then, it does on another one.
    /// </summary>
    public async Task LoseConnectionAsync(LabServer server, RawClient client, CancellationToken cancel)
    {
        var id = client.Query("select connection_id() /* the server's connection_id */").FirstValue;
        var (lost, total) = (IdleLost, Engine.Pools.All.Sum(pool => pool.Total));
        await server.ExecuteAsync($"kill {id}", cancel);
        // One that is held for a second, in case the client asks what its statement left, is found lost when it is given up.
        await Eventually.TrueAsync(() => IdleLost > lost || Engine.Pools.All.Sum(pool => pool.Total) < total,
            ReadyTimeMax, cancel, () => string.Join('\n', Log.TakeLast(20)));
    }

    /// <summary>Connections that the server has closed while nobody used them.</summary>
    public long IdleLost =>
        Engine.Pools.All.Select(pool => pool.Context.Telemetry).Distinct().Sum(telemetry => telemetry.IdleLost);

    public ValueTask DisposeAsync()
    {
        if (_isDisposed)
            return ValueTask.CompletedTask;
        _isDisposed = true;
        Engine.Dispose();
        return _records.Bugs.IsEmpty
            ? ValueTask.CompletedTask
            : throw new InvalidOperationException($"the engine met its own bugs:\n{string.Join('\n', _records.Bugs)}");
    }

    /// <summary>Whether the server's accounts were read; those of the settings let clients in before that.</summary>
    public bool KnowsServerAccounts => Engine.Facts.Accounts.Accounts.Any(account => account.Source == AccountSource.Server);

    private bool IsReady => Engine.Facts.Primary is { Version: not null, Health: ServerHealth.Up }
        && Engine.Facts.Accounts.Mode != AccountMode.Unknown;

    private sealed class Records : ILogger
    {
        // Tests read what happened lately; a storm must not fill the memory.
        private const int LinesMax = 20_000;

        internal ConcurrentQueue<string> Lines { get; } = new();

        internal ConcurrentQueue<string> Bugs { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Debug;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            const int bug = 9001;
            var line = $"{logLevel} {eventId.Id}: {formatter(state, exception)}{(exception is null ? "" : $"\n{exception}")}";
            if (eventId.Id == bug)
                Bugs.Enqueue(line);
            Lines.Enqueue(line);
            while (Lines.Count > LinesMax)
                Lines.TryDequeue(out _);
        }
    }
}
