namespace Seawall.Engine.Flow.Floodgates.Holds;

/// <summary>
/// How fast deferred statements are let go while there is room: slowly at first, faster as long as nobody else has had to wait because
/// of it, and much slower at once when somebody has. Pure: time comes in. Its owner locks.
/// </summary>
/// <remarks>Without it, all that has gathered in a busy minute would be let go in the first idle moment.</remarks>
internal sealed class DeferralPace
{
    /// <summary>How often it looks: as often as the sluice takes stock.</summary>
    internal const int EveryMs = 100;

    // A second after the first release some 50 in a second, after three some 300: no slower than a server gets used to work.
    private const double Begin = 10;
    private const double UpFactor = 1.1;
    private const double UpStep = 1;
    private const double DownFactor = 0.7;
    private const double Least = 1;
    private const double Most = 100_000;

    private double _nextMs = double.MinValue;
    private long _lookedMs = long.MinValue / 2;
    private long _waitedSeen;

    /// <summary>How many may go in a second now.</summary>
    internal double PerSecond { get; private set; } = Begin;

    /// <summary>Whether it is time to look.</summary>
    internal bool IsDue(long nowMs) => nowMs - _lookedMs >= EveryMs;

    /// <summary>
    /// Looks: so many of the others have ever had to wait. <paramref name="holds"/>: whether some are held, so that there was
    /// something to let go.
    /// </summary>
    internal void Note(long waited, bool holds, long nowMs)
    {
        _lookedMs = nowMs;
        if (waited > _waitedSeen)
            PerSecond = Math.Max(Least, PerSecond * DownFactor);
        else if (holds)
            PerSecond = Math.Min(Most, (PerSecond * UpFactor) + UpStep);
        _waitedSeen = waited;
    }

    /// <summary>Whether one more may go.</summary>
    internal bool Allows(long nowMs) => nowMs >= _nextMs;

    /// <summary>One has gone.</summary>
    internal void Went(long nowMs)
    {
        // No credit from the past but the part of a millisecond that the clock does not show.
        _nextMs = Math.Max(_nextMs, nowMs - 1) + (1_000 / PerSecond);
    }
}
