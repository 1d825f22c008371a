using System.Globalization;
using Seawall.Engine.Facts.Freshness;
using Seawall.Engine.Facts.Topology;
using Seawall.Engine.Flow.Servers;
using Seawall.Engine.Loops;

namespace Seawall.Engine.Watch.Positions;

/// <summary>
/// Asks one server what it has applied, over one connection of its own, however many read from it: all the time while somebody needs to
/// know, and now and then otherwise. While somebody waits for a transaction, the question itself waits for it at the server. Control loop.
/// </summary>
internal sealed class PositionStream(Loop loop, ServerId id, PositionWatch watch)
{
    /// <summary>How often it asks while nobody needs to know: often enough to see that the server is still there.</summary>
    private const int IdleMs = 400;

    /// <summary>Between questions when somebody waits for their answer: one step of the wheel, some sixty questions a second at most.</summary>
    private const int StepMs = 1;

    /// <summary>
    /// So many steps, when somebody has waited a moment ago and nobody does now: some twenty questions a second, so that most find known what they
    /// need. As many as for those who wait took more than 1 % of a slow processor.
    /// </summary>
    private const int StepsMax = 3;

    /// <summary>How long a server may take to answer. It is asked for one value in memory.</summary>
    private const int AnswerMsMax = 2_000;

    /// <summary>How long the server holds a question for a transaction: short, for whoever comes meanwhile waits for another one.</summary>
    private const string HoldSeconds = "0.03";

    // What takes fractions of a second; 5.7 would read 0, which is for ever.
    private const int WaitsFromMySql = 80000;

    // Only what is needed of the server as it is now: each of these positions is written out under a lock of the server's.
    private const string MariaDbPrimaryQuestion = "SELECT @@global.log_bin,@@global.gtid_binlog_pos";
    private const string MariaDbReplicaQuestion = "SELECT 'ON',@@global.gtid_slave_pos";
    private const string MySqlQuestion = "SELECT @@global.gtid_mode,@@global.gtid_executed";

    private readonly Sleep _sleep = new(loop);
    private readonly ServerKeyCache _keys = new();
    private ServerConnection? _connection;
    private bool _isStopped;
    private int _times;
    private long _movedMs;
    private long _askedMs;

    /// <summary>The server.</summary>
    internal ServerId Id => id;

    /// <summary>Questions that it has asked, since ever.</summary>
    internal long Questions { get; private set; }

    /// <summary>Asks until <see cref="Stop"/>.</summary>
    internal async LoopTask Run()
    {
        while (!_isStopped)
        {
            if (watch.FactsOf(id) is { Version: not null } server && (_connection is not null || await Connect(server)))
                await Look(server);
            if (!_isStopped)
                await Rest();
        }
        Lose();
    }

    /// <summary>Ends soon.</summary>
    internal void Stop()
    {
        _isStopped = true;
        _sleep.Wake();
    }

    /// <summary>Somebody needs to know.</summary>
    internal void Wake() => _sleep.Wake();

    /// <summary>Judges again: what is not confirmed for a while is known no more.</summary>
    internal void Judge(ServerFacts server, PositionLedger ledger, long lagMsMax)
    {
        var slot = server.Freshness;
        var position = slot.Position;
        var (reached, due) = position is null ? (null, null) : ledger.Compare(position);
        if (reached is { } ms && ms > slot.ReachedMs)
            slot.Reach(ms);
        // While the primary is silent, what it had last is the measure: nobody writes anything that Seawall knows of.
        var behind = reached is null || ledger.LastMs is not { } last ? null : (long?)(loop.NowMs - (last - reached.Value));
        bool? replicates = server.Health == ServerHealth.Down || server.Replication.State == ReplicationState.Broken ? false : null;
        var facts = new FreshnessFacts(loop.NowMs, position?.BegunMs, behind, _movedMs, due, replicates);
        var now = FreshnessJudge.Judge(facts, lagMsMax);
        var isWellBelow = behind is { } at && loop.NowMs - at <= lagMsMax / 2;
        slot.Judge(FreshnessJudge.Settle(slot.State, now, isWellBelow, ref _times));
    }

    private async LoopTask Rest()
    {
        if (_connection is null || !watch.Board.IsWanted(loop.NowMs))
        {
            await _sleep.For(IdleMs);
            return;
        }
        // The brake of low writes goes by how a lag changes, and that by each answer.
        var steps = watch.IsWantedBesides() ? 1 : StepsMax;
        for (var step = 0; step < steps && !_isStopped && (step == 0 || !watch.Board.IsWantedSince(_askedMs)); step++)
            await _sleep.For(StepMs);
    }

    private async LoopTask<bool> Connect(ServerFacts server)
    {
        if (watch.LoginOf(id) is not { Monitor: { } monitor } how)
            return false;
        var (login, failure) = await ServerLogin.Run(loop, server, how.Login, monitor, _keys, form: default, OwnAttributes.Positions);
        if (failure is not null)
            return false;
        if (_isStopped)
        {
            login.Wire!.Close();
            return false;
        }
        _connection = new ServerConnection(login.Wire!, login.Version!, login.Capabilities, watch.Settings.Fresh);
        return true;
    }

    private async LoopTask Look(ServerFacts server)
    {
        var connection = _connection!;
        var limit = new AnswerLimit(connection.Wire);
        loop.Arm(limit, AnswerMsMax);
        if (watch.Board.IsWanted(loop.NowMs) && server.Freshness.Awaited is { } token && server.Role == ServerRole.Replica && CanWait(connection.Version))
            await ServerQuery.Run(connection, WaitFor(token, connection.Version.IsMariaDb), columns: 1);
        // Counted before it is sent: what has happened by now is in its answer.
        var tick = watch.Board.Tick();
        var beganMs = loop.NowMs;
        _askedMs = beganMs;
        Questions++;
        var role = server.Role;
        var rows = connection.IsBroken ? null : await ServerQuery.Run(connection, QuestionOf(connection.Version, role), columns: 2);
        loop.Timers.Disarm(limit);
        if (rows is not { Reply.IsOk: true, Rows.Count: 1 } || _isStopped)
        {
            Lose();
            return;
        }
        // What a server of another role was asked for says nothing of one that has changed its role over the question.
        if (watch.FactsOf(id) is { } now && now.Role == role)
            Note(now, rows, connection.Version.IsMariaDb, tick, beganMs);
    }

    private static string QuestionOf(ServerVersion version, ServerRole role) => !version.IsMariaDb ? MySqlQuestion
        : role == ServerRole.Primary ? MariaDbPrimaryQuestion : MariaDbReplicaQuestion;

    private void Note(ServerFacts server, ServerRows rows, bool isMariaDb, long tick, long beganMs)
    {
        var slot = server.Freshness;
        var counts = rows.Text(0, 0) is "ON" || (isMariaDb && rows.Text(0, 0) is "1");
        var text = rows.Rows[0][1];
        var before = slot.Position;
        var position = counts && text is not null
            ? ServerPosition.Read(text, isMariaDb, watch.Board.Sources, before, tick, beganMs) : null;
        if (position is null || (before is not null && !position.Covers(before)))
            slot.BeginAnew(); // It cannot be counted, or it has gone back.
        if (position is null)
            return;
        if (before is null || !before.IsSameAs(position))
            _movedMs = loop.NowMs;
        slot.Confirm(position);
        slot.EndWait(position);
        watch.Published(server, position);
    }

    private void Lose()
    {
        if (_connection is null)
            return;
        _connection.Close();
        _connection = null;
        watch.FactsOf(id)?.Freshness.BeginAnew();
    }

    private static bool CanWait(ServerVersion version) => version.IsMariaDb || version.Number >= WaitsFromMySql;

    private string WaitFor(GtidToken token, bool isMariaDb)
    {
        var sources = watch.Board.Sources;
        return isMariaDb
            ? string.Create(CultureInfo.InvariantCulture, $"SELECT MASTER_GTID_WAIT('{sources.Spell(token)}',{HoldSeconds})")
            : string.Create(CultureInfo.InvariantCulture, $"SELECT WAIT_FOR_EXECUTED_GTID_SET('{sources.SpellAllUpTo(token)}',{HoldSeconds})");
    }

    private sealed class AnswerLimit(Wire wire) : TimerNode
    {
        protected internal override void OnDue() => wire.Close();
    }
}
