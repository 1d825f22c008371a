namespace Seawall.Engine.Flow.Floodgates.Limits;

/// <summary>
/// Statements that wait for one another at the server: everybody wants to change one row. However many of them run, no more get done, and each
/// has a place that others could make use of. They are found by trying: where a shape that may lock something has a good part of all places,
/// fewer of it run for a moment, and when as much gets done as before, it stays so. Now and then one more is tried, in case that has changed.
/// Pure: counts and the time come in. One thread only.
/// </summary>
internal sealed class HotShapes
{
    /// <summary>So few are enough: one has the row, and the next is there when it is free.</summary>
    internal const int Fewest = 2;

    /// <summary>Below this a shape has no places to give back.</summary>
    private const int RunningMin = 3;

    /// <summary>The part of the limit that a shape must have: below it the others hardly notice.</summary>
    private const double ShareMin = 0.3;

    /// <summary>As much gets done as before: a trial is short, and what ends in it differs by chance.</summary>
    private const double AsMuch = 0.85;

    /// <summary>More gets done than before.</summary>
    private const double More = 1.15;

    /// <summary>How long it is looked what gets done before a trial.</summary>
    private const int BeforeMs = 1_000;

    /// <summary>Those that run beyond what may while it is tried have ended by then, nearly all.</summary>
    private const int SettleMs = 200;

    /// <summary>A trial is over when so many have ended, or its time is.</summary>
    private const int EndedEnough = 100;

    private const int TrialMsMax = 1_000;

    /// <summary>Until it is looked whether one more would do more.</summary>
    private const int AgainMs = 5_000;

    /// <summary>Until a shape of which it was not so is tried again; twice as long each time.</summary>
    private const int PauseMs = 10_000;

    private const int PauseMsMax = 300_000;

    /// <summary>Nobody waits any more for so long: there is nothing to hold back.</summary>
    private const int CalmMs = 3_000;

    /// <summary>More than this at one time would be no few rows any more.</summary>
    private const int HeldMax = 4;

    private readonly List<Held> _held = [];
    private readonly Dictionary<ulong, (long UntilMs, int PauseMs)> _cold = [];
    private Trial? _trial;
    private (int Slot, ulong Shape, long SinceMs, long EndedAt) _next = (-1, 0, 0, 0);

    /// <summary>How many are held back.</summary>
    internal int Count => _held.Count;

    /// <summary>How many statements of all of them may run.</summary>
    internal int Max
    {
        get
        {
            var max = 0;
            foreach (var held in _held)
                max += held.Max;
            return max;
        }
    }

    /// <summary>Whether a shape is held back, or tried.</summary>
    internal bool Holds(int slot) => Find(slot) is not null;

    /// <summary>
    /// Looks. <paramref name="hadWaiters"/>: somebody had to wait since the last look; <paramref name="shapes"/> are all that ran or ended of late.
    /// </summary>
    internal void Look(long nowMs, bool hadWaiters, int limit, IReadOnlyList<ShapeLook> shapes)
    {
        for (var i = _held.Count - 1; i >= 0; i--)
        {
            var held = _held[i];
            if (ShapeLook.Find(shapes, held.Slot) is not { } seen || seen.Shape != held.Shape)
                Forget(held);
            else
                LookAt(held, seen, nowMs);
        }
        if (_trial is not null || !hadWaiters || _held.Count >= HeldMax)
            return;
        foreach (var seen in shapes)
        {
            if (!seen.Locks || seen.RunningNow < Math.Max(RunningMin, ShareMin * limit) || Holds(seen.Slot) || IsCold(seen.Shape, nowMs))
                continue;
            if (_next.Slot != seen.Slot || _next.Shape != seen.Shape)
                _next = (seen.Slot, seen.Shape, nowMs, seen.EndedInAll);
            if (nowMs - _next.SinceMs < BeforeMs)
                return;
            var perSecond = (seen.EndedInAll - _next.EndedAt) * 1_000.0 / (nowMs - _next.SinceMs);
            var held = new Held(seen.Slot, seen.Shape) { Max = Fewest, Before = (int)Math.Ceiling(seen.RunningNow), BusyMs = nowMs };
            _held.Add(held);
            _trial = new Trial(held, perSecond, held.Before, IsFirst: true) { BeganMs = nowMs };
            break;
        }
        _next = (-1, 0, 0, 0);
    }

    private void LookAt(Held held, ShapeLook seen, long nowMs)
    {
        if (seen.Running >= held.Max)
            held.BusyMs = nowMs;
        if (_trial is { } trial && trial.Of == held)
        {
            if (trial.EndedAt < 0)
            {
                if (nowMs - trial.BeganMs >= SettleMs)
                    (trial.EndedAt, trial.CountedMs) = (seen.EndedInAll, nowMs);
                return;
            }
            var (ended, ms) = (seen.EndedInAll - trial.EndedAt, nowMs - trial.CountedMs);
            if (ms > 0 && (ended >= EndedEnough || ms >= TrialMsMax))
                Judge(trial, ended * 1_000.0 / ms, nowMs);
            return;
        }
        if (nowMs - held.BusyMs >= CalmMs)
            Forget(held);
        else if (_trial is null && nowMs - held.TriedMs >= AgainMs)
        {
            _trial = new Trial(held, seen.PerSecond, held.Max, IsFirst: false) { BeganMs = nowMs };
            held.Max++;
        }
    }

    private void Judge(Trial trial, double perSecond, long nowMs)
    {
        var held = trial.Of;
        _trial = null;
        held.TriedMs = nowMs;
        if (!trial.IsFirst)
        {
            if (perSecond < More * trial.PerSecond)
                held.Max = trial.MaxBefore;
            else if (held.Max >= held.Before)
                Forget(held);
            return;
        }
        if (perSecond >= AsMuch * trial.PerSecond)
        {
            _cold.Remove(held.Shape);
            return;
        }
        // Some rows that many want, perhaps, and not one: half of what ran.
        var half = held.Before / 2;
        if (held.Max < half)
        {
            held.Max = half;
            _trial = trial with { BeganMs = nowMs, EndedAt = -1 };
            return;
        }
        var pauseMs = _cold.TryGetValue(held.Shape, out var cold) ? Math.Min(2 * cold.PauseMs, PauseMsMax) : PauseMs;
        if (_cold.Count > 1_000)
            _cold.Clear();
        _cold[held.Shape] = (nowMs + pauseMs, pauseMs);
        Forget(held);
    }

    private bool IsCold(ulong shape, long nowMs) => _cold.TryGetValue(shape, out var cold) && nowMs < cold.UntilMs;

    private void Forget(Held held)
    {
        _held.Remove(held);
        if (_trial is { } trial && trial.Of == held)
            _trial = null;
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

        internal int Max { get; set; }

        // What ran of it before anybody held it back.
        internal int Before { get; init; }

        internal long BusyMs { get; set; }

        internal long TriedMs { get; set; }
    }

    private sealed record Trial(Held Of, double PerSecond, int MaxBefore, bool IsFirst)
    {
        internal long BeganMs { get; init; }

        internal long EndedAt { get; set; } = -1;

        internal long CountedMs { get; set; }
    }
}

/// <summary>What was seen of a shape at one look.</summary>
/// <param name="Slot">Its number.</param>
/// <param name="Shape">The shape.</param>
/// <param name="Locks">Whether its statements may lock something.</param>
/// <param name="Running">Those that run.</param>
/// <param name="RunningNow">The same over the last second.</param>
/// <param name="PerSecond">Those that ended in the last second.</param>
/// <param name="EndedInAll">Those that ended since ever.</param>
internal readonly record struct ShapeLook(
    int Slot, ulong Shape, bool Locks, int Running, double RunningNow, double PerSecond, long EndedInAll)
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
