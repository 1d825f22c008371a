using System.Net;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Seawall.Control;
using Seawall.Engine;
using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Loops;

namespace Seawall.Tests.Metrics;

/// <summary>
/// A real engine with real loops and a server that nobody will ever reach, and what the services beside it need. Whatever an
/// operator asks of the process is noted, and nothing is done.
/// </summary>
internal sealed class ControlStage : IControlActions, IDisposable
{
    internal ControlStage()
    {
        Engine = new SeawallEngine(new EngineOptions
        {
            Listen = [Endpoint.Tcp(IPAddress.Loopback, 0)],
            // Port 1 is reserved, and refused at once.
            Servers = [new ServerOptions { Id = new ServerId("primary"), Endpoint = Endpoint.Tcp(IPAddress.Loopback, 1) }],
            Loops = 2,
        }, Clock, NullLogger.Instance);
        Context = new(Engine, this, () => Admin, () => Metrics, NullLoggerFactory.Instance, Clock);
        Engine.Start();
    }

    /// <summary>The clock that engine and services go by.</summary>
    internal AdvancedClock Clock { get; } = new();

    internal SeawallEngine Engine { get; }

    internal ControlContext Context { get; }

    internal AdminOptions? Admin { get; set; } = new(Endpoint.Tcp(IPAddress.Loopback, 0), "admin", Secret("admin-password"));

    internal MetricsOptions? Metrics { get; set; } = new(new IPEndPoint(IPAddress.Loopback, 0), null);

    internal List<bool> Shutdowns { get; } = [];

    public IReadOnlyList<SettingRow> Settings { get; set; } = [];

    internal static LearntSecrets Secret(string password)
    {
        var secrets = new LearntSecrets();
        secrets.LearnPassword(Encoding.UTF8.GetBytes(password));
        return secrets;
    }

    public Task<ReloadReport> Reload(CancellationToken cancel) => Task.FromResult(new ReloadReport([], []));

    public IReadOnlyList<(string Server, string Difference)> ServerDifferences { get; set; } = [];

    public Task<string?> AddServer(string name, string address, string? like, string? role, CancellationToken cancel) =>
        Task.FromResult<string?>("not here");

    public string? RemoveServer(string name, bool isForced) => "not here";

    public void RequestShutdown(bool now) => Shutdowns.Add(now);

    /// <summary>Lets time pass, and the control loop see it.</summary>
    internal void Pass(TimeSpan time)
    {
        Clock.Advance(time);
        Engine.ControlLoop.Post(LoopJob.From(_ => { })); // It may be asleep until a time that is over now.
    }

    public void Dispose() => Engine.Dispose();
}

/// <summary>The system's clock, which can be put forward and stopped.</summary>
internal sealed class AdvancedClock : TimeProvider
{
    private long _ahead;
    private long? _stoppedAt;

    /// <summary>Whether time passes only by <see cref="Advance"/>.</summary>
    internal bool IsStopped
    {
        get => _stoppedAt is not null;
        set => _stoppedAt = value ? System.GetTimestamp() : null;
    }

    internal void Advance(TimeSpan time) => Interlocked.Add(ref _ahead, (long)(time.TotalSeconds * TimestampFrequency));

    public override long GetTimestamp() => (_stoppedAt ?? System.GetTimestamp()) + Interlocked.Read(ref _ahead);
}
