using Microsoft.Extensions.Logging;
using Seawall.Engine.Facts;
using Seawall.Engine.Facts.Accounts;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;
using Seawall.Engine.Loops.Compression;
using Seawall.Engine.Telemetry;
using Seawall.MySql.Compression;

namespace Seawall.Engine.Watch;

/// <summary>
/// Watches one server from the control loop, over one connection of its own that no pool counts: is it there, what is it,
/// and, on the primary, who are its accounts.
/// </summary>
internal sealed class ServerWatch
{
    /// <summary>How often a server is looked at. Clients must hear within 5 s of a changed account; this leaves room.</summary>
    private const int IntervalMs = 1_000;

    /// <summary>
    /// How long a server may take for all questions of one look. They take milliseconds, a hundred thousand accounts a second
    /// or two; a server that hangs says nothing at all, and would look well for ever.
    /// </summary>
    private const int AnswerMsMax = 10_000;

    /// <summary>Who has not answered for so long hangs: three looks, and a hundred times what they take.</summary>
    private const int SilentMs = 3_000;

    /// <summary>Looks are not nearer to each other than this, whoever wants one.</summary>
    private const int HurryMs = 100;

    private readonly Loop _loop;
    private readonly ServerId _id;
    private readonly FactsBoard _board;
    private readonly AccountWatch _accounts;
    private readonly Func<WatchOptions> _options;
    private readonly ServerKeyCache _keys = new();
    private readonly SettingsTable _settings;
    private readonly ILogger _logger;
    private readonly Sleep _sleep;
    private readonly Action _looked;
    private readonly SilenceAlarm _silence;
    private readonly HurryAlarm _hurry;
    private long _askedMs;
    private bool _isWakened;
    private ServerConnection? _connection;
    private bool _isStopped;

    internal ServerWatch(
        Loop loop, ServerId id, FactsBoard board, AccountWatch accounts, SettingsTable settings,
        Func<WatchOptions> options, Action looked, ILogger logger)
    {
        _loop = loop;
        _id = id;
        _board = board;
        _accounts = accounts;
        _settings = settings;
        _options = options;
        _logger = logger;
        _sleep = new Sleep(loop);
        _looked = looked;
        _silence = new SilenceAlarm(this);
        _hurry = new HurryAlarm(this);
    }

    /// <summary>Watches until <see cref="Stop"/>. Control loop only.</summary>
    internal async LoopTask Run()
    {
        while (!_isStopped)
        {
            var hadConnection = _connection is not null;
            _askedMs = _loop.NowMs;
            _isWakened = false;
            if (Facts is { } server && (hadConnection || await Connect(server)))
                await Look();
            _looked();
            // A connection that was lost is replaced at once: whether the server is away is known when that has failed.
            if (!_isStopped && !_isWakened && !(hadConnection && _connection is null))
                await _sleep.For(IntervalMs);
        }
        Disconnect();
    }

    /// <summary>
    /// Looks soon, because somebody has met something at the server that the last look did not show; not more often than ten times a
    /// second. Control loop only.
    /// </summary>
    internal void LookSoon()
    {
        if (_isStopped || _hurry.IsArmed)
            return;
        if (_loop.NowMs - _askedMs is var agoMs && agoMs < HurryMs)
        {
            _loop.Arm(_hurry, HurryMs - agoMs);
            return;
        }
        _isWakened = true;
        _sleep.Wake();
    }

    /// <summary>Ends the watch soon. Control loop only.</summary>
    internal void Stop()
    {
        _isStopped = true;
        _sleep.Wake();
    }

    private ServerFacts? Facts => _board.Current.Find(_id);

    private async LoopTask<bool> Connect(ServerFacts server)
    {
        var options = _options();
        if (options.Monitor is not { } monitor)
        {
            await Greet(server, options);
            return false;
        }
        var (login, failure) = await ServerLogin.Run(
            _loop, server, options.Login, monitor, _keys, form: default, attributes: WatchOptions.Attributes);
        if (failure is not null)
        {
            Note(facts => Failed(login.Version is null ? facts : ServerQuestions.Greeted(facts, login), failure.Text, AbsenceOf(failure, login)));
            return false;
        }
        _connection = new ServerConnection(login.Wire!, login.Version!, login.Capabilities, _settings.Fresh);
        var limit = new AnswerLimit(_connection.Wire);
        _loop.Arm(limit, AnswerMsMax);
        var asked = await ServerQuestions.AskOnce(_connection, options.AsksReplication);
        _loop.Timers.Disarm(limit);
        if (asked is not { } answers)
        {
            Lost("the connection was lost over the first questions");
            return false;
        }
        Note(facts => Answered(answers(ServerQuestions.Greeted(facts, login))));
        EngineLog.ServerSeen(_logger, _id.Name, login.Version!.Display, server.Endpoint.Text);
        if (options.Login.Compression != CompressionKind.None && login.Wire is not CompressedWire)
            EngineLog.NotCompressed(_logger, _id.Name, options.Login.Compression);
        return true;
    }

    // Without a monitoring account the greeting is all there is; more is asked when the first client has been let in.
    private async LoopTask Greet(ServerFacts server, WatchOptions options)
    {
        if (server.Version is not null)
            return;
        var (login, failure) = await ServerLogin.Greet(_loop, server, options.Login);
        if (failure is null)
            Note(facts => ServerQuestions.Greeted(facts, login));
        else
            Note(facts => Failed(facts, failure.Text, AbsenceOf(failure, login)));
    }

    private async LoopTask Look()
    {
        var connection = _connection!;
        var limit = new AnswerLimit(connection.Wire);
        _loop.Arm(limit, AnswerMsMax);
        _loop.Arm(_silence, SilentMs);
        var asked = await Ask(connection);
        _loop.Timers.Disarm(_silence);
        if (asked is not { } answers)
        {
            Lost("the server did not answer its monitor");
        }
        else
        {
            Note(facts => Answered(answers(facts)));
            if (!_isStopped && Facts is { Role: ServerRole.Primary } && !await _accounts.Look(connection))
                Lost("the server did not answer its monitor");
        }
        _loop.Timers.Disarm(limit);
    }

    // Somebody may be reading the accounts on this connection, because a client's password was wrong.
    private async LoopTask<Func<ServerFacts, ServerFacts>?> Ask(ServerConnection connection)
    {
        // A server that hangs over its accounts must not keep the others from being looked at.
        var isShared = _accounts.Uses(connection);
        if (isShared)
            await _accounts.Borrow();
        var answers = await ServerQuestions.AskAgain(connection, Facts?.Globals.Epoch ?? 0, _options().AsksRunning, _options().AsksReplication);
        if (isShared)
            _accounts.GiveBack();
        return answers;
    }

    // A watch that was stopped over a question may have asked somebody who is not this server any more.
    private void Note(Func<ServerFacts, ServerFacts> change)
    {
        if (!_isStopped)
            _board.Publish(snapshot => snapshot.With(_id, change));
    }

    // Who greets is there, whatever becomes of the login.
    private static ServerAbsence AbsenceOf(DialFailure failure, ServerLogin login) =>
        failure.Kind is DialFailureKind.Unreachable or DialFailureKind.TimedOut && login.Version is null ? ServerAbsence.Unreachable
        : failure.Kind == DialFailureKind.TimedOut ? ServerAbsence.Silent : ServerAbsence.Refusing;

    private ServerFacts Failed(ServerFacts facts, string problem, ServerAbsence absence)
    {
        if (facts.Problem != problem)
            EngineLog.ServerUnwell(_logger, _id.Name, problem);
        return facts with { Health = ServerHealth.Down, Problem = problem, Absence = absence, UnwellSinceMs = facts.UnwellSinceMs ?? _loop.NowMs };
    }

    private ServerFacts Answered(ServerFacts facts)
    {
        if (facts.Replication.Problem.Length > 0 && facts.Replication.Problem != _complaint)
            EngineLog.ServerUnwell(_logger, _id.Name, facts.Replication.Problem);
        _complaint = facts.Replication.Problem;
        return facts with { SeenAtMs = _loop.NowMs, UnwellSinceMs = null, Absence = ServerAbsence.None };
    }

    private string _complaint = "";

    private void Lost(string problem)
    {
        Disconnect();
        Note(facts => Failed(facts, problem, ServerAbsence.Silent));
    }

    private void Disconnect()
    {
        _connection?.Close();
        _connection = null;
    }

    // It has its connection and says nothing.
    private sealed class SilenceAlarm(ServerWatch watch) : TimerNode
    {
        protected internal override void OnDue()
        {
            watch.Note(facts => facts with { UnwellSinceMs = facts.UnwellSinceMs ?? watch._askedMs, Absence = ServerAbsence.Silent });
            watch._looked();
        }
    }

    private sealed class HurryAlarm(ServerWatch watch) : TimerNode
    {
        protected internal override void OnDue() => watch.LookSoon();
    }

    private sealed class AnswerLimit(Wire wire) : TimerNode
    {
        protected internal override void OnDue() => wire.Close();
    }
}

/// <summary>How servers are watched.</summary>
/// <param name="Monitor">The monitoring account, with its password; null when there is none.</param>
/// <param name="Login">How to log in.</param>
/// <param name="AsksRunning">Whether to ask how many statements run: only whoever finds the limit wants to know.</param>
/// <param name="AsksReplication">Whether to ask whom it follows: where there are others.</param>
internal sealed record WatchOptions(Account? Monitor, ServerLoginOptions Login, bool AsksRunning = false, bool AsksReplication = false)
{
    /// <summary>What the monitor's connection is called in the server's lists.</summary>
    internal static byte[] Attributes { get; } = [12, .. "program_name"u8, 15, .. "seawall-monitor"u8];
}
