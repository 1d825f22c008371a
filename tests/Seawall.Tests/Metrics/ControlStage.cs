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
    internal ControlStage(bool starts = true)
    {
        Engine = new SeawallEngine(new EngineOptions
        {
            Listen = [Endpoint.Tcp(IPAddress.Loopback, 0)],
            // Port 1 is reserved, and refused at once.
            Servers = [new ServerOptions { Id = new ServerId("primary"), Endpoint = Endpoint.Tcp(IPAddress.Loopback, 1) }],
            Loops = 2,
        }, TimeProvider.System, NullLogger.Instance);
        Context = new(Engine, this, () => Admin, () => Metrics, NullLoggerFactory.Instance, TimeProvider.System);
        if (starts)
            Engine.Start();
    }

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

    public void RequestShutdown(bool now) => Shutdowns.Add(now);

    public void Dispose() => Engine.Dispose();
}
