using Seawall.Engine.Flow.Floodgates.Holds;
using Seawall.Engine.Flow.Floodgates.Limits;

namespace Seawall.Engine.Flow.Floodgates;

/// <summary>
/// In front of one server: how many statements run there, and who goes next when that is as many as may. The decision is a
/// function of clock and counters; time comes in with each call. Thread-safe: while nobody waits, passing and leaving are one
/// atomic operation each; only while somebody does is there a lock, for this server alone.
/// </summary>
internal sealed class Sluice : IWaitingPlace
{
    private readonly Lock _lock = new();
    private readonly ClassQueues _queues;
    private readonly SluiceTally[] _tallies;
    private readonly long[] _admitted = new long[StatementClasses.Count];
    private readonly long[] _withdrawn = new long[StatementClasses.Count];
    private readonly long[] _shortShed = new long[StatementClasses.Count];
    private readonly long[] _released = new long[StatementClasses.Count];
    private readonly ShedLedger _ledger = new();
    private readonly ServicePace _pace = new();
    private readonly CohortShares _shares = new();
    private readonly TurnWatch _turns = new();
    private Turnstile _turnstile;
    private OverloadOptions _options = new();
    private volatile OverloadMode _mode;
    private readonly Tidings _tidings = new();
    private bool _isClosing;
    private bool _hadWaiters;
    private (int Min, int Max) _bounds;

    internal Sluice(int loops)
    {
        _tallies = [.. Enumerable.Range(0, loops).Select(_ => new SluiceTally())];
        Deferral = new Deferral(this, loops);
        Keeper = new LimitKeeper(loops);
        _queues = new ClassQueues(Keeper.Lanes);
    }

    /// <summary>What is held because it can be done at another time.</summary>
    internal Deferral Deferral { get; }

    /// <summary>What keeps the limit where it should be, and knows the statements by their shapes.</summary>
    internal LimitKeeper Keeper { get; }

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
                return (long)Running * 100 < (long)Limit * _options.DeferRoom && _queues.AreEmpty;
        }
    }

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
            _turns.Note(options.Mode, nowMs);
            _bounds = (runningMin, runningMax);
            var limit = Keeper.Apply(options, runningMin, runningMax, LeftOut);
            foreach (var queue in _queues.All)
            {
                queue.Limits = options.Of(queue.Class);
                queue.NeverTurns = LeftOut.HasFlag(SluiceParts.Turning);
            }
            _turnstile.SetLimit(options.Mode == OverloadMode.Off ? int.MaxValue : limit);
            LetGo(nowMs);
            decided = TakeDecided();
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
            _hadWaiters = !_queues.AreEmpty;
        }
        var limit = Keeper.Look(nowMs, _mode == OverloadMode.Observe, hadWaiters, Limit, signals);
        lock (_lock)
        {
            if (_mode != OverloadMode.Off && Keeper.IsAdaptive && limit != Limit)
                _turnstile.SetLimit(limit);
        }
        LookAt(null, nowMs);
    }

    /// <summary>Goes at once, if it may. The statement path: no lock, no allocation.</summary>
    internal bool TryPass(int loop, StatementClass which, Lane lane = Lane.Short)
    {
        var tally = _tallies[loop];
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
        var tally = _tallies[loop];
        tally.Offered[(int)which]++;
        if (!_turnstile.TryPassBelow(hundredths))
            return false;
        tally.Passed[(int)which]++;
        tally.Entered[(int)which]++;
        return true;
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
            _released[(int)which]++;
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
                waited += _admitted[(int)which] + _withdrawn[(int)which] + _ledger.CountForWantOfRoom(which);
            return waited;
        }
    }

    /// <summary>One that was held elsewhere has gone away.</summary>
    internal void NoteWithdrawn(StatementClass which)
    {
        lock (_lock)
            _withdrawn[(int)which]++;
    }

    /// <summary>One that has come before is refused for a reason that is not here: it is written down as the others are. From any thread.</summary>
    internal void WriteDown(Applicant applicant, ShedReason reason, int limit, long nowMs)
    {
        lock (_lock)
        {
            (applicant.Turn, applicant.Reason, applicant.LimitMs) = (Turn.Shed, reason, limit);
            applicant.ShedId = _ledger.Add(applicant, reason, nowMs, limit);
        }
    }

    /// <summary>Goes at once, whether there is room or not: what has begun must be able to end.</summary>
    internal void PassAlways(int loop, StatementClass which, bool isNew, Lane lane = Lane.Short)
    {
        Keeper.Lanes.Enter(lane);
        var tally = _tallies[loop];
        if (isNew)
            tally.Continued[(int)which]++;
        tally.Entered[(int)which]++;
        _turnstile.Pass();
    }

    /// <summary>Has ended, or does not run for a while; <paramref name="ranMs"/>: for how long it did, in the first case.</summary>
    internal void Leave(int loop, StatementClass which, long nowMs, long? ranMs, Lane lane = Lane.Short)
    {
        var tally = _tallies[loop];
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
            TakeStock(nowMs);
            var queue = _queues[applicant];
            if (_isClosing)
                _tidings.Add(applicant, Turn.Closing);
            else if (!HasRoomFor(queue, nowMs) && RefusalOf(queue, applicant, nowMs) is var reason and not ShedReason.None)
                Shed(queue, applicant, reason, nowMs);
            else
                queue.Add(applicant);
            _queues.TellWaiting();
            LetGo(nowMs);
            decided = TakeDecided();
        }
        Tidings.Tell(decided);
    }

    /// <summary>Refused, or counted as if, for a reason that has nothing to do with who else is here: it comes, and does not wait.</summary>
    internal void Refuse(Applicant applicant, ShedReason reason, int loop, long nowMs, int limit = 0)
    {
        _tallies[loop].Offered[(int)applicant.Class]++;
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
            _queues[applicant].Remove(applicant, nowMs);
            _withdrawn[(int)applicant.Class]++;
            _tidings.Add(applicant, Turn.Withdrawn);
            LetGo(nowMs);
            decided = TakeDecided();
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
            TakeStock(nowMs);
            LetGo(nowMs);
            if (applicant is { IsQueued: true })
                again = RefuseIfLate(applicant, nowMs);
            decided = TakeDecided();
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
        var tally = _tallies[loop];
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
                _queues[applicant].Remove(applicant, nowMs);
                applicant.Turn = Turn.Withdrawn;
                if (ranMs is null)
                    _withdrawn[(int)which]++;
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
                while (Running > StatementClasses.OfClients.Sum(RunningOf))
                    _turnstile.LeaveUnlessEmpty();
            }
            TakeStock(nowMs);
            LetGo(nowMs);
            decided = TakeDecided();
        }
        Tidings.Tell(decided);
    }

    // What it has waited for was its own work, which is done: as if its turn had come, and it had ended.
    private void NoteOwnWork(StatementClass which, SluiceTally tally)
    {
        _admitted[(int)which]++;
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
            foreach (var queue in _queues.All)
            {
                while (queue.TakeOldest(nowMs, onlyIfOverdue: false) is { } applicant)
                    _tidings.Add(applicant, Turn.Closing);
            }
            LetGo(nowMs);
            decided = TakeDecided();
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
                LongMax = MaxOf(Lane.Long),
                Broken = Keeper.Broken,
            };
            return new SluiceView(server, _mode, Running, Limit, limit, _pace.RanMs,
            [
                .. StatementClasses.OfClients.Select(which => _queues[which]).Select(queue => new ClassView
                {
                    Class = queue.Class,
                    Limits = queue.Limits,
                    Running = RunningOf(queue.Class),
                    Waiting = _queues.Of(queue.Class).Sum(lane => lane.Count),
                    WaitingBytes = _queues.Of(queue.Class).Sum(lane => lane.Bytes),
                    OldestMs = _queues.Of(queue.Class).Max(lane => lane.OldestSinceMs is { } since ? Math.Max(0, nowMs - since) : 0),
                    Stands = _queues.Of(queue.Class).Any(lane => lane.Stands(nowMs)),
                    CohortShare = _shares.Of(queue.Class),
                    Offered = _tallies.Sum(tally => tally.Offered[(int)queue.Class]),
                    Passed = _tallies.Sum(tally => tally.Passed[(int)queue.Class]),
                    Continued = _tallies.Sum(tally => tally.Continued[(int)queue.Class]),
                    Admitted = _admitted[(int)queue.Class] + _released[(int)queue.Class],
                    Withdrawn = _withdrawn[(int)queue.Class],
                    Shed = [.. ShedView.Reasons.Select(reason => new ShedView(reason, _ledger.CountOf(queue.Class, reason)))],
                }),
            ])
            {
                Deferral = deferral,
            };
        }
    }

    /// <summary>What has changed in how it works since the last time that somebody asked. From any thread.</summary>
    internal GateEvent[] TakeEvents()
    {
        lock (_lock)
            return _turns.Take();
    }

    /// <summary>What would become of a statement that came now. Changes nothing; from any thread.</summary>
    internal Outlook Foresee(StatementClass which, int cohort, int bytes, int deadlineMs, long nowMs)
    {
        lock (_lock)
        {
            var queue = _queues[which];
            var limitMs = deadlineMs > 0 ? Math.Min(deadlineMs, queue.LimitMs(nowMs)) : queue.LimitMs(nowMs);
            var ahead = WaitAhead(queue);
            var reason = ShedReason.None;
            if (!_shares.Includes(which, cohort))
                reason = ShedReason.Cohort;
            else if (!queue.Stands(nowMs) && queue.Count >= Math.Max(1, (long)_options.QueueMaxPerRunning * Limit))
                reason = ShedReason.QueueFull;
            else if (queue.Count > 0 && queue.Bytes + bytes > _options.QueueBytesMax)
                reason = ShedReason.QueueBytes;
            else if (!queue.Stands(nowMs) && ahead > limitMs)
                reason = limitMs == deadlineMs ? ShedReason.Deadline : ShedReason.Predicted;
            var passes = Running < Limit && _queues.AreEmpty;
            return new(passes, passes ? ShedReason.None : reason, queue.Count, queue.Stands(nowMs), (long)ahead, limitMs);
        }
    }

    /// <summary>The last refusals, the newest first. From any thread.</summary>
    internal ShedEntry[] LastShed(int max)
    {
        lock (_lock)
            return _ledger.Last(max);
    }

    // Those of these lanes all come here, also when there is no need to wait.
    private bool HasRoomFor(ClassQueue queue, long nowMs) => queue.Lane != Lane.Short && Running < Limit
        && Keeper.Lanes.HasRoom(queue.Lane) && NextQueue(nowMs) is null;

    private int MaxOf(Lane lane) => Math.Min(Limit, Keeper.Lanes.MaxOf(lane));

    // Those who waited began to run under the lock, on whichever thread; the others on their own loops.
    private int RunningOf(StatementClass which)
    {
        var running = _admitted[(int)which] + _released[(int)which];
        foreach (var tally in _tallies)
            running += Volatile.Read(ref tally.Entered[(int)which]);
        return (int)Math.Max(0, running);
    }

    private ShedReason RefusalOf(ClassQueue queue, Applicant applicant, long nowMs)
    {
        // Long ones are not thinned out, nor the others for their sake: they are refused for reasons of their own.
        if (!LeftOut.HasFlag(SluiceParts.Cohorts) && queue.Lane == Lane.Short && !_shares.Includes(applicant.Class, applicant.Cohort))
            return ShedReason.Cohort;
        // Those who come last go first in a queue that stands: it is those at its other end who make room.
        if (queue.Count >= Math.Max(1, (long)_options.QueueMaxPerRunning * MaxOf(queue.Lane)))
        {
            if (!queue.Stands(nowMs))
                return ShedReason.QueueFull;
            Shed(queue, queue.TakeOldest(nowMs, onlyIfOverdue: false)!, ShedReason.QueueFull, nowMs);
        }
        if (queue.Count > 0 && queue.Bytes + applicant.Bytes > _options.QueueBytesMax)
            return ShedReason.QueueBytes;
        if (LeftOut.HasFlag(SluiceParts.Prediction) || queue.Stands(nowMs))
            return ShedReason.None;
        var ahead = WaitAhead(queue);
        if (ahead > queue.LimitMs(nowMs))
            return ShedReason.Predicted;
        return applicant.DeadlineMs > 0 && ahead > applicant.DeadlineMs ? ShedReason.Deadline : ShedReason.None;
    }

    // Its own time may be over before that of its class: then it is refused from the middle of the queue. Otherwise: when to look again.
    private long RefuseIfLate(Applicant applicant, long nowMs)
    {
        var queue = _queues[applicant];
        var limitMs = queue.LimitMs(nowMs);
        if (applicant.DeadlineMs == 0 || applicant.DeadlineMs >= limitMs)
            return Math.Max(1, applicant.SinceMs + limitMs - nowMs);
        if (nowMs - applicant.SinceMs < applicant.DeadlineMs)
            return applicant.SinceMs + applicant.DeadlineMs - nowMs;
        queue.Remove(applicant, nowMs);
        Shed(queue, applicant, ShedReason.Deadline, nowMs);
        return -1;
    }

    // What those before it in its lane will take: all of higher classes, and those of its own.
    private double WaitAhead(ClassQueue queue)
    {
        var work = 0.0;
        var ranMs = Keeper.Lanes.RanMsOf(queue.Lane);
        foreach (var other in _queues.Of(queue.Lane))
        {
            work += other.Count * (ranMs > 0 ? ranMs : _pace.RanMsOf(other.Class));
            if (other == queue)
                break;
        }
        return work / (queue.Lane == Lane.Short ? Math.Max(Math.Max(1, Limit), _pace.RunningMean) : Math.Max(1, MaxOf(queue.Lane)));
    }

    private void TakeStock(long nowMs)
    {
        if (!_pace.IsDue(nowMs))
            return;
        _pace.Note(_tallies, nowMs);
        _queues.CapLong(Keeper.Lanes.RanMsOf(Lane.Long) / Math.Max(1, Keeper.Stretch ?? 1));
        _shares.Note(_shortShed, nowMs);
    }

    // The overdue first: a place is not for somebody who has given up.
    private void LetGo(long nowMs)
    {
        foreach (var queue in _queues.All)
        {
            while (queue.TakeOldest(nowMs, onlyIfOverdue: true) is { } overdue)
            {
                var hasWaited = nowMs - overdue.SinceMs >= queue.WaitMs;
                Shed(queue, overdue, hasWaited ? ShedReason.Wait : ShedReason.Standing, nowMs);
            }
        }
        while (NextQueue(nowMs) is { } queue)
        {
            if (!_turnstile.TryLetThrough())
                break;
            var applicant = queue.TakeNext(nowMs)!;
            _admitted[(int)queue.Class]++;
            Keeper.Lanes.Enter(queue.Lane);
            _tidings.Add(applicant, Turn.Come);
        }
        foreach (var queue in _queues.Of(Lane.Short))
            _turns.Note(queue, Running, Limit, nowMs);
        // Whoever waits for his lane alone keeps nobody else from passing.
        if (NextQueue(nowMs) is null)
            _turnstile.Open();
    }

    // The highest class that has less than it is guaranteed; then the highest that has not more than it may; then anybody: as
    // long as there is work, no place is left empty.
    private ClassQueue? NextQueue(long nowMs)
    {
        if (LeftOut.HasFlag(SluiceParts.Classes))
            return _queues.Oldest();
        ClassQueue? belowMax = null, any = null;
        for (var which = StatementClass.Critical; which <= StatementClass.Background; which++)
        {
            if (_queues.NextOf(which) is not { } queue)
                continue;
            any ??= queue;
            var running = RunningOf(queue.Class);
            var least = SlotsOf(queue.Limits.ShareMin);
            if (running < least || (least == 0 && queue.Limits.ShareMin > 0 && queue.IsForgotten(nowMs)))
                return queue;
            if (running < SlotsOf(queue.Limits.ShareMax))
                belowMax ??= queue;
        }
        return belowMax ?? any;
    }

    private int SlotsOf(int share) => (int)((long)share * Limit / 100);

    private void Shed(ClassQueue queue, Applicant applicant, ShedReason reason, long nowMs)
    {
        applicant.Reason = reason;
        applicant.LimitMs = reason == ShedReason.Standing ? queue.Limits.StandingMsMax
            : reason == ShedReason.Deadline ? applicant.DeadlineMs : queue.WaitMs;
        applicant.ShedId = _ledger.Add(applicant, reason, nowMs, applicant.LimitMs);
        if (applicant.Lane == Lane.Short && ShedLedger.IsForWantOfRoom(reason))
            _shortShed[(int)applicant.Class]++;
        _tidings.Add(applicant, Turn.Shed);
    }

    private Applicant? TakeDecided()
    {
        _queues.TellWaiting();
        return _tidings.Take();
    }
}
