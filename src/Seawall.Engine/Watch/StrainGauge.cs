using Seawall.Engine.Flow;

namespace Seawall.Engine.Watch;

/// <summary>
/// The ladder of one resource: up at once when a step is reached, down one step when it was clearly below for a while, so that what
/// was done about a shortage is not undone by its own success. A pure function of what it is told.
/// </summary>
/// <param name="hurry">Where <see cref="StrainLevel.Hurry"/> begins.</param>
/// <param name="shed">Where <see cref="StrainLevel.Shed"/> begins.</param>
/// <param name="closed">Where <see cref="StrainLevel.Closed"/> begins.</param>
internal struct StrainGauge(double hurry, double shed, double closed)
{
    /// <summary>How long it must be below a step, and below how much of it.</summary>
    internal const int DownAfterMs = 5_000;

    /// <summary>The same.</summary>
    internal const double DownBelow = 0.95;

    private readonly double[] _steps = [0, hurry, shed, closed];
    private long? _belowSinceMs;

    /// <summary>The step that it is on.</summary>
    internal StrainLevel Level { get; private set; }

    /// <summary>When it came there.</summary>
    internal long SinceMs { get; private set; }

    /// <summary>How much is used now, in the units of the steps; true when the level has changed.</summary>
    internal bool Note(double used, long nowMs)
    {
        var reached = StrainLevel.Closed;
        while (reached > StrainLevel.None && used < _steps[(int)reached])
            reached--;
        if (reached > Level)
            return Go(reached, nowMs);
        if (Level == StrainLevel.None || used >= DownBelow * _steps[(int)Level])
        {
            _belowSinceMs = null;
            return false;
        }
        _belowSinceMs ??= nowMs;
        return nowMs - _belowSinceMs >= DownAfterMs && Go(Level - 1, nowMs);
    }

    private bool Go(StrainLevel level, long nowMs)
    {
        (Level, SinceMs, _belowSinceMs) = (level, nowMs, null);
        return true;
    }
}
