using System.Globalization;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Linux;

namespace Seawall.Rehearsal.Floods;

/// <summary>Runs a <see cref="FloodPlan"/> on a loop of its own: cheap enough not to be what is measured.</summary>
public sealed class Flood : IDisposable
{
    /// <summary>How often it is seen whose time has come. The loop's own timers are coarser than what short statements take.</summary>
    private const int PaceMs = 1;

    /// <summary>How many times one tries who does not try for ever.</summary>
    private const int TriesMax = 3;

    private const string NoConnection = "no connection in time";

    private readonly FloodPlan _plan;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly EpollLoop _loop;
    private readonly Workers _workers = new(threads: 1, queueMax: 1024);
    private readonly SettingsTable _settings = new();
    private readonly ServerKeyCache _keys = new();
    private readonly FloodConnections[] _connections;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly FloodSchedule _schedule;
    private long _startedAt;
    private bool _isOver;

    /// <summary>A flood that has not begun; <paramref name="seed"/> decides what comes when.</summary>
    public Flood(FloodPlan plan, TimeProvider time, int seed)
    {
        _plan = plan;
        _time = time;
        _random = new Random(seed);
        _schedule = new FloodSchedule(plan.Steps, _random);
        _loop = new EpollLoop(0, time, new Random(seed + 1), bug => _ended.TrySetException(bug));
        _connections = [.. plan.Classes.Select(one => new FloodConnections(_loop, one.Connections, () => Open(one)))];
        Ledger = new FloodLedger(plan);
    }

    /// <summary>How it goes.</summary>
    public FloodLedger Ledger { get; }

    /// <summary>
    /// Begins; ends when the last request's time is over, or soon after <paramref name="cancel"/>, and leaves no connection.
    /// </summary>
    public async Task<FloodLedger> Run(CancellationToken cancel)
    {
        _loop.Start();
        _startedAt = _time.GetTimestamp();
        var pace = new Pace(this);
        await using (_time.CreateTimer(_ => pace.Call(), null, TimeSpan.Zero, TimeSpan.FromMilliseconds(PaceMs)))
        {
            using var cancelled = cancel.Register(() => _ended.TrySetCanceled(cancel));
            await _ended.Task;
        }
        return Ledger;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        using var closed = new ManualResetEventSlim();
        _loop.Post(LoopJob.From(_ =>
        {
            End();
            closed.Set();
        }));
        closed.Wait(TimeSpan.FromSeconds(5));
        _loop.Stop();
        if (_loop.Join(TimeSpan.FromSeconds(5)))
            _loop.Dispose();
        _workers.Dispose();
    }

    private double Now => _time.GetElapsedTime(_startedAt).TotalSeconds;

    private void BeginWhatIsDue()
    {
        if (_isOver)
            return;
        var now = Now;
        Ledger.Seconds = now;
        while (_schedule.Next(now) is { } due)
        {
            var dice = _schedule.Dice;
            var request = new FloodRequest(Pick(_plan.Classes, one => one.Share, dice), due.Step,
                _plan.Statements[Pick(_plan.Statements, one => one.Share, dice)], 0, due.Seconds);
            request = request with { Key = dice.Next(request.Statement.KeyMax) };
            Serve(request, Ledger.Offer(request, now - due.Seconds)).Forget(bug => _ended.TrySetException(bug));
        }
        if (now > _plan.Seconds + (_plan.PatienceMs / 1e3))
            End();
    }

    private void End()
    {
        _isOver = true;
        foreach (var connections in _connections)
            connections.Close();
        _ended.TrySetResult();
    }

    private async LoopTask Serve(FloodRequest request, FloodFate fate)
    {
        for (var tries = 1; !_isOver; tries++)
        {
            Ledger.Tries++;
            var began = Now;
            if (await Try(request) is not { } failure)
            {
                var took = Now - request.DueSeconds;
                fate.AnsweredMs = took * 1e3;
                Ledger.Answer(request, took, took * 1e3 <= _plan.PatienceMs);
                return;
            }
            fate.Note(new FloodTry((began - request.DueSeconds) * 1e3, (Now - began) * 1e3, failure));
            if (_plan.Clients == FloodClients.GiveUp || (_plan.Clients != FloodClients.Endless && tries == TriesMax))
                return;
            var pauseMs = _plan.Clients switch
            {
                FloodClients.BackOff => 100 * tries * (0.5 + _random.NextDouble()),
                FloodClients.Endless => 1_000 * (0.5 + _random.NextDouble()),
                FloodClients.GiveUp or FloodClients.TryAtOnce => 0,
            };
            if (pauseMs > 0)
                await new Sleep(_loop).For((long)pauseMs);
        }
    }

    // Null when it was answered; otherwise why not.
    private async LoopTask<string?> Try(FloodRequest request)
    {
        var began = _loop.Timestamp();
        var connections = _connections[request.Class];
        var connection = await connections.Take(_plan.PatienceMs);
        if (connection is null)
            return Fail(NoConnection);
        var leftMs = LeftMs(began);
        if (leftMs <= 0 || _isOver)
        {
            connections.Return(connection);
            return Fail(NoConnection);
        }
        var limit = new GiveUp(connection);
        _loop.Arm(limit, leftMs);
        var rows = await ServerQuery.Run(connection, _plan.TextOf(request, leftMs));
        _loop.Timers.Disarm(limit);
        if (rows.Reply.Kind == ServerReplyKind.Lost)
        {
            connections.Drop(connection);
            return Fail(limit.HasGivenUp ? "no answer in time" : "the connection was lost");
        }
        if (!rows.Reply.IsOk && _plan.Clients == FloodClients.Endless)
            connections.Drop(connection);
        else
            connections.Return(connection);
        return rows.Reply.IsOk ? null : Fail(Name(rows.Reply.Code, rows.Reply.Message));
    }

    private async LoopTask<ServerConnection?> Open(FloodClass ofClass)
    {
        var server = new ServerFacts { Id = new ServerId("target"), Endpoint = _plan.Target, Role = ServerRole.Primary };
        var options = new ServerLoginOptions
        {
            Tls = ServerTls.Off,
            ConnectMsMax = _plan.ConnectMsMax,
            LoginMsMax = _plan.ConnectMsMax,
            Workers = _workers,
        };
        var (login, failure) = await ServerLogin.Run(
            _loop, server, options, ofClass.Account, _keys, form: default, attributes: []);
        if (failure is not null)
        {
            Fail($"login: {failure.Kind}");
            return null;
        }
        Ledger.Logins++;
        return new ServerConnection(login.Wire!, login.Version!, login.Capabilities, _settings.Fresh);
    }

    private long LeftMs(long began) => _plan.PatienceMs - (_loop.MicrosecondsSince(began) / 1_000);

    // What ends because all of it ends is nobody's failure.
    private string Fail(string what)
    {
        if (!_isOver)
            Ledger.Fail(what);
        return what;
    }

    // What Seawall says of a refusal has a number of its own each time; the reason does not.
    private static string Name(int code, string message)
    {
        const string mark = "reason=";
        var at = message.IndexOf(mark, StringComparison.Ordinal);
        var words = at < 0 ? message[..Math.Min(message.Length, 60)] : message[at..].Split(' ')[0];
        return string.Create(CultureInfo.InvariantCulture, $"{code} {words}");
    }

    private static int Pick<T>(IReadOnlyList<T> from, Func<T, double> share, Random dice)
    {
        var left = dice.NextDouble() * from.Sum(share);
        for (var i = 0; i < from.Count - 1; i++)
        {
            left -= share(from[i]);
            if (left < 0)
                return i;
        }
        return from.Count - 1;
    }

    private sealed class GiveUp(ServerConnection connection) : TimerNode
    {
        internal bool HasGivenUp { get; private set; }

        protected internal override void OnDue()
        {
            HasGivenUp = true;
            connection.Wire.Close();
        }
    }

    // One job at most waits for its turn, however busy the loop is.
    private sealed class Pace(Flood flood) : LoopJob
    {
        private int _isPosted;

        public override void Run(Loop loop)
        {
            Volatile.Write(ref _isPosted, 0);
            flood.BeginWhatIsDue();
        }

        internal void Call()
        {
            if (Interlocked.Exchange(ref _isPosted, 1) == 0)
                flood._loop.Post(this);
        }
    }
}
