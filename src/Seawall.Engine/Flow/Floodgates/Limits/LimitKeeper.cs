namespace Seawall.Engine.Flow.Floodgates.Limits;

/// <summary>What is known of a server besides what its statements show.</summary>
/// <param name="Refusals">Connections that it has refused because it had too many, and logins that it did not answer in time, since ever.</param>
/// <param name="Running">Statements that run there by its own count; null when nobody asked.</param>
internal readonly record struct ServerSignals(long Refusals, int? Running);

/// <summary>What is worth a line in the log.</summary>
internal enum LimitNews : byte
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The limit is as low as it may be, and the server is slow.</summary>
    Lowest,

    /// <summary>It is higher again.</summary>
    LowestNoMore,

    /// <summary>The server refused connections.</summary>
    Refused,

    /// <summary>What statements take in an idle hour is not what was thought.</summary>
    Rebased,
}

/// <summary>
/// Keeps the limit of one server where it should be: looks at what its statements show ten times a second, and sets the sluice's limit.
/// One thread only, but for what says otherwise.
/// </summary>
internal sealed class LimitKeeper
{
    /// <summary>
    /// Where it begins to look. So few that hardly any server is slow with them: what statements take then is what they are
    /// compared with afterwards, however many wait already.
    /// </summary>
    internal const int Start = 4;

    /// <summary>
    /// So many times what statements like it run of late. Once would be too little for half of them; and where clients stand in a line of their
    /// own, the first in it is the one whose time just suffices, so that those are not few.
    /// </summary>
    private const int NeedFactor = 2;

    private readonly StretchMeter _meter = new();
    private readonly LimitFinder _finder = new();
    private readonly HotShapes _hot = new();
    private readonly ShapeCosts _costs;
    private long _refusalsSeen = -1;
    private double _runningSum;
    private int _looks;
    private int _runningMost;
    private bool _hadWaiters;
    private bool _wasRefused;
    private double _work;
    private long _windowMs = long.MinValue / 2;
    private LimitNews _said;
    private volatile Bounds _bounds = new(false, 1, 1, 250, 100, true, true);

    internal LimitKeeper(int loops)
    {
        _costs = new ShapeCosts(_hot);
        Tallies = [.. Enumerable.Range(0, loops).Select(_ => new ShapeTally())];
    }

    /// <summary>The numbers of statements' shapes. From any thread.</summary>
    internal ShapeTable Table { get; } = new();

    /// <summary>What runs of each lane, and may. From any thread.</summary>
    internal Lanes Lanes { get; } = new();

    /// <summary>Shapes that are held back because they take many times as long as they used to. From any thread.</summary>
    internal int Broken => _costs.Broken;

    /// <summary>Shapes of statements that wait for one another, of which few may run. From any thread; about right.</summary>
    internal int Hot => _hot.Count;

    /// <summary>The lane of a shape. From any thread.</summary>
    internal Lane LaneOf(int shape) => _costs.LaneOf(shape);

    /// <summary>How long statements of a shape run, of late, in milliseconds; 0 when nobody knows. From any thread.</summary>
    internal int RunMsOf(int shape) => _costs.RunMsOf(shape);

    /// <summary>
    /// What a statement of a shape must have left of its deadline to get a place that others wait for; 0 when nobody knows. From any thread.
    /// </summary>
    internal int NeedMsOf(int shape) => (int)Math.Min(NeedFactor * (long)RunMsOf(shape), int.MaxValue);

    /// <summary>What each loop counts.</summary>
    internal ShapeTally[] Tallies { get; }

    /// <summary>Why the limit is what it is. From any thread.</summary>
    internal LimitCause Cause => _bounds.IsAdaptive ? _finder.Cause : LimitCause.Settings;

    /// <summary>How much longer statements take than in an idle hour; null when nobody knows. From any thread.</summary>
    internal double? Stretch => _meter.Stretch;

    /// <summary>Whether it finds the limit, or the settings say it. From any thread.</summary>
    internal bool IsAdaptive => _bounds.IsAdaptive;

    /// <summary>Follows the settings, and returns the limit to go on with. Under the sluice's lock.</summary>
    internal int Apply(OverloadOptions options, int runningMin, int runningMax, SluiceParts leftOut)
    {
        _bounds = new Bounds(options.Limit == LimitMode.Adaptive, Math.Min(runningMin, runningMax), runningMax, options.LongMs,
            leftOut.HasFlag(SluiceParts.Bulkhead) ? 100 : options.LongShareMax, !leftOut.HasFlag(SluiceParts.Breaker),
            !leftOut.HasFlag(SluiceParts.Hot));
        return IsAdaptive ? Math.Clamp(_finder.Limit > 0 ? _finder.Limit : Start, _bounds.Min, runningMax) : runningMax;
    }

    /// <summary>What has happened since the last time; each is said once, however long it lasts. One thread only.</summary>
    internal LimitNews TakeNews()
    {
        var news = Cause switch
        {
            LimitCause.Refused => LimitNews.Refused,
            LimitCause.Rebased => LimitNews.Rebased,
            LimitCause.Stretch when _finder.Limit <= _bounds.Min => LimitNews.Lowest,
            LimitCause.Room when _said != LimitNews.None => LimitNews.LowestNoMore,
            LimitCause.Settings or LimitCause.Start or LimitCause.Room or LimitCause.Stretch or LimitCause.Retrograde => LimitNews.None,
        };
        if (news == LimitNews.None || news == _said)
            return LimitNews.None;
        _said = news == LimitNews.LowestNoMore ? LimitNews.None : news;
        return news;
    }

    /// <summary>Looks; returns the limit. <paramref name="hadWaiters"/>: somebody had to wait since the last look.</summary>
    internal int Look(long nowMs, bool isObserved, bool hadWaiters, int limit, in ServerSignals signals)
    {
        var bounds = _bounds;
        _finder.Bound(bounds.Min, bounds.Max, Start);
        Table.Look();
        _work += _costs.Note(Table, Tallies, nowMs, _meter.Stretch ?? 1, bounds.LongShareMax < 100 ? bounds.LongMs : int.MaxValue, bounds.Breaks);
        if (bounds.FindsHot && !isObserved)
            _hot.Look(nowMs, hadWaiters, limit, _meter.Stretch ?? 1, _costs.Seen);
        SetLanes(limit, bounds.LongShareMax);
        var running = Tallies.Sum(tally => Volatile.Read(ref tally.Inside));
        _runningSum += running;
        _runningMost = Math.Max(_runningMost, running);
        _looks++;
        _hadWaiters |= hadWaiters;
        _wasRefused |= _refusalsSeen >= 0 && signals.Refusals > _refusalsSeen;
        _refusalsSeen = signals.Refusals;
        if (!_meter.Collect(Tallies, nowMs) && !_wasRefused)
            return limit;
        var isCalm = !_hadWaiters && _runningMost <= Math.Max(1, limit / 2);
        var isTold = _meter.Close(Table, nowMs, isCalm, _costs.LeftOut);
        if (bounds.IsAdaptive)
        {
            _finder.Note(new LimitWindow
            {
                NowMs = nowMs,
                Stretch = isTold ? _meter.Stretch : null,
                Running = _runningSum / _looks,
                Work = _work / Math.Max(1, nowMs - _windowMs),
                HadWaiters = _hadWaiters,
                WasRefused = _wasRefused,
                ServerRunning = signals.Running,
                IsObserved = isObserved,
            });
            if (_finder.WantsRebase)
                _meter.RaiseBases();
            limit = _finder.Limit;
        }
        (_runningSum, _looks, _runningMost, _hadWaiters, _wasRefused, _work, _windowMs) = (0, 0, 0, false, false, 0, nowMs);
        return limit;
    }

    private void SetLanes(int limit, int longShareMax)
    {
        foreach (var lane in (ReadOnlySpan<Lane>)[Lane.Short, Lane.Long, Lane.Broken, Lane.Hot])
        {
            var (running, ranMs) = _costs.Sum(lane);
            var max = lane switch
            {
                Lane.Short => int.MaxValue,
                // Rounded up: of few places a part of one is much, and half of three is two.
                Lane.Long => (int)((((long)limit * longShareMax) + 99) / 100),
                Lane.Broken => _costs.BrokenMax,
                Lane.Hot => _hot.Max,
            };
            Lanes.Set(lane, running, max, ranMs);
        }
    }

    private sealed record Bounds(bool IsAdaptive, int Min, int Max, int LongMs, int LongShareMax, bool Breaks, bool FindsHot);
}
