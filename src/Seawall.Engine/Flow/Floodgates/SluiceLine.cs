using Seawall.Engine.Flow.Floodgates.Limits;
using Seawall.Engine.Flow.Floodgates.Tenants;

namespace Seawall.Engine.Flow.Floodgates;

/// <summary>
/// Those who wait in front of one server: who may join, who is next, and who has waited for too long. What may run is said with each call.
/// A function of clock and counters; callers hold the sluice's lock.
/// </summary>
internal sealed class SluiceLine(LimitKeeper keeper, SluiceCounts counts, TenantTable tenants)
{
    private readonly ClassQueues _queues = new(keeper.Lanes, tenants);
    private readonly ShedLedger _ledger = new();
    private readonly ServicePace _pace = new();
    private readonly CohortShares _shares = new();
    private readonly TurnWatch _turns = new();
    private readonly Tidings _tidings = new();
    private OverloadOptions _options = new();

    /// <summary>What it does without: for tests, which must see that each part is missed.</summary>
    internal SluiceParts LeftOut { get; private set; }

    /// <summary>Whether nobody waits.</summary>
    internal bool IsEmpty => _queues.AreEmpty;

    /// <summary>How long statements run, of late.</summary>
    internal ServicePace Pace => _pace;

    /// <summary>Refusals.</summary>
    internal ShedLedger Ledger => _ledger;

    /// <summary>Changes of mode.</summary>
    internal TurnWatch Turns => _turns;

    /// <summary>Follows the settings.</summary>
    internal void Apply(OverloadOptions options, SluiceParts leftOut, long nowMs)
    {
        _options = options;
        LeftOut = leftOut;
        _turns.Note(options.Mode, nowMs);
        foreach (var queue in _queues.All)
        {
            queue.Limits = options.Of(queue.Class);
            queue.NeverTurns = LeftOut.HasFlag(SluiceParts.Turning);
        }
    }

    /// <summary>Puts one in, or refuses it; <paramref name="isClosing"/>: nobody gets his turn any more.</summary>
    internal void Join(Applicant applicant, int running, int limit, bool isClosing, long nowMs)
    {
        TakeStock(nowMs);
        if (LeftOut.HasFlag(SluiceParts.Tenants))
            applicant.Tenant = TenantTable.Other;
        var queue = _queues[applicant];
        var hasRoom = HasRoomFor(queue, running, limit, nowMs);
        // It does not have to wait, so nobody wants its place.
        if (hasRoom)
            applicant.NeedMs = 0;
        if (isClosing)
            _tidings.Add(applicant, Turn.Closing);
        else if (!hasRoom && RefusalOf(queue, applicant, limit, nowMs) is var reason and not ShedReason.None)
            Shed(queue, applicant, reason, nowMs);
        else
            queue.Add(applicant);
        while (queue.TakeOverdue(applicant.Tenant, nowMs) is { } overdue)
            ShedLate(queue, overdue, nowMs);
        _queues.TellWaiting();
    }

    /// <summary>Takes one out that waits; <paramref name="isTold"/>: and tells it so.</summary>
    internal void Remove(Applicant applicant, bool isTold, long nowMs)
    {
        _queues[applicant].Remove(applicant, nowMs);
        if (isTold)
            _tidings.Add(applicant, Turn.Withdrawn);
        else
            applicant.Turn = Turn.Withdrawn;
    }

    /// <summary>Takes out all of them: nobody gets his turn any more.</summary>
    internal void Close(long nowMs)
    {
        foreach (var queue in _queues.All)
        {
            while (queue.TakeOldest(nowMs) is { } applicant)
                _tidings.Add(applicant, Turn.Closing);
        }
    }

    /// <summary>Looks at the pace, and at which cohorts are served, when it is time to.</summary>
    internal void TakeStock(long nowMs)
    {
        if (!_pace.IsDue(nowMs))
            return;
        _pace.Note(counts.Tallies, nowMs);
        _queues.CapLong(keeper.Lanes.RanMsOf(Lane.Long) / Math.Max(1, keeper.Stretch ?? 1));
        _shares.Look(nowMs);
    }

    /// <summary>
    /// Lets go whoever may. The overdue first: a place is not for somebody who has given up. Returns whether nobody is left who waits for a place.
    /// </summary>
    internal bool LetGo(ref Turnstile turnstile, long nowMs)
    {
        foreach (var queue in _queues.All)
        {
            while (queue.TakeOverdue(nowMs) is { } overdue)
                ShedLate(queue, overdue, nowMs);
        }
        while (NextQueue(turnstile.Limit, nowMs) is { } queue)
        {
            if (queue.TakeOverdueOfNext(nowMs) is { } overdue)
            {
                ShedLate(queue, overdue, nowMs);
                continue;
            }
            if (queue.TakeTooLateOfNext(nowMs) is { } late)
            {
                Shed(queue, late, ShedReason.Deadline, nowMs);
                continue;
            }
            if (!turnstile.TryLetThrough())
                break;
            var applicant = queue.TakeNext(nowMs, RanMsOf(queue))!;
            counts.NoteAdmitted(queue.Class);
            keeper.Lanes.Enter(queue.Lane);
            _tidings.Add(applicant, Turn.Come);
        }
        foreach (var queue in _queues.Of(Lane.Short))
            _turns.Note(queue, turnstile.Running, turnstile.Limit, nowMs);
        // Whoever waits for his lane alone keeps nobody else from passing.
        return NextQueue(turnstile.Limit, nowMs) is null;
    }

    /// <summary>
    /// Refuses one that waits if its time is over: its own may be over before that of its class, and then it is refused from the middle of
    /// the queue. Otherwise: in how many milliseconds to look again.
    /// </summary>
    internal long RefuseIfLate(Applicant applicant, long nowMs)
    {
        var queue = _queues[applicant];
        var limitMs = queue.LimitMs(applicant.Tenant, nowMs);
        var isItsOwn = applicant.DeadlineMs > 0 && applicant.DeadlineMs - applicant.NeedMs < limitMs;
        var leftMs = applicant.SinceMs + (isItsOwn ? applicant.DeadlineMs - applicant.NeedMs : limitMs) - nowMs;
        if (leftMs > 0)
            return leftMs;
        queue.Remove(applicant, nowMs);
        if (isItsOwn)
            Shed(queue, applicant, ShedReason.Deadline, nowMs);
        else
            ShedLate(queue, applicant, nowMs);
        return -1;
    }

    /// <summary>All of whom something has become, to be told without the lock.</summary>
    internal Applicant? TakeDecided()
    {
        _queues.TellWaiting();
        return _tidings.Take();
    }

    /// <summary>What would become of a statement that came now; <paramref name="of"/>: of which tenant, if that is known. Changes nothing.</summary>
    internal Outlook Foresee(
        StatementClass which, int cohort, int bytes, int deadlineMs, int needMs, int? of, int running, int limit, long nowMs)
    {
        var queue = _queues[which];
        var tenant = of ?? queue.LongestTenant;
        var stands = queue.Stands(tenant, nowMs);
        var limitMs = queue.LimitMs(tenant, nowMs);
        var ownMs = deadlineMs > 0 ? Math.Max(0, deadlineMs - needMs) : int.MaxValue;
        limitMs = Math.Min(ownMs, limitMs);
        var ahead = WaitAhead(queue, queue.AheadOf(tenant), limit);
        var reason = ShedReason.None;
        if (!_shares.Includes(which, tenant, cohort))
            reason = ShedReason.Cohort;
        else if (deadlineMs > 0 && needMs > deadlineMs)
            reason = ShedReason.Deadline;
        else if (!stands && queue.IsLongest(tenant) && queue.Count >= Math.Max(1, (long)_options.QueueMaxPerRunning * limit))
            reason = ShedReason.QueueFull;
        else if (queue.Count > 0 && queue.IsLongest(tenant) && queue.Bytes + bytes > _options.QueueBytesMax)
            reason = ShedReason.QueueBytes;
        else if (!stands && ahead > limitMs)
            reason = limitMs == ownMs ? ShedReason.Deadline : ShedReason.Predicted;
        var passes = running < limit && _queues.AreEmpty;
        return new(passes, passes ? ShedReason.None : reason, queue.Count, stands, (long)ahead, limitMs);
    }

    /// <summary>What a class looks like.</summary>
    internal ClassView View(StatementClass which, long nowMs)
    {
        var lanes = _queues.Of(which).ToArray();
        return new ClassView
        {
            Class = which,
            Limits = _queues[which].Limits,
            Running = counts.RunningOf(which),
            Waiting = lanes.Sum(lane => lane.Count),
            WaitingBytes = lanes.Sum(lane => lane.Bytes),
            OldestMs = lanes.Max(lane => lane.OldestSinceMs is { } since ? Math.Max(0, nowMs - since) : 0),
            Stands = lanes.Any(lane => lane.Stands(nowMs)),
            CohortShare = _shares.Of(which),
            Offered = counts.Sum(tally => tally.Offered, which),
            Passed = counts.Sum(tally => tally.Passed, which),
            Continued = counts.Sum(tally => tally.Continued, which),
            Admitted = counts.AdmittedOf(which),
            Withdrawn = counts.WithdrawnOf(which),
            Shed = [.. ShedView.Reasons.Select(reason => new ShedView(reason, _ledger.CountOf(which, reason)))],
        };
    }

    /// <summary>How many statements of a lane may run.</summary>
    internal int MaxOf(Lane lane, int limit) => Math.Min(limit, keeper.Lanes.MaxOf(lane));

    // Those of these lanes all come here, also when there is no need to wait.
    private bool HasRoomFor(ClassQueue queue, int running, int limit, long nowMs) => queue.Lane != Lane.Short && running < limit
        && keeper.Lanes.HasRoom(queue.Lane) && NextQueue(limit, nowMs) is null;

    private ShedReason RefusalOf(ClassQueue queue, Applicant applicant, int limit, long nowMs)
    {
        // Long ones are not thinned out, nor the others for their sake: they are refused for reasons of their own.
        if (!LeftOut.HasFlag(SluiceParts.Cohorts) && queue.Lane == Lane.Short && !_shares.Includes(applicant.Class, applicant.Tenant, applicant.Cohort))
            return ShedReason.Cohort;
        if (!LeftOut.HasFlag(SluiceParts.Prediction) && applicant.IsTooLate(waitMs: 0))
            return ShedReason.Deadline;
        // Whoever has most waiting makes room. Those who come last go first in a queue that stands: it is those at its other end who do.
        if (queue.Count >= Math.Max(1, (long)_options.QueueMaxPerRunning * MaxOf(queue.Lane, limit)))
        {
            if (!queue.IsLongest(applicant.Tenant))
                Shed(queue, queue.TakeOfLongest(nowMs)!, ShedReason.QueueFull, nowMs);
            else if (queue.Stands(applicant.Tenant, nowMs))
                Shed(queue, queue.TakeOldest(applicant.Tenant, nowMs)!, ShedReason.QueueFull, nowMs);
            else
                return ShedReason.QueueFull;
        }
        while (queue.Count > 0 && queue.Bytes + applicant.Bytes > _options.QueueBytesMax)
        {
            if (queue.IsLongest(applicant.Tenant))
                return ShedReason.QueueBytes;
            Shed(queue, queue.TakeOfLongest(nowMs)!, ShedReason.QueueBytes, nowMs);
        }
        if (LeftOut.HasFlag(SluiceParts.Prediction) || queue.Stands(applicant.Tenant, nowMs))
            return ShedReason.None;
        var ahead = WaitAhead(queue, queue.AheadOf(applicant.Tenant), limit);
        if (ahead > queue.LimitMs(applicant.Tenant, nowMs))
            return ShedReason.Predicted;
        return applicant.IsTooLate(ahead) ? ShedReason.Deadline : ShedReason.None;
    }

    // What those before it in its lane will take: all of higher classes, and those of its own that go before it.
    private double WaitAhead(ClassQueue queue, int ahead, int limit)
    {
        var work = 0.0;
        foreach (var other in _queues.Of(queue.Lane))
        {
            work += (other == queue ? ahead : other.Count) * RanMsOf(other);
            if (other == queue)
                break;
        }
        return work / (queue.Lane == Lane.Short ? Math.Max(Math.Max(1, limit), _pace.RunningMean) : Math.Max(1, MaxOf(queue.Lane, limit)));
    }

    private double RanMsOf(ClassQueue queue) =>
        keeper.Lanes.RanMsOf(queue.Lane) is var ms and > 0 ? ms : _pace.RanMsOf(queue.Class);

    // The highest class that has less than it is guaranteed; then the highest that has not more than it may; then anybody: as
    // long as there is work, no place is left empty.
    private ClassQueue? NextQueue(int limit, long nowMs)
    {
        if (LeftOut.HasFlag(SluiceParts.Classes))
            return _queues.Oldest();
        ClassQueue? belowMax = null, any = null;
        for (var which = StatementClass.Critical; which <= StatementClass.Background; which++)
        {
            if (_queues.NextOf(which) is not { } queue)
                continue;
            any ??= queue;
            var running = counts.RunningOf(queue.Class);
            var least = SlotsOf(queue.Limits.ShareMin, limit);
            if (running < least || (least == 0 && queue.Limits.ShareMin > 0 && queue.IsForgotten(nowMs)))
                return queue;
            if (running < SlotsOf(queue.Limits.ShareMax, limit))
                belowMax ??= queue;
        }
        return belowMax ?? any;
    }

    private static int SlotsOf(int share, int limit) => (int)((long)share * limit / 100);

    private void ShedLate(ClassQueue queue, Applicant applicant, long nowMs)
    {
        var hasWaited = nowMs - applicant.SinceMs >= queue.WaitMs;
        Shed(queue, applicant, hasWaited ? ShedReason.Wait : ShedReason.Standing, nowMs);
    }

    private void Shed(ClassQueue queue, Applicant applicant, ShedReason reason, long nowMs)
    {
        applicant.Reason = reason;
        applicant.LimitMs = reason == ShedReason.Standing ? queue.Limits.StandingMsMax
            : reason == ShedReason.Deadline ? applicant.DeadlineMs : queue.WaitMs;
        applicant.ShedId = _ledger.Add(applicant, reason, nowMs, applicant.LimitMs);
        if (applicant.Lane == Lane.Short && ShedLedger.IsForWantOfRoom(reason))
            _shares.NoteRefused(applicant.Class, applicant.Tenant);
        tenants.NoteShed(applicant.Tenant);
        _tidings.Add(applicant, Turn.Shed);
    }
}
