using Seawall.Engine.Flow.Floodgates.Holds;
using Seawall.Engine.Flow.Floodgates.Limits;
using Seawall.Engine.Flow.Floodgates.Tenants;

namespace Seawall.Engine.Flow.Floodgates;

/// <summary>
/// In front of one server: how many statements run there, and who goes next when that is as many as may. The decision is a
/// function of clock and counters; time comes in with each call. Thread-safe: while nobody waits, passing and leaving are one
/// atomic operation each; only while somebody does is there a lock, for this server alone.
/// </summary>
internal sealed class Sluice : IWaitingPlace
{
    private readonly Lock _lock = new();
    private readonly SluiceCounts _counts;
    private readonly SluiceLine _line;
    private Turnstile _turnstile;
    private OverloadOptions _options = new();
    private volatile OverloadMode _mode;
    private bool _isClosing;
    private bool _hadWaiters;
    private (int Min, int Max) _bounds;

    internal Sluice(int loops)
    {
        _counts = new SluiceCounts(loops);
        Deferral = new Deferral(this, loops);
        Keeper = new LimitKeeper(loops);
        Tenants = new TenantTable(loops);
        _line = new SluiceLine(Keeper, _counts, Tenants);
    }

    /// <summary>What is held because it can be done at another time.</summary>
    internal Deferral Deferral { get; }

    /// <summary>What keeps the limit where it should be, and knows the statements by their shapes.</summary>
    internal LimitKeeper Keeper { get; }

    /// <summary>Who shares the server.</summary>
    internal TenantTable Tenants { get; }

    /// <summary>Whether it holds anybody, or only counts.</summary>
    internal OverloadMode Mode => _mode;

    /// <summary>Statements that run.</summary>
    internal int Running => _turnstile.Running;

    /// <summary>Statements that may run.</summary>
    internal int Limit => _turnstile.Limit;

    /// <summary>
    /// Whether there is room for what nobody waits for: less than <see cref="OverloadOptions.DeferRoom"/> of what may run does, and
    /// nobody waits. That leaves the others what a wave of them needs.
    /// </summary>
    internal bool HasRoomToSpare
    {
        get
        {
            if (_mode == OverloadMode.Off)
                return true;
            lock (_lock)
                return (long)Running * 100 < (long)Limit * _options.DeferRoom && _line.IsEmpty;
        }
    }

    /// <summary>Whether somebody waits here, or had to a moment ago.</summary>
    internal bool IsStrained(long nowMs)
    {
        lock (_lock)
        {
            if (!_line.IsEmpty || Running > Limit)
                _strainedMs = nowMs;
            return nowMs - _strainedMs < StrainedMs;
        }
    }

    // As long as a limit takes to settle.
    private const int StrainedMs = 10_000;

    private long _strainedMs = long.MinValue / 2;

    /// <summary>What it does without: for tests, which must see that each part is missed.</summary>
    internal SluiceParts LeftOut { get; init; }

    /// <summary>Follows the settings; who waits and would not have to any more goes on. From any thread.</summary>
    internal void Apply(OverloadOptions options, int runningMax, long nowMs, int runningMin = 1)
    {
        Applicant? decided;
        lock (_lock)
        {
            _options = options;
            _mode = options.Mode;
            Deferral.Apply(options);
            _line.Apply(options, LeftOut, nowMs);
            _bounds = (runningMin, runningMax);
            var limit = Keeper.Apply(options, runningMin, runningMax, LeftOut);
            _turnstile.SetLimit(options.Mode == OverloadMode.Off ? int.MaxValue : limit);
            LetGo(nowMs);
            decided = _line.TakeDecided();
        }
        Tidings.Tell(decided);
    }

    /// <summary>
    /// Sets the limit by what has been seen since the last time, and looks at who waits. Ten times a second, one thread only.
    /// </summary>
    internal void Tick(long nowMs, in ServerSignals signals)
    {
        if (_mode == OverloadMode.Off)
            return;
        bool hadWaiters;
        lock (_lock)
        {
            hadWaiters = _hadWaiters;
            _hadWaiters = !_line.IsEmpty;
        }
        Tenants.Look();
        var limit = Keeper.Look(nowMs, _mode == OverloadMode.Observe, hadWaiters, Limit, signals);
        lock (_lock)
        {
            if (_mode != OverloadMode.Off && Keeper.IsAdaptive && limit != Limit)
                _turnstile.SetLimit(limit);
        }
        LookAt(null, nowMs);
    }

    /// <summary>
    /// Whether one that came now, and did not have to wait, would be answered when its program has gone. While half of what may run does not, it
    /// takes nobody's place; and those that run then show what they take, whatever was thought of them before. The statement path, for those that
    /// say how long they have.
    /// </summary>
    internal bool IsTooLate(int shape, int leftMs) => Keeper.RunMsOf(shape) > leftMs && 2 * Running >= Limit;

    /// <summary>Goes at once, if it may. The statement path: no lock, no allocation.</summary>
    internal bool TryPass(int loop, StatementClass which, Lane lane = Lane.Short)
    {
        var tally = _counts.On(loop);
        tally.Offered[(int)which]++;
        if (lane != Lane.Short || !_turnstile.TryPass())
            return false;
        tally.Passed[(int)which]++;
        tally.Entered[(int)which]++;
        return true;
    }

    /// <summary>Goes at once, if nobody waits and less than so many hundredths of those run that may. As <see cref="TryPass"/>.</summary>
    internal bool TryPassBelow(int loop, StatementClass which, int hundredths)
    {
        var tally = _counts.On(loop);
        tally.Offered[(int)which]++;
        if (!_turnstile.TryPassBelow(hundredths))
            return false;
        tally.Passed[(int)which]++;
        tally.Entered[(int)which]++;
        return true;
    }

    /// <summary>
    /// Goes at once, if it may: one that had gone through, and has waited for something else since. Otherwise it has come once more, to wait.
    /// With <paramref name="hundredths"/> as <see cref="TryPassBelow"/>.
    /// </summary>
    internal bool TryPassAgain(int loop, StatementClass which, Lane lane, int? hundredths)
    {
        var tally = _counts.On(loop);
        if (lane == Lane.Short && (hundredths is { } room ? _turnstile.TryPassBelow(room) : _turnstile.TryPass()))
        {
            tally.Entered[(int)which]++;
            return true;
        }
        tally.Offered[(int)which]++;
        return false;
    }

    /// <summary>
    /// The same for one whose turn had come, and who lost it because it had no connection: it goes if no more than a quarter too many run,
    /// or one.
    /// </summary>
    internal bool TryPassBeyond(int loop, StatementClass which, Lane lane)
    {
        var tally = _counts.On(loop);
        if (_turnstile.TryPassBeyond())
        {
            Keeper.Lanes.Enter(lane);
            tally.Entered[(int)which]++;
            return true;
        }
        tally.Offered[(int)which]++;
        return false;
    }

    /// <summary>Lets one go that was deferred, on the same condition, or on none. From any thread.</summary>
    internal bool TryRelease(StatementClass which, int? hundredths)
    {
        lock (_lock)
        {
            if (hundredths is not { } room)
                _turnstile.Pass();
            else if (!_turnstile.TryPassBelow(room))
                return false;
            _counts.NoteReleased(which);
            return true;
        }
    }

    /// <summary>How many statements have ever had to wait, or were refused for want of room, that are not of the background.</summary>
    internal long WaitedAboveBackground()
    {
        lock (_lock)
        {
            var waited = 0L;
            for (var which = StatementClass.Critical; which < StatementClass.Background; which++)
                waited += _counts.WaitedOf(which) + _line.Ledger.CountForWantOfRoom(which);
            return waited;
        }
    }

    /// <summary>One that was held elsewhere has gone away.</summary>
    internal void NoteWithdrawn(StatementClass which)
    {
        lock (_lock)
            _counts.NoteWithdrawn(which);
    }

    /// <summary>One that has come before is refused for a reason that is not here: it is written down as the others are. From any thread.</summary>
    internal void WriteDown(Applicant applicant, ShedReason reason, int limit, long nowMs)
    {
        lock (_lock)
        {
            (applicant.Turn, applicant.Reason, applicant.LimitMs) = (Turn.Shed, reason, limit);
            applicant.ShedId = _line.Ledger.Add(applicant, reason, nowMs, limit);
        }
    }

    /// <summary>Goes at once, whether there is room or not: what has begun must be able to end.</summary>
    internal void PassAlways(int loop, StatementClass which, bool isNew, Lane lane = Lane.Short)
    {
        Keeper.Lanes.Enter(lane);
        var tally = _counts.On(loop);
        if (isNew)
            tally.Continued[(int)which]++;
        tally.Entered[(int)which]++;
        _turnstile.Pass();
    }

    /// <summary>Has ended, or does not run for a while; <paramref name="ranMs"/>: for how long it did, in the first case.</summary>
    internal void Leave(int loop, StatementClass which, long nowMs, long? ranMs, Lane lane = Lane.Short)
    {
        var tally = _counts.On(loop);
        tally.Entered[(int)which]--;
        if (ranMs is { } ms)
        {
            tally.Ended[(int)which]++;
            tally.RanMs[(int)which] += ms;
        }
        var isAwaited = Keeper.Lanes.Leave(lane);
        if (_turnstile.Leave() || isAwaited)
            LookAt(null, nowMs);
    }

    /// <summary>
    /// Waits for its turn; it hears when that has come, which may be before this returns. <paramref name="applicant"/> has
    /// applied, and has not passed.
    /// </summary>
    public void Join(Applicant applicant, long nowMs)
    {
        Applicant? decided;
        lock (_lock)
        {
            // First of all: from now on whoever leaves comes here, and waits for this lock.
            _turnstile.Close();
            _hadWaiters = true;
            _line.Join(applicant, Running, Limit, _isClosing, nowMs);
            LetGo(nowMs);
            decided = _line.TakeDecided();
        }
        Tidings.Tell(decided);
    }

    /// <summary>Refused, or counted as if, for a reason that has nothing to do with who else is here: it comes, and does not wait.</summary>
    internal void Refuse(Applicant applicant, ShedReason reason, int loop, long nowMs, int limit = 0)
    {
        _counts.On(loop).Offered[(int)applicant.Class]++;
        WriteDown(applicant, reason, limit, nowMs);
    }

    /// <summary>Its client has gone, or has ended it: false when it has been decided about before.</summary>
    public bool Withdraw(Applicant applicant, long nowMs)
    {
        Applicant? decided;
        lock (_lock)
        {
            if (!applicant.IsQueued)
                return false;
            _line.Remove(applicant, isTold: true, nowMs);
            _counts.NoteWithdrawn(applicant.Class);
            LetGo(nowMs);
            decided = _line.TakeDecided();
        }
        Tidings.Tell(decided);
        return true;
    }

    /// <summary>
    /// Refuses whoever has waited too long, and lets go whoever may. Returns in how many milliseconds to look at this one again,
    /// when it still waits.
    /// </summary>
    public long LookAt(Applicant? applicant, long nowMs)
    {
        Applicant? decided;
        var again = -1L;
        lock (_lock)
        {
            _line.TakeStock(nowMs);
            LetGo(nowMs);
            if (applicant is { IsQueued: true })
                again = _line.RefuseIfLate(applicant, nowMs);
            decided = _line.TakeDecided();
        }
        Tidings.Tell(decided);
        return again;
    }

    /// <summary>
    /// A statement has ended that nobody held, because this sluice only observes; <paramref name="applicant"/> has waited for it,
    /// when it would have waited. Whatever it was, the server has done a piece of work: that is as much as one of those would have got
    /// done who would have been running, so one of them is taken to have ended now. <paramref name="ranMs"/> is null when it never got
    /// so far, because its client left.
    /// </summary>
    internal void EndShadow(Applicant? applicant, int loop, StatementClass which, long nowMs, long? ranMs)
    {
        var tally = _counts.On(loop);
        if (ranMs is { } ms)
        {
            tally.Ended[(int)which]++;
            tally.RanMs[(int)which] += ms;
        }
        if (applicant is null && ranMs is not null)
        {
            tally.Entered[(int)which]--;
            if (_turnstile.LeaveUnlessEmpty())
                LookAt(null, nowMs);
            return;
        }
        Applicant? decided;
        lock (_lock)
        {
            if (applicant is { IsQueued: true })
            {
                _line.Remove(applicant, isTold: false, nowMs);
                if (ranMs is null)
                    _counts.NoteWithdrawn(which);
                else
                    NoteOwnWork(which, tally);
            }
            else
            {
                if (applicant is null or { Turn: Turn.Come })
                    tally.Entered[(int)which]--;
                if (ranMs is not null)
                    _turnstile.LeaveUnlessEmpty();
                // Of those who would be running, no more than there are.
                while (Running > StatementClasses.OfClients.Sum(_counts.RunningOf))
                    _turnstile.LeaveUnlessEmpty();
            }
            _line.TakeStock(nowMs);
            LetGo(nowMs);
            decided = _line.TakeDecided();
        }
        Tidings.Tell(decided);
    }

    // What it has waited for was its own work, which is done: as if its turn had come, and it had ended.
    private void NoteOwnWork(StatementClass which, SluiceTally tally)
    {
        _counts.NoteAdmitted(which);
        tally.Entered[(int)which]--;
    }

    /// <summary>Nobody who waits will get his turn any more, and nobody else will wait.</summary>
    internal void CloseForGood(long nowMs)
    {
        Deferral.CloseForGood();
        Applicant? decided;
        lock (_lock)
        {
            _isClosing = true;
            _line.Close(nowMs);
            LetGo(nowMs);
            decided = _line.TakeDecided();
        }
        Tidings.Tell(decided);
    }

    /// <summary>What it looks like. From any thread.</summary>
    internal SluiceView View(string server, long nowMs)
    {
        var deferral = Deferral.View(nowMs);
        lock (_lock)
        {
            var limit = new LimitView(Keeper.IsAdaptive, _bounds.Min, _bounds.Max, Keeper.Stretch, Keeper.Cause)
            {
                LongRunning = Keeper.Lanes.RunningOf(Lane.Long),
                LongMax = _line.MaxOf(Lane.Long, Limit),
                Broken = Keeper.Broken,
                Hot = Keeper.Hot,
            };
            return new SluiceView(server, _mode, Running, Limit, limit, _line.Pace.RanMs,
                [.. StatementClasses.OfClients.Select(which => _line.View(which, nowMs))])
            {
                Deferral = deferral,
            };
        }
    }

    /// <summary>What has changed in how it works since the last time that somebody asked. From any thread.</summary>
    internal GateEvent[] TakeEvents()
    {
        lock (_lock)
            return _line.Turns.Take();
    }

    /// <summary>What would become of a statement that came now. Changes nothing; from any thread.</summary>
    internal Outlook Foresee(StatementClass which, int cohort, int bytes, int deadlineMs, int? shape, long nowMs, ulong? tenant = null)
    {
        var needMs = deadlineMs > 0 && shape is { } known ? Keeper.NeedMsOf(known) : 0;
        var isTooLate = needMs > 0 && IsTooLate(shape!.Value, deadlineMs);
        lock (_lock)
        {
            var outlook = _line.Foresee(which, cohort, bytes, deadlineMs, needMs, tenant is { } key ? Tenants.Find(key) : null, Running, Limit, nowMs);
            return isTooLate ? outlook with { Passes = false, Reason = ShedReason.Deadline } : outlook;
        }
    }

    /// <summary>The last refusals, the newest first. From any thread.</summary>
    internal ShedEntry[] LastShed(int max)
    {
        lock (_lock)
            return _line.Ledger.Last(max);
    }

    private void LetGo(long nowMs)
    {
        if (_line.LetGo(ref _turnstile, nowMs))
            _turnstile.Open();
    }
}
