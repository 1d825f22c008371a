namespace Seawall.Engine.Flow.Floodgates;

/// <summary>What the primary has to do with itself.</summary>
/// <param name="Limit">Statements that may run there.</param>
/// <param name="OwnHigh">What runs there of its own at a busy moment of the last half minute.</param>
/// <param name="IsStrained">Whether its limit has gone down in the last ten seconds, or its own statements wait.</param>
internal readonly record struct PrimaryLoad(int Limit, double OwnHigh, bool IsStrained);

/// <summary>
/// How many reads that no replica may answer may run on the primary at one time: a share of what may run there, of what its own work
/// leaves. None while it is strained, and for a while afterwards; then one, two, four. Pure: time comes in with each call.
/// </summary>
internal struct SpillBudget
{
    /// <summary>What of the limit its own work and spilled reads may take together, in hundredths: the rest is for its own next wave.</summary>
    internal const int RoomShare = 70;

    /// <summary>How long after a trip nothing is spilled: three times what a limit takes to settle.</summary>
    internal const int CooldownMs = 30_000;

    /// <summary>How long each step of the way back takes.</summary>
    internal const int StepMs = 1_000;

    private long _openMs;
    private bool _wasTripped;

    /// <summary>Whether it has tripped and is not back yet.</summary>
    internal readonly bool IsCooling(long nowMs) => _wasTripped && nowMs < _openMs;

    /// <summary>Looks at the primary; how many may run there from now on.</summary>
    internal int Look(in PrimaryLoad load, int share, long nowMs)
    {
        if (load.IsStrained)
        {
            _wasTripped = true;
            _openMs = nowMs + CooldownMs;
            return 0;
        }
        if (IsCooling(nowMs))
            return 0;
        var most = Most(load, share);
        if (!_wasTripped)
            return most;
        var steps = (int)Math.Min(30, (nowMs - _openMs) / StepMs);
        if (1 << steps < most)
            return 1 << steps;
        _wasTripped = false;
        return most;
    }

    /// <summary>
    /// What of its time the primary in good health gives to them, in statements that run all the time: a small one less than one.
    /// </summary>
    internal static double Part(in PrimaryLoad load, int share) =>
        Math.Max(0, Math.Min(load.Limit * share / 100.0, RoomOf(load)));

    /// <summary>The most that a primary in good health takes.</summary>
    internal static int Most(in PrimaryLoad load, int share) =>
        // A small primary takes one, if it has room for it: none at all would make the share say what it does not.
        RoomOf(load) < 1 || share == 0 ? 0 : (int)Math.Max(1, Part(load, share));

    private static double RoomOf(in PrimaryLoad load) => (load.Limit * RoomShare / 100.0) - load.OwnHigh;
}
