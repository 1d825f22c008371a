using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Seawall.Control.Handovers;
using Seawall.Control.Logs;
using Seawall.Control.Reloads;
using Seawall.Control.Settings;
using Seawall.Engine;
using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Loops;

namespace Seawall.Control.Processes;

/// <summary>How a process ended.</summary>
public enum ProcessEnd : byte
{
    /// <summary>Everybody had finished and left.</summary>
    EverybodyLeft,

    /// <summary>Somebody was cut off.</summary>
    SomebodyCutOff,
}

/// <summary>
/// Seawall as a running whole: the data path and what is beside it, from the first listener to the last client. Two can
/// live in one process.
/// </summary>
public sealed class SeawallProcess : IControlActions, ITestator, IAsyncDisposable
{
    private readonly SettingsSource _source;
    private readonly SeawallLoggers _logs;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly Reloader _reloader;
    private readonly OpenFiles _files = OpenFiles.Raise();
    private readonly TaskCompletionSource<string> _endWanted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    // Never disposed of: a signal may come at any time, and it holds nothing but a flag.
    private readonly CancellationTokenSource _endsNow = new();
    private readonly List<IControlService> _services = [];
    private readonly Lock _applying = new();
    private readonly SettingsReader _reader;
    private ServerOverlay _overlay = ServerOverlay.None;
    private AdminPasswordFile? _passwordFile;
    private HandoverPort? _handover;
    private BrownoutFile? _brownouts;

    /// <summary>A process that is ready but does nothing yet.</summary>
    public SeawallProcess(
        SettingsSource source, SettingsReader reader, SeawallSettings settings, SeawallLoggers logs, TimeProvider time)
    {
        _source = source;
        _reader = reader;
        _logs = logs;
        _logger = logs.CreateLogger("seawall");
        _time = time;
        ControlLog.Starts(_logger, SeawallVersion.Text, source.Name, settings.Engine.Clients.CountMax);
        ControlLog.OpenFiles(_logger, _files.Limit, OpenFiles.NeededBy(settings));
        settings = _files.Fit(settings, _logger);
        Engine = new SeawallEngine(settings.Engine with { NumbersFrom = NumbersFrom(time.GetUtcNow()) }, time, _logger);
        _reloader = new Reloader(source, reader, settings, read => _files.Fit(read, _logger), Apply, _logger);
    }

    /// <summary>The data path.</summary>
    public SeawallEngine Engine { get; }

    /// <summary>
    /// The client option file with the admin port's random password; null when the settings give one.
    /// </summary>
    public string? AdminOptionFile => _passwordFile?.Path;

    /// <inheritdoc/>
    public IReadOnlyList<SettingRow> Settings => _reloader.InUse.Rows;

    /// <summary>
    /// Opens the front door and what is beside it; <paramref name="takesOver"/>: with the listening sockets of the process that runs
    /// now, if one does. Throws <see cref="ControlServiceException"/>, with words for people, when something cannot be had.
    /// </summary>
    public async Task Start(CancellationToken cancel, bool takesOver = false)
    {
        using var inheritance = takesOver ? await Task.Run(AskForInheritance, cancel) : null;
        try
        {
            Engine.StartBehindTheDoor();
        }
        catch (IOException failure)
        {
            throw new ControlServiceException(failure.Message);
        }
        if (inheritance is not null)
        {
            if (!await WaitUntilReady(s_heirReadyMax, cancel))
            {
                throw new ControlServiceException($"no server could be reached within {s_heirReadyMax.TotalSeconds:0} s ({Engine.Facts.Primary?.Problem
                    ?? "no answer so far"}): nothing is taken over, and the running Seawall goes on");
            }
            await Task.Run(() => inheritance.Prepare(_reloader.InUse.Handover!), cancel);
            RestoreBrownouts(); // The other one takes no more orders.
        }
        else
        {
            RestoreBrownouts();
            OpenDoor([]); // Before anything else: whoever restarts a front door waits for this.
        }
        MakeAdminPassword(_reloader.InUse);
        await StartServices(cancel);
        if (inheritance is not null)
        {
            OpenDoor(inheritance.Listeners);
            inheritance.Use([.. inheritance.Listeners.Where(listener => IsForUs(listener))]);
            inheritance.SayTook();
        }
        if (_reloader.InUse.Handover is { } path)
            _handover = HandoverPort.Open(path, Engine, this, _logger);
    }

    /// <summary>
    /// Waits until clients can log in, or until the time is over: false then. Whoever comes earlier is turned away with
    /// the reason, so this is for those who start something right after it.
    /// </summary>
    public async Task<bool> WaitUntilReady(TimeSpan atMost, CancellationToken cancel)
    {
        var started = _time.GetTimestamp();
        while (!IsReady)
        {
            if (_time.GetElapsedTime(started) >= atMost)
                return false;
            await Task.Delay(TimeSpan.FromMilliseconds(10), _time, cancel);
        }
        return true;
    }

    /// <inheritdoc/>
    public Task<ReloadReport> Reload(CancellationToken cancel) => _reloader.Reload(cancel);

    /// <inheritdoc/>
    public void RequestShutdown(bool now) => RequestShutdown(now, "an operator asks for the end");

    /// <summary>Begins to go down, and says why.</summary>
    public void RequestShutdown(bool now, string why)
    {
        if (!_endWanted.TrySetResult(why) || now)
            _endsNow.Cancel();
    }

    /// <summary>Waits until somebody wants the end, then goes down in order.</summary>
    public async Task<ProcessEnd> RunToEnd()
    {
        var why = await _endWanted.Task;
        var limit = _reloader.InUse.ShutdownMsMax;
        var started = _time.GetTimestamp();
        ControlLog.GoesDown(_logger, why, Engine.ClientCount, limit);
        var shutdown = Engine.Shutdown(TimeSpan.FromMilliseconds(limit), _time, _endsNow.Token);
        for (var seconds = 1; ; seconds++)
        {
            var tick = Task.Delay(TimeSpan.FromSeconds(1), _time, CancellationToken.None);
            if (await Task.WhenAny(shutdown, tick) == shutdown)
                break;
            await SayWhoStays(seconds);
        }
        var stayed = Engine.ClientCount;
        var everybodyLeft = await shutdown;
        var tookMs = (long)_time.GetElapsedTime(started).TotalMilliseconds;
        if (everybodyLeft)
            ControlLog.EverybodyLeft(_logger, tookMs);
        else
            ControlLog.CutOff(_logger, stayed, tookMs, limit);
        return everybodyLeft ? ProcessEnd.EverybodyLeft : ProcessEnd.SomebodyCutOff;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _handover?.Dispose();
        await StopServices();
        Engine.Dispose();
        _reloader.Dispose();
    }

    /// <summary>How long a process that takes over may take to reach its servers, before it gives up and the old one goes on.</summary>
    private static readonly TimeSpan s_heirReadyMax = TimeSpan.FromSeconds(20);

    /// <summary>How long those who have come in just before the handover may take to say something.</summary>
    private static readonly TimeSpan s_lastGuestsMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_lastGuestsMax = TimeSpan.FromSeconds(10);

    /// <summary>How long the services beside the data path may take to end, all together.</summary>
    private static readonly TimeSpan s_serviceStopMax = TimeSpan.FromSeconds(3);

    /// <summary>How many of those who stay are named; more would hide the log.</summary>
    private const int NamedMax = 5;

    private bool IsReady => Engine.Facts is { Primary.Version: not null, Accounts.Mode: not AccountMode.Unknown };

    private async Task SayWhoStays(int seconds)
    {
        var clients = await Engine.Views.Clients(NamedMax, CancellationToken.None);
        ControlLog.WaitsFor(_logger, Engine.ClientCount, seconds);
        foreach (var client in clients.Rows)
        {
            ControlLog.Stays(_logger, client.Id, client.User ?? "", client.Peer,
                Seawall.Engine.Telemetry.Views.SnakeCase.Of(client.State), client.StateMs);
        }
    }

    private Inheritance? AskForInheritance()
    {
        if (_reloader.InUse.Handover is not { } path)
            throw new ControlServiceException("--take-over needs process.handover, with the path that the running Seawall has there");
        var inheritance = Inheritance.Ask(path);
        if (inheritance is null)
            ControlLog.NobodyToTakeOverFrom(_logger, path);
        else
            ControlLog.TakesOver(_logger, path, inheritance.Listeners.Count);
        return inheritance;
    }

    private void RestoreBrownouts()
    {
        if (_reloader.InUse is not { BrownoutsFile: { } path, Engine.Overload.Mode: not OverloadMode.Off })
            return;
        _brownouts = new BrownoutFile(path, Engine.Brownouts, _time, _logger);
        _brownouts.Restore();
        Engine.Brownouts.Changed = _brownouts.SaveSoon;
    }

    private bool IsForUs(InheritedListener listener) => _reloader.InUse.Engine.Listen.Any(endpoint => endpoint.Text == listener.Endpoint);

    private void OpenDoor(IReadOnlyList<InheritedListener> inherited)
    {
        var listen = _reloader.InUse.Engine.Listen;
        foreach (var endpoint in listen.Where(endpoint => inherited.All(listener => listener.Endpoint != endpoint.Text)))
        {
            if (Listeners.ProblemOf(endpoint, "clients.listen") is { } problem)
                throw new ControlServiceException(problem);
        }
        try
        {
            Engine.OpenDoor(inherited);
        }
        catch (SocketException failure)
        {
            // It opens them in order, and stops at the first that cannot be had.
            var endpoint = listen[Math.Min(Engine.Bound.Count, listen.Length - 1)];
            throw new ControlServiceException(Listeners.Describe(failure, endpoint, "clients.listen"));
        }
        foreach (var endpoint in Engine.Bound)
            ControlLog.Listens(_logger, endpoint.Text);
    }

    private async Task StartServices(CancellationToken cancel)
    {
        var context = new ControlContext(Engine, this, () => AdminOf(_reloader.InUse), () => _reloader.InUse.Metrics,
            _logs, _time);
        foreach (var service in ControlServices.Make(context))
        {
            _services.Add(service);
            await service.Start(cancel);
        }
    }

    private async Task StopServices()
    {
        using var limit = new CancellationTokenSource(s_serviceStopMax, _time);
        foreach (var service in Enumerable.Reverse(_services))
            await service.Stop(limit.Token);
        _services.Clear();
        _brownouts?.Save(); // Whoever takes over reads it now.
        _passwordFile?.Dispose();
        _passwordFile = null;
    }

    /// <inheritdoc/>
    Task ITestator.CloseServices() => StopServices();

    /// <inheritdoc/>
    async Task ITestator.ReopenServices()
    {
        try
        {
            MakeAdminPassword(_reloader.InUse);
            await StartServices(CancellationToken.None);
        }
        catch (ControlServiceException failure)
        {
            // Clients are what matters: without its admin port the front door goes on.
            ControlLog.NotHandedOver(_logger, failure.Message);
        }
    }

    /// <inheritdoc/>
    async Task ITestator.GoAfterHandover()
    {
        ControlLog.HandedOver(_logger);
        _brownouts?.Close();
        Engine.HandDoorOver();
        // Whoever has just come in may say what he has come for.
        var started = _time.GetTimestamp();
        do
            await Task.Delay(s_lastGuestsMin, _time);
        while (_time.GetElapsedTime(started) < s_lastGuestsMax && await Engine.Views.Newcomers(CancellationToken.None) > 0);
        RequestShutdown(now: false, "another process has taken over");
    }

    // A process that starts a second later begins 16,384 numbers further on.
    private static uint NumbersFrom(DateTimeOffset now) => (uint)(now.ToUnixTimeSeconds() % 0x1_0000) * 0x4000;

    private void MakeAdminPassword(SeawallSettings settings)
    {
        if (settings.Admin is not { Password: null } admin)
            return;
        try
        {
            _passwordFile = AdminPasswordFile.Write(admin);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ControlServiceException(
                $"admin.password is not set, and no file for a random one can be written: {failure.Message}; set admin.password_file");
        }
        ControlLog.AdminPasswordMade(_logger, _passwordFile.Path);
    }

    private AdminOptions? AdminOf(SeawallSettings settings) => settings.Admin is { Password: null } admin
        ? admin with { Password = _passwordFile?.Password }
        : settings.Admin;

    // What admin commands have changed lasts.
    private void Apply(SeawallSettings settings)
    {
        _logs.Level = settings.Log.Level;
        lock (_applying)
        {
            _overlay = _overlay.Within(settings.Engine);
            Engine.Apply(_overlay.On(settings.Engine));
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Server, string Difference)> ServerDifferences
    {
        get
        {
            lock (_applying)
            {
                return [.. _overlay.Differences, .. Engine.Facts.Servers.Where(server => server.Duty is null && Engine.Duties.IsDrainedBySettings(server.Id))
                    .Select(server => (server.Id.Name, "not drained yet (servers.drain): it is the primary, and another one is not"))];
            }
        }
    }

    /// <inheritdoc/>
    public async Task<string?> AddServer(string name, string address, string? like, string? role, CancellationToken cancel)
    {
        ServerOverlay before;
        lock (_applying)
            before = _overlay;
        var (overlay, problem) = await before.Add(_reloader.InUse.Engine, _reader.Addresses, name, address, like, role, cancel);
        if (overlay is null)
            return problem;
        lock (_applying)
        {
            if (_overlay != before)
                return "somebody else has just changed the servers; try again";
            _overlay = overlay;
            Engine.Apply(overlay.On(_reloader.InUse.Engine));
        }
        ControlLog.ServersChanged(_logger, $"server '{name}' was added at {address}");
        return null;
    }

    /// <inheritdoc/>
    public string? RemoveServer(string name, bool isForced)
    {
        lock (_applying)
        {
            if (_overlay.Without(_reloader.InUse.Engine, name) is not { } without)
                return $"there is no server '{name}'; SHOW SERVERS has those that there are";
            var options = without.On(_reloader.InUse.Engine);
            var view = Engine.Views.Servers().FirstOrDefault(server => server.Facts.Id.Name == name);
            if (options.Servers.IsEmpty)
                return $"'{name}' is the last server";
            if (!isForced && Engine.Facts.Primary?.Id.Name == name)
                return $"'{name}' is the primary; make another the primary first, or add FORCE";
            if (!isForced && view?.Connections > 0)
                return $"'{name}' has {view.Connections} connections: DRAIN SERVER first, or add FORCE";
            _overlay = without;
            Engine.Apply(options);
        }
        ControlLog.ServersChanged(_logger, $"server '{name}' was removed");
        return null;
    }
}
