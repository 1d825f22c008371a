using Seawall.Engine.Loops;

namespace Seawall.Engine.Flow.Floodgates;

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

    /// <summary>The wait, while there is one.</summary>
    internal GateWaiter? Waiting { get; private set; }

    /// <summary>The wait of this statement, to begin and to end.</summary>
    internal GateWaiter WaiterOn(Loop loop) => Waiting = _waiter ??= new GateWaiter(loop);

    /// <summary>The wait has ended.</summary>
    internal void EndWait() => Waiting = null;

    /// <summary>It is through.</summary>
    internal void Begin(Sluice sluice, StatementClass which, long nowMs)
    {
        _sluice = sluice;
        _class = which;
        _beganMs = nowMs;
        _pausedMs = 0;
    }

    /// <summary>It is through because everybody is; it is only counted.</summary>
    internal void BeginObserved(Sluice sluice, StatementClass which, int cohort, int bytes, string user, Loop loop)
    {
        Begin(sluice, which, loop.NowMs);
        _isShadow = true;
        if (sluice.TryPass(loop.Index, which))
            return;
        _hasWaited = true;
        _shadow.Apply(which, cohort, bytes, user, loop.NowMs);
        sluice.Join(_shadow, loop.NowMs);
    }

    /// <summary>It is through because everybody is, and would have been.</summary>
    internal void BeginObservedInside(Sluice sluice, StatementClass which, long nowMs)
    {
        Begin(sluice, which, nowMs);
        _isShadow = true;
    }

    /// <summary>It is through because everybody is, and would not have been; for whoever writes down why.</summary>
    internal Applicant BeginObservedOutside(Sluice sluice, StatementClass which, int cohort, int bytes, string user, Loop loop)
    {
        BeginObservedInside(sluice, which, loop.NowMs);
        _hasWaited = true;
        _shadow.Apply(which, cohort, bytes, user, loop.NowMs);
        _shadow.Turn = Turn.Shed;
        return _shadow;
    }

    /// <summary>It was deferred, or might have been: those that are wait for it to end.</summary>
    internal void WakesDeferred() => _wakesDeferred = true;

    /// <summary>
    /// It does not run for a while: it waits for a connection, or its client does not take what it has got. Somebody else may.
    /// </summary>
    internal void Pause(Loop loop)
    {
        if (_sluice is null || _isPaused)
            return;
        _isPaused = true;
        _pausedMs -= loop.NowMs;
        if (!_isShadow)
            _sluice.Leave(loop.Index, _class, loop.NowMs, ranMs: null);
    }

    /// <summary>It runs again, whether there is room or not.</summary>
    internal void Resume(Loop loop)
    {
        if (!_isPaused)
            return;
        _isPaused = false;
        _pausedMs += loop.NowMs;
        if (!_isShadow)
            _sluice!.PassAlways(loop.Index, _class, isNew: false);
    }

    /// <summary>It has ended.</summary>
    internal void End(Loop loop)
    {
        if (_sluice is not { } sluice)
            return;
        _sluice = null;
        // Whoever ends while he waits for a connection has got none.
        long? ranMs = _isPaused ? null : loop.NowMs - _beganMs - _pausedMs;
        if (_isShadow)
            sluice.EndShadow(_hasWaited ? _shadow : null, loop.Index, _class, loop.NowMs, ranMs);
        else if (!_isPaused)
            sluice.Leave(loop.Index, _class, loop.NowMs, ranMs);
        if (_wakesDeferred && sluice.Deferral.HoldsSome)
            sluice.Deferral.Look(loop.NowMs);
        _isPaused = _isShadow = _hasWaited = _wakesDeferred = false;
    }

    // Nobody waits for what it is told.
    private sealed class Shadow : Applicant
    {
        internal override void Decided()
        {
        }
    }
}
