using Microsoft.Extensions.Logging;
using Seawall.Engine.Facts;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow;
using Seawall.Engine.Flow.Floodgates;
using Seawall.Engine.Flow.Pools;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;
using Seawall.Engine.Telemetry;

namespace Seawall.Engine.Watch;

/// <summary>
/// Finds a server that hangs by the age of what is in flight there, from the control loop: see <see cref="HangJudge"/>. Then its
/// connections are closed, so that everybody who waits is told; it is asked on until it answers again.
/// </summary>
internal sealed class HangWatch : TimerNode
{
    /// <summary>
    /// A connection that was not needed for so long is closed: while only long statements run, it is needed each second, and it must not be
    /// so old that something between here and there has forgotten it.
    /// </summary>
    private const int KeptMs = 10_000;

    /// <summary>Between two questions to a server that hangs.</summary>
    private const int AskHungEveryMs = 250;

    /// <summary>
    /// Without a monitoring account a question is a greeting, and servers count clients that leave without having logged in
    /// (<c>max_connect_errors</c>): so the pause between two that were answered doubles, up to this.
    /// </summary>
    private const int GreetPauseMsMax = 60_000;

    private readonly Loop _loop;
    private readonly ServerId _id;
    private readonly FactsBoard _board;
    private readonly HangHouse _house;
    private readonly ServerPulse _pulse;
    private readonly ServerKeyCache _keys = new();
    private readonly HangJudge _judge = new();
    private readonly Limit _limit = new();
    private ServerConnection? _connection;
    private long _usedMs;
    private long _greetAgainMs = long.MinValue / 2;
    private int _greetPauseMs;
    private long _hungMs = -1;
    private bool _isAsking;
    private bool _isStopped;

    internal HangWatch(Loop loop, ServerId id, FactsBoard board, ServerPulse pulse, HangHouse house)
    {
        _loop = loop;
        _id = id;
        _board = board;
        _pulse = pulse;
        _house = house;
    }

    /// <summary>Begins. Control loop only.</summary>
    internal void Start() => _loop.Arm(this, HangJudge.EveryMs);

    /// <summary>Ends. Control loop only.</summary>
    internal void Stop()
    {
        _isStopped = true;
        _loop.Timers.Disarm(this);
        if (!_isAsking)
            Disconnect();
    }

    /// <inheritdoc/>
    protected internal override void OnDue()
    {
        _loop.Arm(this, HangJudge.EveryMs);
        if (Facts is not { } server)
            return;
        var hangMsMax = _house.HangMsMax(_id);
        var step = _judge.Note(_loop.NowMs, _pulse.Read(), hangMsMax);
        if (step == HangStep.Hung)
            NoteHung(server, hangMsMax);
        var asksAgain = _hungMs >= 0 && _loop.NowMs - _usedMs >= AskHungEveryMs;
        if ((step == HangStep.Ask || asksAgain) && !_isAsking)
            Ask(server, hangMsMax).Forget(_loop.Report);
        else if (_connection is not null && !_isAsking && _loop.NowMs - _usedMs >= KeptMs)
            Disconnect();
    }

    private ServerFacts? Facts => _board.Current.Find(_id);

    private async LoopTask Ask(ServerFacts server, int hangMsMax)
    {
        _isAsking = true;
        _limit.Begin(_loop, this, Math.Max(hangMsMax, 500));
        try
        {
            if (await Answers(server, Math.Max(hangMsMax, 500)) && !_isStopped)
                NoteAlive();
        }
        finally
        {
            _limit.End(_loop);
            _usedMs = _loop.NowMs;
            _isAsking = false;
            if (_isStopped)
                Disconnect();
        }
    }

    private async LoopTask<bool> Answers(ServerFacts server, int limitMs)
    {
        var (monitor, options) = _house.Login(_id);
        options = options with { ConnectMsMax = limitMs, LoginMsMax = limitMs };
        if (_connection is null && monitor is null)
        {
            if (_hungMs < 0 && _loop.NowMs < _greetAgainMs)
                return true;
            _greetPauseMs = Math.Min(Math.Max(1_000, 2 * _greetPauseMs), GreetPauseMsMax);
            _greetAgainMs = _loop.NowMs + _greetPauseMs;
            return IsAnswer((await ServerLogin.Greet(_loop, server, options)).Failure);
        }
        if (_connection is null)
        {
            var (login, failure) = await ServerLogin.Run(
                _loop, server, options, monitor!, _keys, form: default, attributes: WatchOptions.Attributes);
            if (failure is not null)
                return IsAnswer(failure);
            _connection = new ServerConnection(login.Wire!, login.Version!, login.Capabilities, _house.Settings.Fresh);
        }
        var rows = await ServerQuery.Run(_connection, "SELECT 1", columns: 1);
        if (rows.Reply.IsOk || rows.Reply.Kind == ServerReplyKind.Error)
            return true;
        var wasCutOff = _limit.IsOver;
        Disconnect();
        // A server that hangs up does something: whoever waits there hears of it as well.
        return !wasCutOff;
    }

    // A refusal is an answer, and so is a machine that says that nobody listens there: whoever hangs says nothing.
    private static bool IsAnswer(DialFailure? failure) => failure is not { Kind: DialFailureKind.TimedOut };

    private void NoteAlive()
    {
        _judge.Answered();
        if (_hungMs < 0)
            return;
        var forMs = _loop.NowMs - _hungMs;
        _hungMs = -1;
        _board.Publish(snapshot => snapshot.With(_id, facts => facts.Absence == ServerAbsence.Silent
            ? facts with { Health = ServerHealth.Up, Problem = null, UnwellSinceMs = null, Absence = ServerAbsence.None } : facts));
        _house.Looked();
        EngineLog.ServerAnswersAgain(_house.Logger, _id.Name, forMs);
        _house.Keep(new(_loop.NowMs, GateEventKind.Server, _id.Name, "answers", $"it did not for {forMs} ms"));
    }

    private void NoteHung(ServerFacts server, int hangMsMax)
    {
        var (inFlight, _, _) = _pulse.Read();
        var problem = $"it hangs: statements are in flight there, and for {hangMsMax} ms (servers.hang_ms_max) it answered none, nor a "
            + "question of Seawall's own";
        if (_hungMs < 0)
        {
            _hungMs = _loop.NowMs;
            _pulse.NoteHang();
            EngineLog.ServerHangs(_house.Logger, _id.Name, hangMsMax, inFlight);
            _house.Keep(new(_loop.NowMs, GateEventKind.Server, _id.Name, "hangs", $"{inFlight} in flight, nothing answered for {hangMsMax} ms"));
        }
        _board.Publish(snapshot => snapshot.With(_id, facts => facts with
        {
            Health = ServerHealth.Down,
            Problem = problem,
            Absence = ServerAbsence.Silent,
            UnwellSinceMs = facts.UnwellSinceMs ?? _loop.NowMs,
        }));
        _house.Looked();
        _house.CloseAll(_id);
    }

    private void Disconnect()
    {
        _connection?.Close();
        _connection = null;
    }

    // Ends a question: whatever it is that the watch waits for, the wire is closed under it.
    private sealed class Limit : TimerNode
    {
        private HangWatch? _watch;

        internal bool IsOver { get; private set; }

        internal void Begin(Loop loop, HangWatch watch, int inMs)
        {
            _watch = watch;
            IsOver = false;
            loop.Arm(this, inMs);
        }

        internal void End(Loop loop) => loop.Timers.Disarm(this);

        protected internal override void OnDue()
        {
            IsOver = true;
            _watch?._connection?.Wire.Close();
        }
    }
}

/// <summary>What those who watch for servers that hang need from around them.</summary>
/// <param name="Settings">Settings of sessions.</param>
/// <param name="Login">The monitoring account, if there is one, and how to log in.</param>
/// <param name="HangMsMax">How long a server may answer nothing; 0 for as long as it likes.</param>
/// <param name="CloseAll">Closes all connections to a server.</param>
/// <param name="Looked">Is told that something is known of a server that was not.</param>
/// <param name="Keep">Keeps an event for people to see.</param>
/// <param name="Logger">Where it is told.</param>
internal sealed record HangHouse(
    SettingsTable Settings, Func<ServerId, (Facts.Accounts.Account? Monitor, ServerLoginOptions Options)> Login,
    Func<ServerId, int> HangMsMax, Action<ServerId> CloseAll, Action Looked, Action<GateEvent> Keep, ILogger Logger);
