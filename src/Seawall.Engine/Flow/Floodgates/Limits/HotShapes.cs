namespace Seawall.Engine.Flow.Floodgates.Limits;

/// <summary>
/// Statements that wait for one another at the server: many want to change one row, or a few. Those that wait have places that others could make
/// use of. They are found by trying: where a shape that may lock something has a good part of all places, one of it runs at a time for a moment,
/// and tells how long one takes that has nobody to wait for. What they take beyond that while more run is waiting, and by how much each further
/// one adds to it, so many run from then on. Pure: counts and the time come in. One thread only.
/// </summary>
internal sealed class HotShapes
{
    /// <summary>So few are enough: one has the row, and the next is there when it is free.</summary>
    internal const int Fewest = 2;

    /// <summary>Below this a shape has no places to give back.</summary>
    private const int RunningMin = 3;

    /// <summary>The part of the limit that a shape must have: below it the others hardly notice.</summary>
    private const double ShareMin = 0.3;

    /// <summary>
    /// Of the time that they run, they should spend so much on what they have to do, and wait for the rest of it: from there on a further place is
    /// of little use, unless many rows are wanted equally, which shows in what gets done.
    /// </summary>
    private const double OwnPart = 0.75;

    /// <summary>Less than this of what got done before: more of them are let in.</summary>
    private const double TooLittle = 0.85;

    /// <summary>Below this none is taken away.</summary>
    private const double AsMuch = 0.93;

    /// <summary>Less than this with all that they may have: they are no few rows, and are left alone.</summary>
    private const double FarTooLittle = 0.7;

    /// <summary>They do not wait for one another any more: as many as may run do what they have to do nearly all the time.</summary>
    private const double OwnPartFree = 0.9;

    /// <summary>As many stay as are less than so many too many: what is seen in a second differs by chance.</summary>
    private const double Slack = 0.5;

    /// <summary>Alone it takes no more than so many times what it usually does: then it has not come to take longer, but to wait.</summary>
    private const double UsualFactor = 2;

    /// <summary>Hundredths of the limit that those have at most who wait for one another.</summary>
    private const int ShareMax = 40;

    /// <summary>How long it is looked what a shape takes before a trial, and between two steps.</summary>
    private const int SpanMs = 1_000;

    /// <summary>
    /// Those that run beyond what may while it is tried have ended by then; where they take longer than that, it is waited for them, but not for ever.
    /// </summary>
    private const int SettleMs = 200;

    private const int SettleMsMax = 2_000;

    /// <summary>A trial is over when so many have ended; or its time is, if that are enough to say something.</summary>
    private const int EndedEnough = 100;

    private const int EndedLeast = 8;
    private const int TrialMs = 1_000;
    private const int TrialMsMax = 3_000;

    /// <summary>Until it is tried again how long one takes; or, where they do not wait for one another, whether all of them would.</summary>
    private const int AgainMs = 60_000;

    /// <summary>Until a shape of which it was not so is tried again; twice as long each time.</summary>
    private const int PauseMs = 10_000;

    private const int PauseMsMax = 300_000;

    /// <summary>Unless so many times as many run by then.</summary>
    private const double ManyMore = 1.5;

    /// <summary>Nobody waits any more for so long: there is nothing to hold back.</summary>
    private const int CalmMs = 3_000;

    /// <summary>More than this at one time would be no few rows any more.</summary>
    private const int HeldMax = 4;

    /// <summary>Loops tell time by their turns: what begins and ends within one has taken none. A microsecond, to divide by.</summary>
    private const double LeastMs = 0.001;

    private readonly List<Held> _held = [];
    private readonly Dictionary<ulong, (long UntilMs, int PauseMs, double Running)> _cold = [];
    private Held? _tried;
    private (int Slot, ulong Shape, Mark Since) _next = (-1, 0, default);

    /// <summary>How many are held back.</summary>
    internal int Count => _held.Count;

    /// <summary>How many statements of all of them may run.</summary>
    internal int Max
    {
        get
        {
            var max = 0;
            foreach (var held in _held)
                max += held == _tried ? 1 : held.Max;
            return max;
        }
    }

    /// <summary>Whether a shape is held back, or tried.</summary>
    internal bool Holds(int slot) => Find(slot) is not null;

    /// <summary>
    /// Looks. <paramref name="hadWaiters"/>: somebody had to wait since the last look; <paramref name="stretch"/>: how much longer everything takes
    /// now; <paramref name="shapes"/> are all that ran or ended of late.
    /// </summary>
    internal void Look(long nowMs, bool hadWaiters, int limit, double stretch, IReadOnlyList<ShapeLook> shapes)
    {
        var most = Math.Max(Fewest, ((limit * ShareMax) + 99) / 100);
        for (var i = _held.Count - 1; i >= 0; i--)
        {
            var held = _held[i];
            if (ShapeLook.Find(shapes, held.Slot) is not { } seen || seen.Shape != held.Shape)
                Forget(held);
            else
                LookAt(held, seen, nowMs, most, stretch);
        }
        if (_tried is not null || !hadWaiters || _held.Count >= HeldMax)
            return;
        foreach (var seen in shapes)
        {
            // One that seems to have another plan has few places because of that, and may be nothing but a row that many want.
            if (!seen.Locks || Holds(seen.Slot) || IsCold(seen, nowMs)
                || (!seen.IsBroken && seen.RunningNow < Math.Max(RunningMin, ShareMin * limit)))
                continue;
            if (_next.Slot != seen.Slot || _next.Shape != seen.Shape)
                _next = (seen.Slot, seen.Shape, new Mark(nowMs, seen));
            if (nowMs - _next.Since.AtMs < SpanMs)
                return;
            var before = _next.Since.Until(nowMs, seen, stretch);
            var held = new Held(seen.Slot, seen.Shape)
            {
                Before = before,
                RunningBefore = before.Running,
                UsualMs = seen.IsBroken ? seen.UsualMs : 0,
                BusyMs = nowMs,
            };
            _held.Add(held);
            Try(held, nowMs);
            break;
        }
        _next = (-1, 0, default);
    }

    private void Try(Held held, long nowMs)
    {
        _tried = held;
        held.TriedMs = nowMs;
        held.Since = null;
    }

    private void LookAt(Held held, ShapeLook seen, long nowMs, int most, double stretch)
    {
        held.Max = Math.Min(held.Max, most);
        if (seen.Running >= (held == _tried ? 1 : held.Max))
            held.BusyMs = nowMs;
        if (held.Since is not { } since)
        {
            if (held != _tried || nowMs - held.TriedMs >= (seen.Running > 1 ? SettleMsMax : SettleMs))
                held.Since = new Mark(nowMs, seen);
            return;
        }
        var span = since.Until(nowMs, seen, stretch);
        var isEnough = span.Ended >= EndedEnough || (span.Ended >= EndedLeast && span.LengthMs >= TrialMs);
        if (held == _tried)
        {
            if (isEnough || span.LengthMs >= TrialMsMax)
                Judge(held, span, nowMs, most);
        }
        else if (nowMs - held.BusyMs >= CalmMs)
            Forget(held);
        else if (span.LengthMs >= SpanMs && isEnough)
        {
            held.Since = new Mark(nowMs, seen);
            Step(held, span, nowMs, most);
        }
    }

    // One at a time has been tried. What ran before with the others tells how much each further one adds; if not exactly one ran, as
    // statements of open transactions do whether there is room or not, what those beyond one have added is taken off.
    private void Judge(Held held, Span alone, long nowMs, int most)
    {
        _tried = null;
        held.Since = null;
        var before = held.Before;
        var isFirst = held.AloneMs == 0;
        if (alone.Ended < EndedLeast || before.Ended == 0)
        {
            if (isFirst)
                LeaveAlone(held, nowMs);
            return;
        }
        var further = before.Running - alone.Running;
        var addsMs = further < Slack ? 0 : Math.Max(0, before.MeanMs - alone.MeanMs) / further;
        held.AloneMs = Math.Max(alone.MeanMs - (addsMs * Math.Max(0, alone.Running - 1)), alone.MeanMs / 4);
        if (!isFirst)
            return;
        var wanted = before.Wanted(held.AloneMs);
        if (held.UsualMs > 0 ? held.AloneMs > UsualFactor * held.UsualMs : wanted >= before.Running)
        {
            LeaveAlone(held, nowMs);
            return;
        }
        held.DoneBefore = held.UsualMs > 0 ? 0 : before.Done;
        held.Max = (int)Math.Clamp(wanted, Fewest, most);
    }

    private void Step(Held held, Span span, long nowMs, int most)
    {
        held.Before = span;
        // Fewer run than may: nobody is held back.
        if (span.Running < held.Max - Slack)
            return;
        var wanted = span.Wanted(held.AloneMs);
        var done = held.DoneBefore > 0 ? span.Done / held.DoneBefore : 1;
        if (done >= TooLittle)
            _cold.Remove(held.Shape);
        if (held.Max < most && (done < TooLittle || wanted >= held.Max + 1))
            held.Max = Math.Min(most, held.Max + (done < TooLittle ? Math.Max(1, held.Max / 4) : 1));
        else if (done < FarTooLittle)
            LeaveAlone(held, nowMs);
        else if (wanted < held.Max - Slack && done >= AsMuch && held.Max > Fewest)
            held.Max--;
        else if (nowMs - held.TriedMs < AgainMs || _tried is not null)
            return;
        else if (held.Max >= most && held.AloneMs >= OwnPartFree * span.MeanMs)
            Forget(held);
        else
            Try(held, nowMs);
    }

    private void LeaveAlone(Held held, long nowMs)
    {
        var pauseMs = _cold.TryGetValue(held.Shape, out var cold) ? Math.Min(2 * cold.PauseMs, PauseMsMax) : PauseMs;
        if (_cold.Count > 1_000)
            _cold.Clear();
        _cold[held.Shape] = (nowMs + pauseMs, pauseMs, held.RunningBefore);
        Forget(held);
    }

    // That so many did not wait for one another says nothing of many more of them: a limit that finds itself grows while they do nothing but wait.
    private bool IsCold(in ShapeLook seen, long nowMs) => _cold.TryGetValue(seen.Shape, out var cold) && nowMs < cold.UntilMs
        && seen.RunningNow < ManyMore * Math.Max(RunningMin, cold.Running);

    private void Forget(Held held)
    {
        _held.Remove(held);
        if (_tried == held)
            _tried = null;
    }

    private Held? Find(int slot)
    {
        foreach (var held in _held)
        {
            if (held.Slot == slot)
                return held;
        }
        return null;
    }

    private sealed class Held(int slot, ulong shape)
    {
        internal int Slot { get; } = slot;

        internal ulong Shape { get; } = shape;

        internal int Max { get; set; } = 1;

        // How long one takes that has nobody to wait for; 0 as long as nobody knows.
        internal double AloneMs { get; set; }

        // How long one usually takes, where they seem to have another plan; otherwise 0.
        internal double UsualMs { get; init; }

        // What was seen of it the last time with more than one.
        internal Span Before { get; set; }

        // How many ran, and what got done, before anybody held it back; 0 as long as nobody knows.
        internal double RunningBefore { get; init; }

        internal double DoneBefore { get; set; }

        // Since when it is looked what it does.
        internal Mark? Since { get; set; }

        internal long BusyMs { get; set; }

        internal long TriedMs { get; set; }
    }

    // Where a span begins.
    private readonly record struct Mark(long AtMs, long EndedInAll, long RanUsInAll)
    {
        internal Mark(long nowMs, in ShapeLook seen)
            : this(nowMs, seen.EndedInAll, seen.RanUsInAll)
        {
        }

        internal Span Until(long nowMs, in ShapeLook seen, double stretch)
        {
            // Loops count in 32 bits, which a busy one has done with in some days.
            var (ended, ranMs) = (unchecked((int)(seen.EndedInAll - EndedInAll)), (seen.RanUsInAll - RanUsInAll) / 1_000.0);
            var ms = nowMs - AtMs;
            return new(ms, ended, ended > 0 ? Math.Max(LeastMs, ranMs / ended / Math.Max(1, stretch)) : 0, ms > 0 ? ranMs / ms : 0);
        }
    }

    // What was seen for a while: how many ended, how long one took, less what everything takes longer, and how many ran.
    private readonly record struct Span(long LengthMs, long Ended, double MeanMs, double Running)
    {
        /// <summary>What got done, were everything as fast as in an idle hour.</summary>
        internal double Done => Ended > 0 ? Running / MeanMs : 0;

        /// <summary>
        /// How many should run. Each further one makes all take longer, by the same part of what one takes alone: as many as make that the part of
        /// their time that they may wait.
        /// </summary>
        internal double Wanted(double aloneMs)
        {
            var adds = ((MeanMs / aloneMs) - 1) / Math.Max(0.5, Running - 1);
            return adds <= 0 ? double.MaxValue : 1 + (((1 / OwnPart) - 1) / adds);
        }
    }
}

/// <summary>What was seen of a shape at one look.</summary>
/// <param name="Slot">Its number.</param>
/// <param name="Shape">The shape.</param>
/// <param name="Locks">Whether its statements may lock something.</param>
/// <param name="Running">Those that run.</param>
/// <param name="RunningNow">The same over the last second.</param>
/// <param name="EndedInAll">Those that ended since ever.</param>
/// <param name="RanUsInAll">For how long those had been running, in microseconds.</param>
/// <param name="IsBroken">Whether it is held back because it takes many times as long as it used to.</param>
/// <param name="UsualMs">How long one usually takes; 0 when nobody knows.</param>
internal readonly record struct ShapeLook(
    int Slot, ulong Shape, bool Locks, int Running, double RunningNow, long EndedInAll, long RanUsInAll, bool IsBroken = false, double UsualMs = 0)
{
    /// <summary>The one of a number.</summary>
    internal static ShapeLook? Find(IReadOnlyList<ShapeLook> shapes, int slot)
    {
        foreach (var shape in shapes)
        {
            if (shape.Slot == slot)
                return shape;
        }
        return null;
    }
}
