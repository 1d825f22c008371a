namespace Seawall.Engine.Flow.Reads;

/// <summary>Whether the replicas could do without the biggest of them.</summary>
public enum HeadroomLevel : byte
{
    /// <summary>They could.</summary>
    Ok,

    /// <summary>They could, just.</summary>
    Low,

    /// <summary>They could not: some reads would not be answered.</summary>
    None,
}

/// <summary>
/// What would be left of the replicas if the biggest one fell, less what runs there at a busy moment: looked at all the time, so that somebody
/// hears of it before it falls. One thread only; time comes in.
/// </summary>
internal sealed class HeadroomGauge
{
    /// <summary>How long it must be worse before that is said, and better.</summary>
    internal const int WorseMs = 2_000;

    /// <inheritdoc cref="WorseMs"/>
    internal const int BetterMs = 10_000;

    private long? _differsSinceMs;

    /// <summary>What all that are well may run.</summary>
    internal int Capacity { get; private set; }

    /// <summary>What those may that would be left.</summary>
    internal int WithoutBiggest { get; private set; }

    /// <summary>What runs there at a busy moment of the last half minute.</summary>
    internal double Busy { get; private set; }

    /// <summary>What would be left to do more.</summary>
    internal double Headroom => WithoutBiggest - Busy;

    /// <summary>How that is.</summary>
    internal HeadroomLevel Level { get; private set; }

    /// <summary>
    /// Looks, ten times a second; whether the level has changed. <paramref name="lowShare"/>: less than so many hundredths of what would be left
    /// is little.
    /// </summary>
    internal bool Look(int capacity, int biggest, int running, int lowShare, long nowMs)
    {
        // As the primary's own work has it in the spill gate: a high-water mark that is forgotten in half a minute.
        const double Forgetting = 1 - (0.1 / 30);
        (Capacity, WithoutBiggest) = (capacity, capacity - biggest);
        Busy = Math.Max(running, Busy * Forgetting);
        var now = Headroom <= -0.5 ? HeadroomLevel.None : Headroom * 100 < (double)WithoutBiggest * lowShare ? HeadroomLevel.Low : HeadroomLevel.Ok;
        if (now == Level)
        {
            _differsSinceMs = null;
            return false;
        }
        _differsSinceMs ??= nowMs;
        if (nowMs - _differsSinceMs < (now > Level ? WorseMs : BetterMs))
            return false;
        Level = now;
        _differsSinceMs = null;
        return true;
    }
}
