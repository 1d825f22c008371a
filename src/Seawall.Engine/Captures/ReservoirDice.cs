namespace Seawall.Engine.Captures;

/// <summary>
/// Draws so many transactions a second by chance, whatever there are: each second's chance follows from how many the second before had.
/// </summary>
internal struct ReservoirDice(double perSecond)
{
    private const int EveryMs = 1_000;

    // Until it is known how many there are: a thousandth keeps a flood out, and a second is soon over.
    private double _chance = perSecond > 0 ? 0.001 : 0;
    private long _sinceMs = long.MinValue;
    private long _seen;

    /// <summary>For how many each of those stands that are drawn.</summary>
    internal readonly uint StandsFor => _chance > 0 ? (uint)Math.Max(1, Math.Round(1 / _chance)) : 1;

    /// <summary>Whether this one is drawn.</summary>
    internal bool Draw(Random random, long nowMs)
    {
        if (perSecond <= 0)
            return false;
        if (_sinceMs == long.MinValue)
            _sinceMs = nowMs;
        _seen++;
        if (nowMs - _sinceMs >= EveryMs)
        {
            _chance = Math.Min(1, perSecond * (nowMs - _sinceMs) / EveryMs / _seen);
            _sinceMs = nowMs;
            _seen = 0;
        }
        return random.NextDouble() < _chance;
    }
}
