using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Seawall.Control.Processes;
using Seawall.Engine.Loops;
using Seawall.MySql.Passwords;
using Seawall.MySql.Results;

namespace Seawall.Control.Admin;

/// <summary>
/// The SQL admin port: Seawall as seen through any MySQL client. It lives on the control loop, which has nothing to do with
/// statements: it answers when the data path is saturated or stuck, which is when it is needed.
/// </summary>
public sealed class AdminPort : IControlService, IDisposable
{
    /// <summary>Connections at one time: people and a few scripts. It also bounds how fast a password can be guessed.</summary>
    public const int ConnectionsMax = 16;

    /// <summary>How long the control loop may take to close the port.</summary>
    private const int StopMsMax = 2_000;

    private readonly ControlContext _context;
    private readonly Loop _loop;
    private readonly ILogger _logger;
    private readonly AdminDesk _desk;
    private readonly SmallTalk _talk;
    private readonly CancellationTokenSource _ends = new();
    private readonly HashSet<AdminWire> _open = [];
    private readonly RandomNumberGenerator _entropy = RandomNumberGenerator.Create();
    private readonly Workers _workers = new(threads: 1, queueMax: ConnectionsMax);
    private readonly AdminDoor _door;
    private IWireListener? _listener;
    private uint _lastId;

    internal AdminPort(ControlContext context, Func<IReadOnlyList<ListenerEntry>> others)
    {
        _context = context;
        _loop = context.Engine.ControlLoop;
        _logger = context.Logs.CreateLogger("Seawall.Admin");
        _desk = new AdminDesk(context, () => [new ListenerEntry("admin", Bound?.Text ?? ""), .. others()]);
        _talk = new SmallTalk(context.Time);
        _door = new AdminDoor(
            new NonceBatch(_entropy), context.Admin, () => context.Engine.Options.Clients.Tls, _workers, _logger);
    }

    /// <summary>Where it listens, with the port that the system chose; null before it does.</summary>
    public Endpoint? Bound { get; private set; }

    /// <inheritdoc/>
    public async Task Start(CancellationToken cancel)
    {
        var options = _context.Admin() ?? throw new ControlServiceException("the admin port is off (admin.listen)");
        if (options.Password?.Password is null)
            throw new ControlServiceException("the admin port needs a password (admin.password)");
        if (Listeners.ProblemOf(options.Listen, "admin.listen") is { } problem)
            throw new ControlServiceException(problem);
        var opened = new TaskCompletionSource<IWireListener>(TaskCreationOptions.RunContinuationsAsynchronously);
        _loop.Post(LoopJob.From(loop =>
        {
            try
            {
                opened.SetResult(loop.Listen(options.Listen, Receive));
            }
            catch (SocketException failure)
            {
                opened.SetException(failure);
            }
        }));
        try
        {
            _listener = await opened.Task.WaitAsync(cancel);
        }
        catch (SocketException failure)
        {
            throw new ControlServiceException(Listeners.Describe(failure, options.Listen, "admin.listen"));
        }
        Bound = _listener.Endpoint;
        AdminLog.Listens(_logger, Bound.Text);
        if (!Bound.IsLocal && _door.Tls() is null)
            AdminLog.ListensWide(_logger, Bound.Text);
    }

    /// <inheritdoc/>
    public async Task Stop(CancellationToken cancel)
    {
        if (_ends.IsCancellationRequested)
            return;
        await _ends.CancelAsync();
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _loop.Post(LoopJob.From(_ =>
        {
            _listener?.Close();
            foreach (var wire in _open.ToArray())
                wire.Wire.Close();
            closed.SetResult();
        }));
        try
        {
            await closed.Task.WaitAsync(TimeSpan.FromMilliseconds(StopMsMax), _context.Time, cancel);
        }
        catch (Exception late) when (late is TimeoutException or OperationCanceledException)
        {
            // The loop has ended before, or is about to: its sockets go with it.
        }
        Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ends.Dispose();
        _workers.Dispose();
        _entropy.Dispose();
    }

    private void Receive(Wire accepted)
    {
        var wire = new AdminWire(accepted);
        if (_open.Count >= ConnectionsMax)
        {
            AdminLog.TooMany(_logger, accepted.Peer.ToString(), ConnectionsMax);
            wire.SendError(SqlError.TooManyConnections,
                $"Too many connections to the admin port ({ConnectionsMax}); close one", withState: false);
            wire.Close();
            return;
        }
        _open.Add(wire);
        Serve(wire).Forget(_loop.Report);
    }

    private async LoopTask Serve(AdminWire wire)
    {
        try
        {
            var session = new AdminSession(++_lastId, wire.Wire.Peer);
            await new AdminConversation(wire, session, new AdminLogin(wire, session, _door), _desk, _talk, _logger, _ends.Token).Serve();
        }
        finally
        {
            _open.Remove(wire);
            wire.Close();
        }
    }
}
