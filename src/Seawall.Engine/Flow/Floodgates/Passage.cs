using Seawall.Engine.Flow.Floodgates.Limits;
using Seawall.Engine.Loops;

namespace Seawall.Engine.Flow.Floodgates;

/// <summary>What kind of work a statement is for its server.</summary>
/// <param name="Shape">The number of its shape in the server's table.</param>
/// <param name="IsProbe">Whether how long the server takes to begin with its answer says how busy it is.</param>
/// <param name="Lane">Which way it goes.</param>
/// <param name="Tenant">The number of its tenant in the server's table.</param>
internal readonly record struct Work(int Shape, bool IsProbe, Lane Lane, int Tenant);

/// <summary>
/// One statement's way through a sluice: what must be given back when it has ended, however that was. It belongs to a statement's
/// object and is used again with it. Its loop only.
/// </summary>
internal sealed class Passage
{
    private readonly Shadow _shadow = new();
    private GateWaiter? _waiter;
    private Sluice? _sluice;
    private StatementClass _class;
    private long _beganMs;
    private long _pausedMs;
    private bool _isPaused;
    private bool _isShadow;
    private bool _hasWaited;
    private bool _wakesDeferred;
    private long _beganAt;
    private long _sentAt;
    private long _firstUs;
    private int _rounds;

    /// <summary>
    /// How often one may come back with a connection and find no room, before it runs all the same: far more often than somebody is
    /// that unlucky, and nobody goes round for ever.
    /// </summary>
    private const int RoundsMax = 16;

    /// <summary>Whom it lets go first where statements wait for something else than their turn; where nobody is held, all are the same.</summary>
    internal StatementClass Rank => _sluice is null || _isShadow ? StatementClass.Normal : _class;

    /// <summary>Whether it runs whether there is room or not, such as one that may hold what others wait for.</summary>
    internal bool MustRun { get; set; }

    /// <summary>Whether it has waited for its turn, and that has come: it may be one of a few too many.</summary>
    internal bool HadTurn { get; set; }

    /// <summary>How long it has waited for its turn, when it does so again.</summary>
    internal long WaitedMs { get; set; }

    /// <summary>How long its program waits for it, from when it came; 0: it has not said, or may not be refused for it.</summary>
    internal int DeadlineMs { get; set; }

    /// <summary>What kind of work it is; set before it is through.</summary>
    internal Work Work { get; set; }

    /// <summary>The wait, while there is one.</summary>
    internal GateWaiter? Waiting { get; private set; }

    /// <summary>The wait of this statement, to begin and to end.</summary>
    internal GateWaiter WaiterOn(Loop loop) => Waiting = _waiter ??= new GateWaiter(loop);

    /// <summary>The wait has ended.</summary>
    internal void EndWait() => Waiting = null;

    /// <summary>It is through.</summary>
    internal void Begin(Sluice sluice, StatementClass which, Loop loop)
    {
        _sluice = sluice;
        _class = which;
        _beganMs = loop.NowMs;
        _beganAt = loop.TurnBegan;
        _pausedMs = _firstUs = 0;
        TallyOf(loop).Enter(Work.Shape, !Work.IsProbe);
        sluice.Tenants.On(loop.Index).Running[Work.Tenant]++;
    }

    /// <summary>It is through because everybody is; it is only counted.</summary>
    internal void BeginObserved(Sluice sluice, StatementClass which, int cohort, int bytes, string user, Loop loop)
    {
        Begin(sluice, which, loop);
        _isShadow = true;
        if (sluice.TryPass(loop.Index, which))
            return;
        _hasWaited = true;
        _shadow.Apply(which, cohort, bytes, user, loop.NowMs);
        _shadow.Tenant = Work.Tenant;
        sluice.Join(_shadow, loop.NowMs);
    }

    /// <summary>It is through because everybody is, and would have been.</summary>
    internal void BeginObservedInside(Sluice sluice, StatementClass which, Loop loop)
    {
        Begin(sluice, which, loop);
        _isShadow = true;
    }

    /// <summary>It is through because everybody is, and would not have been; for whoever writes down why.</summary>
    internal Applicant BeginObservedOutside(Sluice sluice, StatementClass which, int cohort, int bytes, string user, Loop loop)
    {
        BeginObservedInside(sluice, which, loop);
        _hasWaited = true;
        _shadow.Apply(which, cohort, bytes, user, loop.NowMs);
        _shadow.Turn = Turn.Shed;
        return _shadow;
    }

    /// <summary>It was deferred, or might have been: those that are wait for it to end.</summary>
    internal void WakesDeferred() => _wakesDeferred = true;

    /// <summary>The server has it.</summary>
    internal void Sent(Loop loop) => _sentAt = loop.TurnBegan;

    /// <summary>The server has begun to answer. What comes after that may wait for the client.</summary>
    internal void Answered(Loop loop)
    {
        if (Work.IsProbe && _firstUs == 0)
            _firstUs = Math.Max(1, loop.MicrosecondsUntilTurn(_sentAt));
    }

    /// <summary>
    /// It does not run for a while: it waits for a connection, or its client does not take what it has got. Somebody else may.
    /// </summary>
    internal void Pause(Loop loop)
    {
        if (_sluice is null || _isPaused)
            return;
        _isPaused = true;
        _pausedMs -= loop.NowMs;
        TallyOf(loop).Leave(Work.Shape, ranUs: null);
        _sluice.Tenants.On(loop.Index).Running[Work.Tenant]--;
        if (!_isShadow)
            _sluice.Leave(loop.Index, _class, loop.NowMs, ranMs: null, _sluice.Keeper.LaneOf(Work.Shape));
    }

    /// <summary>It runs again, whether there is room or not.</summary>
    internal void Resume(Loop loop)
    {
        if (!_isPaused)
            return;
        GoOn(loop);
        if (!_isShadow)
            _sluice!.PassAlways(loop.Index, _class, isNew: false, _sluice.Keeper.LaneOf(Work.Shape));
    }

    /// <summary>
    /// It runs again, if there is room; otherwise it is out, and may apply once more: those who wait for connections at one time can be many
    /// more than may run.
    /// </summary>
    internal bool TryResume(Loop loop)
    {
        if (_isPaused && !_isShadow && !MustRun && _rounds++ < RoundsMax && _sluice!.Mode == OverloadMode.Enforce)
        {
            var lane = _sluice.Keeper.LaneOf(Work.Shape);
            var passes = HadTurn ? _sluice.TryPassBeyond(loop.Index, _class, lane)
                : _sluice.TryPassAgain(loop.Index, _class, lane, _wakesDeferred ? _sluice.Deferral.Room : null);
            if (!passes)
            {
                Work = Work with { Lane = lane };
                _sluice = null;
                _isPaused = _wakesDeferred = false;
                return false;
            }
            GoOn(loop);
            return true;
        }
        Resume(loop);
        return true;
    }

    private void GoOn(Loop loop)
    {
        _isPaused = false;
        _pausedMs += loop.NowMs;
        TallyOf(loop).Enter(Work.Shape, !Work.IsProbe);
        _sluice!.Tenants.On(loop.Index).Running[Work.Tenant]++;
    }

    /// <summary>It has ended; <paramref name="isFailed"/>: with an error, which says nothing of how long such statements take.</summary>
    internal void End(Loop loop, bool isFailed)
    {
        (_rounds, MustRun, HadTurn, WaitedMs, DeadlineMs) = (0, false, false, 0, 0);
        if (_sluice is not { } sluice)
        {
            _wakesDeferred = false;
            return;
        }
        // Whoever ends while he waits for a connection has got none.
        long? ranMs = _isPaused ? null : loop.NowMs - _beganMs - _pausedMs;
        if (!_isPaused)
        {
            var tally = TallyOf(loop);
            sluice.Tenants.On(loop.Index).Leave(Work.Tenant, ranMs, sluice.Keeper.LaneOf(Work.Shape) == Lane.Short);
            tally.Leave(Work.Shape, isFailed ? null : loop.MicrosecondsUntilTurn(_beganAt) - (_pausedMs * 1_000));
            if (_firstUs > 0 && !isFailed)
                tally.Measure(Work.Shape, _firstUs);
        }
        _sluice = null;
        if (_isShadow)
            sluice.EndShadow(_hasWaited ? _shadow : null, loop.Index, _class, loop.NowMs, ranMs);
        else if (!_isPaused)
            sluice.Leave(loop.Index, _class, loop.NowMs, ranMs, sluice.Keeper.LaneOf(Work.Shape));
        if (_wakesDeferred && sluice.Deferral.HoldsSome)
            sluice.Deferral.Look(loop.NowMs);
        _isPaused = _isShadow = _hasWaited = _wakesDeferred = false;
    }

    private ShapeTally TallyOf(Loop loop) => _sluice!.Keeper.Tallies[loop.Index];

    // Nobody waits for what it is told.
    private sealed class Shadow : Applicant
    {
        internal override void Decided()
        {
        }
    }
}
