using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Seawall.Control.Logs;
using Seawall.Control.Reloads;
using Seawall.Control.Settings;
using Seawall.Engine;
using Seawall.Engine.Facts.Accounts;

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
public sealed class SeawallProcess : IControlActions, IAsyncDisposable
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
    private AdminPasswordFile? _passwordFile;

    /// <summary>A process that is ready but does nothing yet.</summary>
    public SeawallProcess(
        SettingsSource source, SettingsReader reader, SeawallSettings settings, SeawallLoggers logs, TimeProvider time)
    {
        _source = source;
        _logs = logs;
        _logger = logs.CreateLogger("seawall");
        _time = time;
        ControlLog.Starts(_logger, SeawallVersion.Text, source.Name, settings.Engine.Clients.CountMax);
        ControlLog.OpenFiles(_logger, _files.Limit, OpenFiles.NeededBy(settings));
        settings = _files.Fit(settings, _logger);
        Engine = new SeawallEngine(settings.Engine, time, _logger);
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
    /// Opens the front door and what is beside it. Throws <see cref="ControlServiceException"/>, with words for people,
    /// when something cannot be had.
    /// </summary>
    public async Task Start(CancellationToken cancel)
    {
        var settings = _reloader.InUse;
        MakeAdminPassword(settings);
        StartEngine(settings.Engine);
        var context = new ControlContext(Engine, this, () => AdminOf(_reloader.InUse), () => _reloader.InUse.Metrics,
            _logs, _time);
        foreach (var service in ControlServices.Make(context))
        {
            _services.Add(service);
            await service.Start(cancel);
        }
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
        using var limit = new CancellationTokenSource(s_serviceStopMax, _time);
        foreach (var service in Enumerable.Reverse(_services))
            await service.Stop(limit.Token);
        Engine.Dispose();
        _passwordFile?.Dispose();
        _reloader.Dispose();
    }

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

    private void StartEngine(EngineOptions options)
    {
        foreach (var endpoint in options.Listen)
        {
            if (Listeners.ProblemOf(endpoint, "clients.listen") is { } problem)
                throw new ControlServiceException(problem);
        }
        try
        {
            Engine.Start();
        }
        catch (SocketException failure)
        {
            // It opens them in order, and stops at the first that cannot be had.
            var endpoint = options.Listen[Math.Min(Engine.Bound.Count, options.Listen.Length - 1)];
            throw new ControlServiceException(Listeners.Describe(failure, endpoint, "clients.listen"));
        }
        foreach (var endpoint in Engine.Bound)
            ControlLog.Listens(_logger, endpoint.Text);
    }

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

    private void Apply(SeawallSettings settings)
    {
        _logs.Level = settings.Log.Level;
        Engine.Apply(settings.Engine);
    }
}
