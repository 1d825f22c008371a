using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Seawall.Engine;
using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Facts.Freshness;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Decisions;
using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Linux;
using Seawall.Testing.Clients;
using Seawall.Testing.Servers;

namespace Seawall.Testing;

/// <summary>
/// The real engine on real threads and sockets, between the fakes on a thread of their own: for what only real threads can
/// show. Whatever follows from order alone belongs into an <see cref="EngineWorld"/>.
/// </summary>
public sealed class RealStage : IDisposable
{
    // Not an expectation: only so that a test that hangs ends.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly EpollLoop _outside;
    private readonly List<Exception> _bugs = [];

    /// <summary>A stage whose engine knows its server and accounts; with <paramref name="reads"/>, a replica of it as well, which it reads from.</summary>
    public RealStage(Func<EngineOptions, EngineOptions>? with = null, bool reads = false)
    {
        _outside = new EpollLoop(0, TimeProvider.System, new Random(RandomNumberGenerator.GetInt32(int.MaxValue)), _bugs.Add);
        _outside.Start();
        Server = Open();
        var replica = reads ? Open(Server) : null;
        var options = new EngineOptions
        {
            Listen = [Endpoint.Tcp(IPAddress.Loopback, 0)],
            Servers = [new ServerOptions { Id = new ServerId("db"), Endpoint = Server.Endpoint }],
            Monitor = Monitor(),
            Loops = 1,
        };
        if (replica is not null)
        {
            options = options with
            {
                Servers =
                [
                    options.Servers[0],
                    new ServerOptions { Id = new ServerId("replica"), Endpoint = replica.Endpoint, Role = ServerRole.Replica },
                ],
                Reads = new ReadOptions { From = ReadsFrom.Replicas },
            };
        }
        Engine = new SeawallEngine(with?.Invoke(options) ?? options, TimeProvider.System, NullLogger.Instance);
        Engine.Start();
        Pump(() => Engine.Facts is { Primary.Version: not null, Accounts.Mode: AccountMode.Known }
            && (!reads || Engine.Freshness().Any(server => server is { State: FreshnessState.Fresh, Unfit: Unfitness.None, Role: "replica" })),
            "the engine knows its servers");
    }

    private FakeServer Open(FakeServer? source = null)
    {
        var server = new FakeServer(_outside, Endpoint.Tcp(IPAddress.Loopback, 0), FakeServerKind.MySql97)
        {
            Transactions = 1,
            Source = source,
            IsReadOnly = source is not null,
        };
        server.Accounts.Add(new FakeAccount("monitor", "watch"));
        server.Accounts.Add(new FakeAccount("app", "secret"));
        On(_outside, () =>
        {
            server.Open();
            return true;
        });
        return server;
    }

    /// <summary>The engine.</summary>
    public SeawallEngine Engine { get; }

    /// <summary>The server; touch it on its own thread only.</summary>
    public FakeServer Server { get; }

    /// <summary>A client that has logged in.</summary>
    public FakeClient Client(FakeClientOptions? options = null)
    {
        var client = On(_outside, () => new FakeClient(_outside.Connect(Engine.Bound[0]), options ?? new(), Pump));
        var reply = client.LogIn();
        return reply.IsIn ? client : throw new InvalidOperationException($"the login failed: {reply.Error}");
    }

    /// <summary>Bytes that the engine's first loop has allocated since its start.</summary>
    public long BytesAllocated()
    {
        var question = new AllocationQuestion();
        Engine.Lanes[0].Loop.Post(question);
        Pump(() => question.IsAnswered, "the loop's bytes");
        return question.Bytes;
    }

    /// <summary>How many connections the engine has at the server.</summary>
    public int ServerConnections => On(_outside, () => Server.Live.Count());

    /// <summary>Waits until something is true.</summary>
    public static void Await(Func<bool> isDone, string what) => Pump(isDone, what);

    /// <inheritdoc/>
    public void Dispose()
    {
        Engine.Dispose();
        _outside.Stop();
        if (_outside.Join(s_patience))
            _outside.Dispose();
        if (_bugs.Count > 0)
            throw new InvalidOperationException("something failed on the fakes' loop", _bugs[0]);
    }

    private static void Pump(Func<bool> isDone, string what)
    {
        if (!SpinWait.SpinUntil(isDone, s_patience))
            throw new TimeoutException($"'{what}' has not come");
    }

    private static T On<T>(Loop loop, Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(LoopJob.From(_ => done.SetResult(work())));
        return done.Task.GetAwaiter().GetResult();
    }

    private static Account Monitor()
    {
        var monitor = new Account("monitor", "%", [], AccountSource.Settings);
        monitor.Secrets.LearnPassword("watch"u8);
        return monitor;
    }

    // Asks without allocating on the loop: the answer must not count itself.
    private sealed class AllocationQuestion : LoopJob
    {
        private volatile bool _isAnswered;

        internal bool IsAnswered => _isAnswered;

        internal long Bytes { get; private set; }

        public override void Run(Loop loop)
        {
            Bytes = GC.GetAllocatedBytesForCurrentThread();
            _isAnswered = true;
        }
    }
}
