namespace Seawall.Engine.Flow.Floodgates;

/// <summary>What the primary has to do with itself.</summary>
/// <param name="Limit">Statements that may run there.</param>
/// <param name="OwnHigh">What runs there of its own at a busy moment of the last half minute.</param>
/// <param name="IsStrained">Whether its limit has gone down in the last ten seconds, or its own statements wait.</param>
/// <param name="Stretch">How many times as long its own statements take as while nothing was spilled; null when nobody knows.</param>
internal readonly record struct PrimaryLoad(int Limit, double OwnHigh, bool IsStrained, double? Stretch = null);

/// <summary>
/// How many reads that no replica may answer may run on the primary at one time: a share of what may run there, of what its own work
/// leaves. None while it is strained, and for a while afterwards; at the beginning and after that one, two, four, and fewer again when its own
/// statements take longer. Pure: time comes in with each call.
/// </summary>
internal struct SpillBudget
{
    /// <summary>What of the limit its own work and spilled reads may take together, in hundredths: the rest is for its own next wave.</summary>
    internal const int RoomShare = 70;

    /// <summary>How long after a trip nothing is spilled: three times what a limit takes to settle.</summary>
    internal const int CooldownMs = 30_000;

    /// <summary>How long each step up or down takes.</summary>
    internal const int StepMs = 1_000;

    /// <summary>When nobody has wanted a place for so long, it begins with one again: nobody knows any more what the primary can bear.</summary>
    internal const int RestMs = 10_000;

    /// <summary>With its own statements so much slower there is no further step up.</summary>
    internal const double StretchCalm = 1.05;

    /// <summary>With this, a step down. What is typical is compared: the slowest hundredth grows about twice as much.</summary>
    internal const double StretchMax = 1.1;

    /// <summary>With this on the lowest step, nothing at all: it is not the few that are spilled, or it cannot bear any.</summary>
    internal const double StretchTrip = 1.2;

    /// <summary>The steps until its reads have all of their part of the time.</summary>
    private const int StepsToAllTime = 3;

    private long _openMs;
    private long _steppedMs;
    private long? _wantedMs;
    private int _step;
    private bool _isCooling;

    /// <summary>Whether it has tripped and is not back yet.</summary>
    internal readonly bool IsCooling(long nowMs) => _isCooling && nowMs < _openMs;

    /// <summary>What they may have now of their part of the time.</summary>
    internal readonly double TimeShare => 1.0 / (1 << Math.Max(0, StepsToAllTime - _step));

    /// <summary>Looks at the primary; how many may run there from now on. <paramref name="isWanted"/>: somebody has asked since the last look.</summary>
    internal int Look(in PrimaryLoad load, int share, bool isWanted, long nowMs)
    {
        if (load.IsStrained)
            return Trip(nowMs);
        if (IsCooling(nowMs))
            return 0;
        _isCooling = false;
        var most = Most(load, share);
        if (isWanted)
        {
            if (_wantedMs is not { } before || nowMs - before > RestMs)
                (_step, _steppedMs) = (0, nowMs);
            _wantedMs = nowMs;
        }
        else if (_wantedMs is not { } last || nowMs - last > RestMs)
        {
            (_step, _steppedMs) = (0, nowMs);
        }
        if (load.Stretch > StretchMax)
            return Yield(load.Stretch.Value, most, nowMs);
        for (; nowMs - _steppedMs >= StepMs && !IsWhole(most); _steppedMs += StepMs)
        {
            if (load.Stretch > StretchCalm)
                break;
            _step++;
        }
        if (IsWhole(most) || load.Stretch > StretchCalm)
            _steppedMs = nowMs;
        return Math.Min(most, 1 << _step);
    }

    /// <summary>
    /// What of its time the primary in good health gives to them, in statements that run all the time: a small one less than one. It is a share
    /// of its processors, which are half of what may run there.
    /// </summary>
    internal static double Part(in PrimaryLoad load, int share) =>
        Math.Max(0, Math.Min(Idle(load.Limit) * share / 100.0, RoomOf(load)));

    /// <summary>The most that a primary in good health takes.</summary>
    internal static int Most(in PrimaryLoad load, int share) =>
        // A small primary takes one, if it has room for it: none at all would make the share say what it does not.
        RoomOf(load) < 1 || share == 0 ? 0 : (int)Math.Max(1, Math.Min(load.Limit * share / 100.0, RoomOf(load)));

    /// <summary>
    /// While fewer run there a processor is idle, and nobody waits for what a further one takes. A limit is twice the processors and one, where
    /// somebody has set it, and no less where it was found.
    /// </summary>
    internal static int Idle(int limit) => Math.Max(1, limit / 2);

    private int Trip(long nowMs)
    {
        (_isCooling, _openMs) = (true, nowMs + CooldownMs);
        (_step, _steppedMs) = (0, _openMs);
        _wantedMs = _openMs;
        return 0;
    }

    private int Yield(double stretch, int most, long nowMs)
    {
        if (_step == 0 && stretch > StretchTrip && _wantedMs is not null)
            return Trip(nowMs);
        if (_step > 0 && nowMs - _steppedMs >= StepMs)
            (_step, _steppedMs) = (_step - 1, nowMs);
        return Math.Min(most, 1 << _step);
    }

    private readonly bool IsWhole(int most) => _step >= StepsToAllTime && 1L << _step >= most;

    private static double RoomOf(in PrimaryLoad load) => (load.Limit * RoomShare / 100.0) - load.OwnHigh;
}
