using System.Globalization;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Linux;

namespace Seawall.Rehearsal.Storms;

/// <summary>Runs a <see cref="StormPlan"/> on a loop of its own: cheap enough not to be what is measured.</summary>
public sealed class Storm : IDisposable
{
    private readonly StormPlan _plan;
    private readonly EpollLoop _loop;
    private readonly Workers _workers = new(threads: 1, queueMax: 1024);
    private readonly SettingsTable _settings = new();
    private readonly ServerKeyCache _keys = new();
    private readonly TaskCompletionSource<StormResult> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Random _random;
    private long _startedAt;
    private bool _isStopped;

    /// <summary>A storm that has not begun; <paramref name="seed"/> decides which keys are read.</summary>
    public Storm(StormPlan plan, TimeProvider time, int seed)
    {
        _plan = plan;
        _random = new Random(seed);
        _loop = new EpollLoop(0, time, _random, bug => _ended.TrySetException(bug));
    }

    /// <summary>How it goes.</summary>
    public StormResult Result { get; } = new();

    /// <summary>Begins; ends when every connection has ended, or soon after <paramref name="cancel"/>.</summary>
    public async Task<StormResult> Run(CancellationToken cancel)
    {
        _loop.Start();
        using var cancelled = cancel.Register(() => _loop.Post(LoopJob.From(_ => _isStopped = true)));
        _loop.Post(LoopJob.From(_ =>
        {
            _startedAt = _loop.Timestamp();
            for (var i = 0; i < Math.Min(_plan.AtOnce, _plan.Connections); i++)
                Lane().Forget(bug => _ended.TrySetException(bug));
        }));
        return await _ended.Task;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _loop.Stop();
        if (_loop.Join(TimeSpan.FromSeconds(5)))
            _loop.Dispose();
        _workers.Dispose();
    }

    // One of those at once: connection after connection, until there are none left to begin.
    private async LoopTask Lane()
    {
        while (!_isStopped && Result.Begun < _plan.Connections)
        {
            Result.Begin();
            await Connection();
        }
        if (Result.Ended == Result.Begun && (_isStopped || Result.Begun >= _plan.Connections))
        {
            Result.Seconds = _loop.MicrosecondsSince(_startedAt) / 1e6;
            _ended.TrySetResult(Result);
        }
    }

    private async LoopTask Connection()
    {
        var started = _loop.Timestamp();
        var server = new ServerFacts { Id = new ServerId("target"), Endpoint = _plan.Target, Role = ServerRole.Primary };
        var options = new ServerLoginOptions
        {
            Tls = ServerTls.Off,
            ConnectMsMax = _plan.GiveUpMs,
            LoginMsMax = _plan.GiveUpMs,
            Workers = _workers,
        };
        var (login, failure) = await ServerLogin.Run(
            _loop, server, options, _plan.Account, _keys, form: default, attributes: [], _plan.Schema);
        if (failure is not null)
        {
            Result.Fail(failure.Text);
            return;
        }
        Result.Connect.Record(_loop.MicrosecondsSince(started));
        var connection = new ServerConnection(login.Wire!, login.Version!, login.Capabilities, _settings.Fresh);
        var statement = string.Format(CultureInfo.InvariantCulture, _plan.Statement, 1 + _random.Next(_plan.KeyMax));
        var limit = new GiveUp(connection);
        _loop.Arm(limit, _plan.GiveUpMs);
        var rows = await ServerQuery.Run(connection, statement);
        _loop.Timers.Disarm(limit);
        Result.Whole.Record(_loop.MicrosecondsSince(started));
        connection.Close();
        if (rows.Reply.IsOk)
            Result.Succeed();
        else
            Result.Fail(rows.Reply.Kind == ServerReplyKind.Lost ? "the connection was lost" : $"{rows.Reply.Code} {rows.Reply.Message}");
    }

    private sealed class GiveUp(ServerConnection connection) : TimerNode
    {
        protected internal override void OnDue() => connection.Wire.Close();
    }
}
